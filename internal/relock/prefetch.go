package relock

import (
	"context"
	"sync"

	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
)

// prefetch asks the source early for what the solver is about to need, so that
// the network and all processors have work while the solver waits:
//
//   - packuments of dependencies, as soon as the packument is there from which
//     the version that asks for them will be taken. Which one that is, is a
//     guess: the solver decides again, in its own order, and asks for what it
//     needs. A wrong guess costs a request;
//   - checksums, as soon as the solver has reached a package, or the policy
//     leaves no doubt which version it will be.
//
// It decides nothing. What it is told that nobody needs, errors included, is
// dropped.
type prefetch struct {
	s      *solver
	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu    sync.Mutex
	packs map[string]*earlyPack
	sums  map[locator]*earlySum
}

// earlyPack is a packument that is under way or here.
type earlyPack struct {
	done   chan struct{}
	pack   *pack
	ranges map[string]bool // by which it was asked for
}

// earlySum is a checksum that is under way or here.
type earlySum struct {
	done chan struct{}
	sum  string
	err  error
}

func newPrefetch(ctx context.Context, s *solver) *prefetch {
	ctx, cancel := context.WithCancel(ctx)
	return &prefetch{s: s, ctx: ctx, cancel: cancel, packs: map[string]*earlyPack{}, sums: map[locator]*earlySum{}}
}

// close ends what is still under way and waits for its end: afterwards the
// lock may change.
func (a *prefetch) close() {
	a.cancel()
	a.work.Wait()
}

// packument is the registry's answer for a package, under way; rng is a
// semver range or tag that will be looked for in it, "" for none.
func (a *prefetch) packument(name, rng string) *earlyPack {
	a.mu.Lock()
	defer a.mu.Unlock()
	e := a.packs[name]
	if e == nil {
		e = &earlyPack{done: make(chan struct{}), ranges: map[string]bool{}}
		a.packs[name] = e
		a.work.Go(func() {
			doc, err := a.s.source.Packument(a.ctx, name)
			e.pack = &pack{name: name, doc: doc, err: err}
			close(e.done)
		})
	}
	if rng != "" && !e.ranges[rng] {
		e.ranges[rng] = true
		a.work.Go(func() {
			<-e.done // it ends with the context at the latest
			a.follow(e.pack, rng)
		})
	}
	return e
}

// follow asks for the dependencies of the version that the range will lead to.
func (a *prefetch) follow(p *pack, rng string) {
	if p.err != nil || a.ctx.Err() != nil {
		return
	}
	version, ok := a.guess(p, rng)
	if !ok {
		return
	}
	if _, locked := a.s.lockedVersion(p.name, version); locked {
		return // the lock has its dependencies
	}
	m, err := p.doc.Manifest(version)
	if err != nil {
		return
	}
	next := m.LockFields()
	for _, d := range next.Dependencies {
		a.dependency(descriptor{Name: d.Name, Range: d.Range})
	}
	// What the policy covers it may decide otherwise when it knows all who ask.
	loc, err := a.s.npmLocator(p, version)
	if err == nil && next.Conditions == "" && a.s.computes() && !a.s.policy.Covers(p.name) {
		a.start(loc, ChecksumRequest{Name: p.name, Version: version, Manifest: m, CacheKey: supportedCacheKey})
	}
}

// dependency asks for the packument of a dependency unless the lock, a
// workspace or the project's resolutions answer it.
func (a *prefetch) dependency(d descriptor) {
	s := a.s
	if _, overridden := s.resolutions[d.Name]; overridden || !d.Is(spec.NPM) {
		return
	}
	if alias, ok := d.Alias(); ok {
		d = descriptor{Name: alias.Name, Range: spec.NPM.Of(spec.Bare(alias.Range))}
	}
	if _, locked := s.lockedLocator(d); locked && !s.policy.Covers(d.Name) {
		return
	}
	if w := s.byIdent[d.Name]; w != nil {
		return
	}
	a.packument(d.Name, spec.Bare(d.Range))
}

// guess is the version that the solver will most likely take.
func (a *prefetch) guess(p *pack, rng string) (string, bool) {
	r, err := semrange.Parse(rng)
	if err != nil {
		return p.doc.Tag(rng)
	}
	if release, ok := a.s.policy.(*Release); ok {
		if text, ok := release.Versions[p.name]; ok {
			if v, err := semrange.ParseVersion(text); err == nil && r.Satisfies(v) {
				return text, true
			}
		}
	}
	best, _, err := a.s.best(p, r)
	return best.Version, err == nil && best.Version != ""
}

// checksum asks for the checksum of a package that the solver has reached, if
// it will be needed for all that is known so far.
func (a *prefetch) checksum(p *pkg) {
	s := a.s
	if !s.computes() || p.soft() || p.fields.Conditions != "" || s.stored(p) != "" {
		return
	}
	if req, ok := s.checksumRequest(p); ok {
		a.start(p.loc, req)
	}
}

// start is the checksum of loc, under way.
func (a *prefetch) start(loc locator, req ChecksumRequest) *earlySum {
	a.mu.Lock()
	defer a.mu.Unlock()
	e := a.sums[loc]
	if e == nil {
		e = &earlySum{done: make(chan struct{})}
		a.sums[loc] = e
		a.work.Go(func() {
			defer close(e.done)
			e.sum, e.err = a.s.source.Checksum(a.ctx, req)
		})
	}
	return e
}
