package changes

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/portalctl/portalctl/internal/changelog"
	"github.com/portalctl/portalctl/internal/dts"
	"github.com/portalctl/portalctl/internal/published"
	"github.com/portalctl/portalctl/internal/sorting"
	"github.com/portalctl/portalctl/internal/spec"
)

// exports finds the imported names that the target no longer exports, or has
// deprecated.
func (b *builder) exports(ctx context.Context) error {
	var ask []*pkg
	for _, name := range b.names {
		if p := b.packages[name]; p.target != nil && p.target.Types != nil && b.suspicious(ctx, p) {
			ask = append(ask, p)
		}
	}
	// What was so before is not of this upgrade. Only where it matters the version
	// before is read, too.
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for _, p := range ask {
		g.Go(func() error {
			b.readBefore(gctx, p)
			return gctx.Err()
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for _, p := range ask {
		b.compare(ctx, p)
	}
	for _, list := range []*[]takenName{&b.r.Gone, &b.r.Deprecated} {
		sorting.By(*list, byName)
	}
	return ctx.Err()
}

func byName(x, y takenName) int {
	return cmp.Or(strings.Compare(x.Package, y.Package), strings.Compare(x.Name, y.Name))
}

// suspicious reports whether a package lacks, or has deprecated, something that
// the source imports.
func (b *builder) suspicious(ctx context.Context, p *pkg) bool {
	for n := range b.index.names[p.name] {
		a := b.lookup(ctx, p.target, n)
		if a.State != published.Exported || a.Name.Deprecated || len(a.Name.Members) > 0 {
			return true
		}
	}
	return false
}

// lookup asks a version for an imported name, and the packages that it hands names
// on from.
func (b *builder) lookup(ctx context.Context, f *published.Facts, n importedName) published.Answer {
	return f.Lookup(n.module, n.name, func(name string) *published.Facts {
		if p := b.packages[name]; p != nil && p.target != nil {
			return p.target
		}
		if b.in.Manifest[name] == "" {
			return nil
		}
		other, _ := b.in.Facts.Read(ctx, name, b.in.Manifest[name])
		return other
	})
}

// compare reports the names of one package.
func (b *builder) compare(ctx context.Context, p *pkg) {
	for n, uses := range b.index.names[p.name] {
		now := b.lookup(ctx, p.target, n)
		was := b.lookup(ctx, p.before, n)
		switch {
		case now.State == published.NotKnown:
			if now.Why != "" {
				b.unread(p.name, now.Why)
			}
		case now.State == published.NotExported && was.State == published.NotExported:
			b.unread(p.name, n.name+" is imported from "+n.module+", which has it neither before nor after: that does not compile today")
		case now.State == published.NotExported:
			b.r.Gone = append(b.r.Gone, takenName{Package: n.module, Name: n.name, NowIn: b.nowIn(ctx, p, n), Places: places(uses, "")})
		case now.Name.Deprecated && was.State == published.NotKnown:
			b.unread(p.name, "whether the deprecation of "+n.name+" is new: the registry lacks "+p.from)
		case now.Name.Deprecated && !(was.State == published.Exported && was.Name.Deprecated):
			b.r.Deprecated = append(b.r.Deprecated, takenName{Package: n.module, Name: n.name, Reason: now.Name.Reason, NowIn: b.nowIn(ctx, p, n), Places: places(uses, "")})
		case was.State == published.Exported:
			b.members(n, uses, now.Name.Members, was.Name.Members)
		}
	}
}

// members reports newly deprecated members that the source uses: as attributes of
// an element, or as properties in a file that imports what has them.
func (b *builder) members(n importedName, uses []use, now, was []dts.Member) {
	for _, m := range now {
		if slices.ContainsFunc(was, func(o dts.Member) bool { return o.Owner == m.Owner && o.Name == m.Name }) {
			continue
		}
		var at []place
		for _, u := range uses {
			used := u.file.usage()
			if line, ok := used.attributes[u.local][m.Name]; ok {
				at = append(at, place{File: u.file.name, Line: line})
			} else if line, ok := used.members[m.Name]; ok && m.Far <= 1 && distinctive(m.Name) {
				at = append(at, place{File: u.file.name, Line: line})
			}
		}
		if len(at) == 0 {
			continue
		}
		name := m.Owner + "." + m.Name
		at = sortedPlaces(at)
		if i := slices.IndexFunc(b.r.Deprecated, func(o takenName) bool { return o.Package == n.module && o.Name == name }); i >= 0 {
			b.r.Deprecated[i].Places = sortedPlaces(append(b.r.Deprecated[i].Places, at...))
			continue
		}
		b.r.Deprecated = append(b.r.Deprecated, takenName{Package: n.module, Name: name, Reason: m.Reason, Places: at})
	}
}

// distinctive tells property names that say whose they are from those that
// everything has.
func distinctive(name string) bool {
	switch name {
	case "id", "name", "type", "get", "set", "title", "key", "value", "data", "length", "then", "map", "default", "error", "options", "children", "props", "spec", "kind", "config":
		return false
	}
	return len(name) > 2
}

// nowIn finds the module that has a name now: another subpath of the package, or
// a package that the changelog entries about the name send to.
func (b *builder) nowIn(ctx context.Context, p *pkg, n importedName) string {
	if there := p.target.Elsewhere(n.module, n.name); there != "" {
		return there
	}
	for _, s := range changelog.Between(p.target.Changes, p.from, p.to) {
		for _, e := range s.Entries {
			if to := b.sentTo(ctx, p, e.Text, n.name); to != "" {
				return to
			}
		}
	}
	return ""
}

// sentTo is the module that an entry about a name quotes and that has it.
func (b *builder) sentTo(ctx context.Context, p *pkg, text, name string) string {
	if !strings.Contains(text, name) {
		return ""
	}
	for _, span := range changelog.CodeOf(text).Spans {
		other := spec.PackageOf(span)
		if !strings.HasPrefix(span, "@") || other == p.name || b.in.Manifest[other] == "" {
			continue
		}
		f, err := b.in.Facts.Read(ctx, other, b.in.Manifest[other])
		if err != nil || f.Types == nil {
			continue
		}
		if m, ok := f.Types.Module(dts.Subpath(other, span)); ok {
			if _, has := m.Names[name]; has {
				return span
			}
		}
	}
	return ""
}
