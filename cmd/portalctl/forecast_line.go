package main

import (
	"context"

	"github.com/portalctl/portalctl/internal/migrations"
	"github.com/portalctl/portalctl/snapshot/forecast"
)

// forecastLine is what the first boot after a bump will do to databases, in one
// line, and command as where to see more; "" where no earlier snapshot forecast has
// read all of it, or nothing will run.
func (co *checkout) forecastLine(ctx context.Context, e env, command, to string, targets, manifest map[string]string) string {
	reg, facts := co.keptFacts(e)
	if facts == nil {
		return ""
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	f := forecasting{e: e, co: co, registry: reg, kept: true}
	in := forecast.Input{To: to, Versions: keptVersions{&migrations.Reader{Registry: reg, CacheDir: facts.CacheDir}, keptOnly{cancel}}}
	if err := f.packages(ctx, &in, co, co, broughtAlong(targets, manifest, co.lock)); err != nil {
		return ""
	}
	r, err := forecast.New(ctx, in)
	if err != nil || r.Runs() == 0 {
		return ""
	}
	return "its database migrations (" + r.Line() + "): " + command
}

// keptVersions are migrations and code, as far as they are in the cache.
type keptVersions struct {
	*migrations.Reader
	keptOnly
}

func (k keptVersions) Read(ctx context.Context, name, version string) (*migrations.Package, error) {
	p, err := k.Reader.Read(ctx, name, version)
	return p, k.check(err)
}

func (k keptVersions) Code(ctx context.Context, name, version string) ([]migrations.Code, error) {
	c, err := k.Reader.Code(ctx, name, version)
	return c, k.check(err)
}
