package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/portalctl/portalctl/bump"
	"github.com/portalctl/portalctl/bump/changes"
	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/published"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/release"
)

// breaks is where to see what the step to another release breaks in the portal's
// own code, "" where there is no such step. How much that is is told where an
// earlier versions changes has read all of it: a bump downloads nothing for it.
func (r *bumpRun) breaks() string {
	if r.plan.From == "" || r.plan.From == r.plan.To {
		return ""
	}
	what := "what this breaks in your own code"
	if r.counts != "" {
		what += " (" + r.counts + ")"
	}
	return what + ": " + r.changes
}

// countChanges counts what the plan breaks, from what is in the cache; "" where
// that lacks something.
func (r *bumpRun) countChanges(ctx context.Context, plan *bump.Plan, releases *release.Source) string {
	reg, facts := r.co.keptFacts(r.e)
	if facts == nil {
		return ""
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	in := r.co.changes(releases, reg)
	in.Facts = keptChanges{facts, keptOnly{cancel}}
	setTarget(&in, plan)
	report, err := changes.New(ctx, in)
	if err != nil {
		return ""
	}
	c := report.Counts
	for _, m := range plan.Moved {
		c.Gone += len(m.Gone)
	}
	return fmt.Sprintf("%s gone, %s, %s", english.Count(c.Gone, "imported name"),
		english.CountOf(c.Touching, "breaking change that names it", "breaking changes that name it"), english.Count(c.ThirdParty, "third-party major"))
}

// keptFacts is what earlier runs have read of published versions, for a line that
// downloads nothing; nil where that is nothing, or no lock says which versions there are.
func (co *checkout) keptFacts(e env) (*registry.Client, *published.Reader) {
	reg, err := co.registry(e, true)
	if err != nil || co.installed() != nil {
		return nil, nil
	}
	facts, err := co.facts(e, reg)
	if err != nil {
		return nil, nil
	}
	if _, err := os.Stat(facts.CacheDir); err != nil {
		return nil, nil
	}
	return reg, facts
}

// keptOnly ends a count, or a forecast, when something is not in the cache: a number that
// is too small would be worse than none.
type keptOnly struct{ cancel context.CancelFunc }

func (k keptOnly) check(err error) error {
	if errors.Is(err, registry.ErrOffline) {
		k.cancel()
	}
	return err
}

// keptChanges is what versions say of themselves, as far as it is in the cache.
type keptChanges struct {
	facts changes.Facts
	keptOnly
}

func (k keptChanges) Read(ctx context.Context, name, version string) (*published.Facts, error) {
	f, err := k.facts.Read(ctx, name, version)
	return f, k.check(err)
}
