package main

import (
	"context"
	"errors"
	"os"

	"github.com/portalctl/portalctl/internal/migrations"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/snapshot/forecast"
)

// forecastLine is what the first boot after a bump will do to databases, in one
// line, and command as where to see more; "" where no earlier snapshot forecast has
// read all of it, or nothing will run.
func (co *checkout) forecastLine(ctx context.Context, e env, command, to string, targets, manifest map[string]string) string {
	reg, err := co.registry(e, true)
	if err != nil || co.installed() != nil {
		return ""
	}
	reader, err := co.migrations(e, reg)
	if err != nil {
		return ""
	}
	if _, err := os.Stat(reader.CacheDir); err != nil {
		return ""
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	f := forecasting{e: e, co: co, registry: reg, kept: true}
	in := forecast.Input{To: to, Versions: keptVersions{reader, cancel}}
	if err = f.packages(ctx, &in, co, co, broughtAlong(targets, manifest, co.lock)); err != nil {
		return ""
	}
	r, err := forecast.New(ctx, in)
	if err != nil || r.Runs() == 0 {
		return ""
	}
	return "its database migrations (" + r.Line() + "): " + command
}

// keptVersions ends a forecast when something is not in the cache.
type keptVersions struct {
	*migrations.Reader
	cancel context.CancelFunc
}

func (k keptVersions) Read(ctx context.Context, name, version string) (*migrations.Package, error) {
	p, err := k.Reader.Read(ctx, name, version)
	return p, k.check(err)
}

func (k keptVersions) Code(ctx context.Context, name, version string) ([]migrations.Code, error) {
	c, err := k.Reader.Code(ctx, name, version)
	return c, k.check(err)
}

func (k keptVersions) check(err error) error {
	if errors.Is(err, registry.ErrOffline) {
		k.cancel()
	}
	return err
}
