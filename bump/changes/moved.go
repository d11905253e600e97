package changes

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/portalctl/portalctl/bump"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/published"
	"github.com/portalctl/portalctl/internal/spec"
)

// moved finds the dependencies that live on under another name: that is written
// into the last version of a package (backstage.moved), or said in its deprecation.
// What the release has has not moved.
func (b *builder) moved(ctx context.Context) error {
	type found struct {
		to, rng, why string
	}
	asked := map[string][]Place{}
	for _, ws := range b.in.From.Project.Workspaces {
		for _, d := range ws.File.AllDeps() {
			if b.in.Manifest[d.Name] == "" && b.in.From.Project.ByName(d.Name) == nil && mayMove(d) {
				asked[d.Name] = append(asked[d.Name], Place{File: strings.TrimPrefix(ws.Rel+"/package.json", "./"), Line: d.Pos.Line})
			}
		}
	}
	names := make([]string, 0, len(asked))
	for name := range asked {
		names = append(names, name)
	}
	slices.Sort(names)
	results := make([]found, len(names))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for i, name := range names {
		g.Go(func() error {
			f := &results[i]
			if f.to, f.why = b.newName(gctx, name); f.to != "" {
				f.rng, f.why = b.rangeOf(gctx, f.to)
			}
			return gctx.Err()
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for i, name := range names {
		f := results[i]
		if f.why != "" {
			b.unread(name, f.why)
		}
		if f.to != "" {
			at := append(places(b.index.modules[name], ""), asked[name]...)
			b.r.Moved = append(b.r.Moved, Moved{Name: name, To: f.to, Range: f.rng, Places: sortedPlaces(at)})
		}
	}
	return nil
}

// mayMove reports whether a dependency is one that the registry answers for, and
// may be one of a package with another name now.
func mayMove(d pkgjson.Dep) bool {
	switch d.Parsed.Kind {
	case spec.KindRange, spec.KindTag, spec.KindBackstage, spec.KindCatalog:
		return bump.MayMove(d.Name)
	}
	return false
}

// newName is the name that a package lives on under, "" for its own.
func (b *builder) newName(ctx context.Context, name string) (to, unknown string) {
	doc, err := b.in.Registry.Packument(ctx, name)
	if err != nil {
		return "", "whether it moved: " + published.Why(err, "it")
	}
	to, _ = bump.Successor(name, doc)
	return to, ""
}

// rangeOf is the range to ask for a package with: the release's version, or the
// newest that fits the release.
func (b *builder) rangeOf(ctx context.Context, name string) (rng, unknown string) {
	v, err := bump.VersionFor(ctx, b.in.Registry, name, b.in.Manifest)
	switch {
	case err != nil:
		return "", "which version fits: " + published.Why(err, "it")
	case v == "":
		return "", "no version of " + name + " fits release " + b.in.Release
	}
	return "^" + v, ""
}
