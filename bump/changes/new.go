package changes

import (
	"context"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/portalctl/portalctl/bump"
	"github.com/portalctl/portalctl/internal/codemods"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/published"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/release"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/sorting"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// Input is all that a report is computed from.
type Input struct {
	// From is the portal as it is: its lock says which versions it has.
	From Side
	// Standing is the release that From is on.
	Standing release.Standing
	// To are the versions that From's dependencies would get; a name that is not
	// there stays as it is.
	To map[string]string
	// Locked is the portal as it will be, where that is known; its lock says what the
	// versions of To ask for.
	Locked *Side
	// Release is the release that To belongs to, and Manifest its packages.
	Release  string
	Manifest map[string]string
	// Files are the source that is read, below the portal's root.
	Files fs.FS
	// Registry and Facts answer for what is published.
	Registry Registry
	Facts    Facts
	// Progress, if set, is told how many packages are read.
	Progress func(done, total int)
}

// Registry answers for npm packages; *registry.Client does.
type Registry interface {
	Packument(ctx context.Context, name string) (*registry.Packument, error)
}

// Facts answers for what a published version says of itself.
type Facts = bump.Facts

// parallel is how many packages are read at once; the registry client has limits
// of its own.
const parallel = 12

// pkg is a package that the upgrade moves.
type pkg struct {
	name     string
	from, to string
	// ranges are what the version from asks for, by the lock.
	ranges map[string]string
	target *published.Facts // nil where unknown says why
	before *published.Facts // read when it is needed
	// becoming is what the version to asks for; nil where the registry lacks it: what
	// a later one asks for says nothing of it.
	becoming map[string]string
}

// builder makes a report.
type builder struct {
	in       Input
	r        *Report
	source   *source
	index    *index
	packages map[string]*pkg
	names    []string // of packages, sorted
	unknown  map[Unknown]bool
}

// New computes the report. Its errors are those of reading the portal, and a
// context that is done; what a registry does not answer is in Report.Unknown.
func New(ctx context.Context, in Input) (*Report, error) {
	if in.From.Lock == nil {
		return nil, fault.New("there is no yarn.lock at %s, and so nothing tells which versions the portal has", in.From.Project.Root).
			WithNext("Run yarn install, and commit the yarn.lock that it writes")
	}
	b := &builder{in: in, packages: map[string]*pkg{}, unknown: map[Unknown]bool{}, r: &Report{Schema: Schema, From: standing{in.Standing.Declared, in.Standing.Release}, To: in.Release}}
	b.findPackages()
	var err error
	if b.source, err = readSource(in.Files, in.From.Project, func(module string) bool { return b.ofInterest(spec.PackageOf(module)) }); err != nil {
		return nil, err
	}
	for _, u := range b.source.unknown {
		b.unread(u.Package, u.Why)
	}
	b.index = indexOf(b.source)
	if err := b.readTargets(ctx); err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context) error{b.exports, b.changelogs, b.libraries, b.moved, b.codemods} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	b.finish()
	return b.r, nil
}

// ofInterest are the packages whose names are looked up in the source.
func (b *builder) ofInterest(name string) bool {
	return b.packages[name] != nil || codemods.Concerns(name) || b.in.Manifest[name] == "" && bump.MayMove(name)
}

func (b *builder) unread(name, why string) {
	u := Unknown{Package: name, Why: why}
	if !b.unknown[u] {
		b.unknown[u] = true
		b.r.Unknown = append(b.r.Unknown, u)
	}
}

// findPackages lists the direct dependencies that the upgrade moves up.
func (b *builder) findPackages() {
	direct := b.in.From.direct()
	for name, to := range b.in.To {
		for _, e := range direct[name] {
			_, version, _ := e.Package()
			if !semrange.Above(to, version) {
				continue
			}
			p := b.packages[name]
			if p != nil && !semrange.Above(p.from, version) {
				continue // the lowest version has the longest way
			}
			p = &pkg{name: name, from: version, to: to, ranges: ranges(e)}
			b.packages[name] = p
		}
	}
	if b.in.Locked != nil {
		for name, p := range b.packages {
			for _, e := range b.in.Locked.Lock.Named(name) {
				if _, version, _ := e.Package(); version == p.to {
					p.becoming = ranges(e)
				}
			}
		}
	}
	b.names = slices.Sorted(maps.Keys(b.packages))
	b.r.Counts.Packages = len(b.names)
}

// ranges are what a locked package asks for.
func ranges(e *yarnlock.Entry) map[string]string {
	out := map[string]string{}
	for _, d := range e.Dependencies {
		out[d.Name] = spec.Bare(d.Range)
	}
	return out
}

// readTargets reads what the versions say of themselves that the portal would get.
func (b *builder) readTargets(ctx context.Context) error {
	problems := make([]string, len(b.names))
	done := make(chan struct{}, len(b.names))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for i, name := range b.names {
		g.Go(func() error {
			defer func() {
				done <- struct{}{}
				if b.in.Progress != nil {
					b.in.Progress(len(done), len(b.names))
				}
			}()
			problems[i] = b.readTarget(gctx, b.packages[name])
			return gctx.Err()
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for i, why := range problems {
		if why != "" {
			b.unread(b.names[i], why)
		}
	}
	return ctx.Err()
}

// readTarget reads one package, and says what is unknown of it.
func (b *builder) readTarget(ctx context.Context, p *pkg) (unknown string) {
	facts, err := b.in.Facts.Read(ctx, p.name, p.to)
	if err != nil {
		return published.Why(err, p.to)
	}
	p.target = facts
	if facts.Version == p.to && p.becoming == nil {
		if doc, err := b.in.Registry.Packument(ctx, p.name); err == nil {
			if m, err := doc.Version(p.to); err == nil {
				p.becoming = m.Dependencies
			}
		}
	}
	var said []string
	if facts.Version != p.to {
		said = append(said, "the registry lacks "+p.to+"; read at "+facts.Version+", the nearest above")
	}
	if facts.NoChanges != "" {
		said = append(said, "breaking entries: "+facts.NoChanges)
	}
	if facts.NoTypes != "" {
		said = append(said, "exports: "+facts.NoTypes)
	}
	return strings.Join(said, "; ")
}

// readBefore reads the version that the portal has now; nil where the registry has
// neither it nor one between it and the target.
func (b *builder) readBefore(ctx context.Context, p *pkg) *published.Facts {
	if p.before == nil {
		facts, err := b.in.Facts.Read(ctx, p.name, p.from)
		if err == nil && (facts.Version == p.from || semrange.Above(p.target.Version, facts.Version)) {
			p.before = facts
		}
	}
	return p.before
}

// finish sorts and counts.
func (b *builder) finish() {
	r := b.r
	r.Counts.Gone, r.Counts.Deprecated = len(r.Gone), len(r.Deprecated)
	r.Counts.ThirdParty, r.Counts.Moved = len(r.ThirdParty), len(r.Moved)
	sorting.Stable(r.Unknown, func(x, y Unknown) int { return strings.Compare(x.Package, y.Package) })
}
