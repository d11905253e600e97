package changes

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"
	"golang.org/x/sync/errgroup"

	"github.com/portalctl/portalctl/bump"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/published"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/sorting"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// moved finds the dependencies that live on under another name: that is written
// into the last version of a package (backstage.moved), or said in its deprecation.
// What the release has has not moved.
func (b *builder) moved(ctx context.Context) error {
	type found struct {
		to, version, why string
		exports          *published.Facts
		notKnown         string
	}
	asked := map[string][]place{}
	atLeast := map[string]*semver.Version{} // by the ranges
	for _, ws := range b.in.From.Project.Workspaces {
		for _, d := range ws.File.AllDeps() {
			if b.in.Manifest[d.Name] == "" && b.in.From.Project.ByName(d.Name) == nil && mayMove(d) {
				asked[d.Name] = append(asked[d.Name], place{File: strings.TrimPrefix(ws.Rel+"/package.json", "./"), Line: d.Pos.Line})
				if v := d.Parsed.Versions.Min(); v != nil && (atLeast[d.Name] == nil || v.LessThan(atLeast[d.Name])) {
					atLeast[d.Name] = v
				}
			}
		}
	}
	names := slices.Sorted(maps.Keys(asked))
	results := make([]found, len(names))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for i, name := range names {
		g.Go(func() error {
			f := &results[i]
			if f.to, f.why = b.newName(gctx, name); f.to != "" {
				f.version, f.why = b.versionOf(gctx, f.to)
			}
			if f.version != "" && len(b.index.names[name]) > 0 {
				f.exports, f.notKnown = bump.ReadExports(gctx, b.in.Facts, f.to, f.version)
			}
			return gctx.Err()
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	var have map[string][]*yarnlock.Entry
	for i, name := range names {
		f := results[i]
		if f.to != "" && have == nil {
			have = b.in.From.direct()
		}
		if f.why != "" {
			b.unread(name, f.why)
		}
		if f.to == "" {
			continue
		}
		at := append(places(b.index.modules[name], ""), asked[name]...)
		m := movedPackage{Name: name, To: f.to, Gone: []takenName{}, Places: sortedPlaces(at)}
		if f.version != "" {
			m.Range = "^" + f.version
		}
		m.From, m.Jump, m.step = stepTo(have[name], atLeast[name], f.version)
		if f.notKnown != "" {
			b.unread(f.to, "exports of "+f.version+": "+f.notKnown)
		}
		if f.exports != nil {
			m.Gone = b.goneFrom(ctx, name, f.exports)
		}
		b.r.Moved = append(b.r.Moved, m)
	}
	return ctx.Err()
}

// stepTo is the step from the lowest version of a package that the workspaces get,
// or where it is not locked, that they ask for, to one of its successor.
func stepTo(have []*yarnlock.Entry, atLeast *semver.Version, version string) (from string, jump bump.Jump, words string) {
	var was, to *semver.Version
	for _, e := range have {
		if _, v, ok := e.Package(); ok && was == nil {
			was, _ = semrange.ParseVersion(v)
		}
	}
	if was == nil {
		was = atLeast
	}
	if was != nil {
		from = was.Original()
	}
	if version != "" {
		to, _ = semrange.ParseVersion(version)
	}
	jump, words = bump.Step(was, to)
	return from, jump, words
}

// goneFrom are the names that the source imports from a package, and that its
// successor does not export.
func (b *builder) goneFrom(ctx context.Context, name string, now *published.Facts) []takenName {
	gone := []takenName{}
	for n, uses := range b.index.names[name] {
		n.module = now.Name + strings.TrimPrefix(n.module, name)
		switch a := b.lookup(ctx, now, n); {
		case a.State == published.NotExported:
			gone = append(gone, takenName{Package: n.module, Name: n.name, NowIn: now.Elsewhere(n.module, n.name), Places: places(uses, "")})
		case a.State == published.NotKnown && a.Why != "":
			b.unread(now.Name, a.Why)
		}
	}
	sorting.By(gone, byName)
	return gone
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

// versionOf is the version to ask for of a package: the release's, or the newest
// that fits the release.
func (b *builder) versionOf(ctx context.Context, name string) (version, unknown string) {
	v, err := bump.VersionFor(ctx, b.in.Registry, name, b.in.Manifest)
	switch {
	case err != nil:
		return "", "which version fits: " + published.Why(err, "it")
	case v == "":
		return "", "no version of " + name + " fits release " + b.in.Release
	}
	return v, ""
}
