package check

import (
	"context"
	"errors"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/httpfetch"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/release"
	"github.com/portalctl/portalctl/internal/sorting"
)

// ReadRelease finds out which release the portal is on, and reads its manifest. One
// that the source does not have is an error only if it was to ask its host.
func (in *Input) ReadRelease(ctx context.Context, source *release.Source, online bool) error {
	stand := source.Standing(in.Lock, in.Project.Declared())
	in.Standing = &stand
	if stand.Release == "" {
		return nil
	}
	m, err := source.Get(ctx, stand.Release)
	switch {
	case err == nil:
		in.Release = m.Packages
	case online:
		return err
	case errors.Is(err, httpfetch.ErrOffline):
		in.Unknown = &finding.Unknown{Reason: "the manifest of release " + stand.Release + " is not in the cache", Next: "Run it once with --online"}
	case errors.Is(err, release.ErrNotFound):
		in.Unknown = &finding.Unknown{Reason: err.Error(), Next: fault.NextOf(err)}
	default:
		return err
	}
	return nil
}

// maxAsking is how many packages are asked about at a time.
const maxAsking = 16

// AskRegistry asks about what the workspaces depend on, and sets in.Published.
// progress hears of each package out of all, from several goroutines.
func (in *Input) AskRegistry(ctx context.Context, client *registry.Client, progress func(done, total int)) error {
	list := in.moving()
	var mu sync.Mutex
	done := 0
	known := map[npmPackage]published{}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(maxAsking)
	for _, p := range list {
		g.Go(func() error {
			pub, err := ask(gctx, client, p)
			mu.Lock()
			defer mu.Unlock()
			done++
			progress(done, len(list))
			if errors.Is(err, registry.ErrNotFound) {
				return nil // a package of their own that is not published
			}
			known[p] = pub
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	in.Published = func(name, version string) (published, bool) {
		pub, ok := known[npmPackage{name, version}]
		return pub, ok
	}
	return nil
}

// ask asks about one. The newest version of a package that has moved says so; the
// one in use was published before.
func ask(ctx context.Context, client *registry.Client, p npmPackage) (pub published, err error) {
	doc, err := client.Packument(ctx, p.name)
	if err != nil {
		return pub, err
	}
	for _, v := range []string{p.version, doc.DistTags["latest"]} {
		if m, err := doc.Version(v); err == nil && pub == (published{}) {
			pub = published{Moved: m.Backstage.Moved, Deprecated: m.Deprecated}
		}
	}
	return pub, nil
}

// moving are the packages that Input.Published is to know for the rule moved,
// with their locked versions, sorted by name.
func (in Input) moving() []npmPackage {
	m := newModel(Input{Project: in.Project, Lock: in.Lock, Settings: in.Settings}, Options{})
	seen := map[npmPackage]bool{}
	var list []npmPackage
	for _, p := range m.packages {
		for _, d := range p.File.AllDeps() {
			if !isCandidate(d) || m.byName[d.Name] != nil {
				continue
			}
			if pk := (npmPackage{d.Name, m.locked(p, d)}); !seen[pk] {
				seen[pk] = true
				list = append(list, pk)
			}
		}
	}
	sorting.By(list, func(a, b npmPackage) int { return strings.Compare(a.name+"\x00"+a.version, b.name+"\x00"+b.version) })
	return list
}

// npmPackage is a published package; version is "" where the lock does not say.
type npmPackage struct{ name, version string }
