package relock

import (
	"context"
	"maps"
	"slices"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
	"github.com/portalctl/portalctl/internal/yarnpatch"
)

type (
	descriptor = spec.Descriptor
	locator    = spec.Locator
)

// solver builds the new graph of one project: Project.resolveEverything.
//
// In Yarn every descriptor is resolved on its own, from the lock as it was and
// the registry, never from what this run found for another descriptor. So the
// order of work, and how fast the registry answers, cannot change the result.
type solver struct {
	in     *Input
	cfg    *config
	source Source
	policy Policy

	workspaces  []*workspaceNode
	byIdent     map[string]*workspaceNode
	byRel       map[string]*workspaceNode
	resolutions map[string][]resolution

	packs  map[string]*pack      // packuments fetched so far, kept across rounds
	pins   map[descriptor]choice // decisions of the policy's second look
	floors floors
	bound  map[string]string // what backstage: ranges stand for
	// pluginIsOld is what the Backstage Yarn plugin's file says, once read.
	pluginIsOld *bool

	ahead *prefetch

	patchesByName map[string][]*yarnlock.Entry
	own           map[locator]*yarnpatch.Patch // what the project's patch files do
	npmByName     func() map[string][]*yarnlock.Entry
	read          map[string]*semver.Version // see version
	absent        absent                     // what could not be had without a network

	round
}

// round is one closure over the graph. It starts anew when the policy, seeing
// all who ask for a package, changes its mind about a version.
type round struct {
	wanted  map[descriptor]*wanted
	choices map[descriptor]choice
	pkgs    map[locator]*pkg
	order   []*pkg // in the order in which they were reached
	sources map[locator]bool
	queue   []*wanted
	waiting []*wanted // for a packument or for another descriptor
	need    map[string]bool
	lost    map[descriptor]string // patch files that are not there
	room    []wanted              // where the next are made
}

// wanted is a descriptor that somebody asks for.
type wanted struct {
	descriptor
	by  *pkg        // who asked first, nil for the project
	as  string      // the name by which it asked
	got *pkg        // what the descriptor is resolved to, nil until it is
	ask *askedRange // what readAsk says of the descriptor, nil until somebody asks
}

func (s *solver) rootLocator() locator { return s.workspaces[0].locator() }

func (w *workspaceNode) locator() locator {
	return locator{Name: w.ident, Reference: w.reference()}
}

func (w *workspaceNode) descriptor() descriptor {
	return descriptor{Name: w.ident, Range: w.reference()}
}

// closure resolves everything that the workspaces reach.
func (s *solver) closure(ctx context.Context) error {
	n := len(s.in.Lock.Entries)
	s.round = round{
		wanted:  make(map[descriptor]*wanted, n+n/2),
		choices: map[descriptor]choice{},
		pkgs:    make(map[locator]*pkg, n+n/8),
		sources: map[locator]bool{},
		need:    map[string]bool{},
		lost:    map[descriptor]string{},
		room:    make([]wanted, 0, n+n/2),
	}
	for _, w := range s.workspaces {
		s.want(w.descriptor(), nil, "")
	}
	for {
		if err := s.drain(ctx); err != nil {
			return err
		}
		if len(s.waiting) == 0 {
			return nil
		}
		if len(s.need) == 0 {
			if len(s.absent.what) > 0 {
				return nil // they wait for what is absent
			}
			return s.cycle()
		}
		if err := s.fetch(ctx); err != nil {
			return err
		}
	}
}

// cycle is a descriptor that waits for itself, such as a patch of its own
// result. Yarn would hang.
func (s *solver) cycle() error {
	d := s.waiting[0].descriptor
	return fault.At(s.descriptorPos(d), "%s asks for itself", d).
		WithNext("Correct the range of %s, then run the command again.", d.Name)
}

// want queues a descriptor that nobody asked for yet.
func (s *solver) want(d descriptor, by *pkg, as string) *wanted {
	if w := s.wanted[d]; w != nil {
		return w
	}
	if len(s.room) == cap(s.room) {
		s.room = make([]wanted, 0, 256)
	}
	s.room = append(s.room, wanted{descriptor: d, by: by, as: as})
	w := &s.room[len(s.room)-1]
	s.wanted[d] = w
	s.queue = append(s.queue, w)
	return w
}

// got is what a descriptor is resolved to, or nil.
func (s *solver) got(d descriptor) *pkg {
	if w := s.wanted[d]; w != nil {
		return w.got
	}
	return nil
}

// drain works through the queue until everything left waits for the registry.
func (s *solver) drain(ctx context.Context) error {
	for progress := true; progress; {
		progress = false
		for len(s.queue) > 0 {
			batch := s.queue
			s.queue = nil
			for _, w := range batch {
				done, err := s.resolve(ctx, w)
				if s.lacksPackument(w.descriptor, err) {
					done, err = true, nil
				}
				if err != nil {
					return err
				}
				if done {
					progress = true
				} else {
					s.waiting = append(s.waiting, w)
				}
			}
		}
		if progress && len(s.waiting) > 0 {
			s.queue, s.waiting = s.waiting, nil
			clear(s.need)
		}
	}
	return nil
}

// fetch waits for all packuments that a wave needs. How many requests run at a
// time is the source's business.
func (s *solver) fetch(ctx context.Context) error {
	names := slices.Sorted(maps.Keys(s.need))
	for _, w := range s.waiting {
		if ask, ok := s.askOf(w.descriptor); ok && s.need[ask.Name] {
			s.ahead.packument(ask.Name, ask.text)
		}
	}
	early := make([]*earlyPack, len(names))
	for i, name := range names {
		early[i] = s.ahead.packument(name, "")
	}
	for i, e := range early {
		select {
		case <-e.done:
		case <-ctx.Done():
			return ctx.Err()
		}
		if e.pack.err != nil && ctx.Err() != nil {
			return ctx.Err()
		}
		s.packs[names[i]] = e.pack // who asked for it decides whether an error matters
	}
	clear(s.need)
	s.queue, s.waiting = append(s.queue, s.waiting...), nil
	return nil
}

// packument is the fetched answer for name; ok is false if it still has to be
// asked for, which the caller's wave then does.
func (s *solver) packument(name string) (p *pack, ok bool) {
	p, ok = s.packs[name]
	if !ok {
		s.need[name] = true
	}
	return p, ok
}

// resolve finds the package of one descriptor. done is false when it has to
// wait for the registry or for another descriptor.
func (s *solver) resolve(ctx context.Context, w *wanted) (done bool, err error) {
	if !s.resolutionDependency(w) {
		return false, nil
	}
	loc, ready, err := s.candidate(ctx, w.descriptor)
	if err != nil || !ready {
		return false, err
	}
	p, err := s.reach(loc, w.descriptor)
	if err != nil || p == nil {
		return false, err
	}
	w.got = p
	return true, nil
}

// resolutionDependency is Resolver.getResolutionDependencies: a patch needs
// what it patches, and a backstage: binding the range that it stands for.
func (s *solver) resolutionDependency(w *wanted) (ready bool) {
	source, ok := s.sourceOf(w.descriptor)
	if !ok {
		return true
	}
	p := s.want(source, w.by, w.as).got
	if p != nil {
		s.sources[p.loc] = true
	}
	return p != nil
}

func (s *solver) sourceOf(d descriptor) (descriptor, bool) {
	switch d.Protocol() {
	case spec.NPM:
		if alias, ok := d.Alias(); ok {
			alias.Range = spec.Normalize(alias.Range)
			return s.sourceOf(alias)
		}
	case spec.Patch:
		if inner, ok := d.PatchSource(); ok {
			return descriptor{Name: inner.Name, Range: s.bind(spec.Normalize(inner.Range), s.rootLocator())}, true
		}
	case spec.Backstage:
		if npm := spec.Parse(d.Range).Bind("npm"); npm != "" {
			return descriptor{Name: d.Name, Range: spec.NPM.Of("^" + npm)}, true
		}
	}
	return descriptor{}, false
}

// reach adds the package of a locator, and what it asks for, to the graph. It
// returns nil when it has to wait for the registry.
func (s *solver) reach(loc locator, d descriptor) (*pkg, error) {
	if p := s.pkgs[loc]; p != nil {
		return p, nil
	}
	p, ready, err := s.load(loc, d)
	if err != nil || !ready {
		return nil, err
	}
	if err := s.prepare(p); err != nil {
		return nil, err
	}
	s.pkgs[loc] = p
	s.order = append(s.order, p)
	s.ahead.checksum(p)
	return p, nil
}

// descriptorPos is where d was asked for first.
func (s *solver) descriptorPos(d descriptor) fault.Pos {
	w := s.wanted[d]
	if w == nil || w.by == nil {
		return fault.Pos{}
	}
	return s.askPos(w.by, w.as)
}
