package relock

import (
	"context"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/yarnlock"
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

	// lock, as Yarn sees it after forgetTransientResolutions.
	locked map[descriptor]*yarnlock.Entry
	byLoc  map[locator]*yarnlock.Entry
	packs  map[string]*pack      // packuments fetched so far, kept across rounds
	pins   map[descriptor]Choice // decisions of the policy's second look
	floors *floors
	bound  map[string]string // what backstage: ranges stand for

	ahead *ahead

	patchesByName map[string][]*yarnlock.Entry
	absent        absent // what could not be had without a network

	round
}

// round is one closure over the graph. It starts anew when the policy, seeing
// all who ask for a package, changes its mind about a version.
type round struct {
	resolved map[descriptor]locator
	choices  map[descriptor]Choice
	pkgs     map[locator]*pkg
	order    []*pkg // in the order in which they were reached
	sources  map[locator]bool
	queue    []descriptor
	waiting  []descriptor // for a packument or for another descriptor
	need     map[string]bool
	asker    map[descriptor]asker // who asked first
}

// asker is a package and the name by which it asks.
type asker struct {
	pkg  *pkg
	name string
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
	n := len(s.locked)
	s.round = round{
		resolved: make(map[descriptor]locator, n+n/8),
		choices:  map[descriptor]Choice{},
		pkgs:     make(map[locator]*pkg, len(s.byLoc)+len(s.byLoc)/8),
		sources:  map[locator]bool{},
		need:     map[string]bool{},
		asker:    make(map[descriptor]asker, n+n/8),
	}
	for _, w := range s.workspaces {
		s.want(w.descriptor(), asker{})
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
	d := s.waiting[0]
	return fault.At(s.descriptorPos(d), "%s asks for itself", d).
		WithNext("Correct the range of %s, then run the command again.", d.Name)
}

// want queues a descriptor that nobody asked for yet.
func (s *solver) want(d descriptor, by asker) {
	if _, ok := s.asker[d]; ok {
		return
	}
	s.asker[d] = by
	s.queue = append(s.queue, d)
}

// drain works through the queue until everything left waits for the registry.
func (s *solver) drain(ctx context.Context) error {
	for progress := true; progress; {
		progress = false
		for len(s.queue) > 0 {
			batch := s.queue
			s.queue = nil
			for _, d := range batch {
				done, err := s.resolve(ctx, d)
				if s.lacksPackument(d, err) {
					done, err = true, nil
				}
				if err != nil {
					return err
				}
				if done {
					progress = true
				} else {
					s.waiting = append(s.waiting, d)
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
	names := make([]string, 0, len(s.need))
	for name := range s.need {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, d := range s.waiting {
		if ask, ok := s.askOf(d); ok && s.need[ask.Name] {
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
func (s *solver) resolve(ctx context.Context, d descriptor) (done bool, err error) {
	ready, err := s.resolutionDependency(ctx, d)
	if err != nil || !ready {
		return false, err
	}
	loc, ready, err := s.candidate(ctx, d)
	if err != nil || !ready {
		return false, err
	}
	ready, err = s.reach(loc, d)
	if err != nil || !ready {
		return false, err
	}
	s.resolved[d] = loc
	return true, nil
}

// resolutionDependency is Resolver.getResolutionDependencies: a patch needs
// what it patches, and a backstage: binding the range that it stands for.
func (s *solver) resolutionDependency(ctx context.Context, d descriptor) (ready bool, err error) {
	source, ok := s.sourceOf(d)
	if !ok {
		return true, nil
	}
	loc, ok := s.resolved[source]
	if !ok {
		s.want(source, s.asker[d])
		return false, nil
	}
	s.sources[loc] = true
	return true, nil
}

func (s *solver) sourceOf(d descriptor) (descriptor, bool) {
	switch {
	case strings.HasPrefix(d.Range, npmProtocol):
		if alias, ok := yarnlock.ParseDescriptor(d.Range[len(npmProtocol):]); ok {
			alias.Range = normalize(alias.Range)
			return s.sourceOf(alias)
		}
	case strings.HasPrefix(d.Range, patchProtocol):
		if inner, ok := yarnlock.ParseRange(d.Range).PatchSource(); ok {
			return descriptor{Name: inner.Name, Range: s.bind(normalize(inner.Range), s.rootLocator())}, true
		}
	case strings.HasPrefix(d.Range, backstageProtocol):
		if npm := yarnlock.ParseRange(d.Range).Bind("npm"); npm != "" {
			return descriptor{Name: d.Name, Range: npmProtocol + "^" + npm}, true
		}
	}
	return descriptor{}, false
}

// reach adds the package of a locator to the graph and queues what it asks
// for.
func (s *solver) reach(loc locator, d descriptor) (ready bool, err error) {
	if _, ok := s.pkgs[loc]; ok {
		return true, nil
	}
	p, ready, err := s.load(loc, d)
	if err != nil || !ready {
		return false, err
	}
	if err := s.prepare(p); err != nil {
		return false, err
	}
	s.pkgs[loc] = p
	s.order = append(s.order, p)
	s.ahead.checksum(p)
	for i := range p.edges {
		s.want(p.edges[i].to, asker{p, p.edges[i].name})
	}
	return true, nil
}

// descriptorPos is where d was asked for first.
func (s *solver) descriptorPos(d descriptor) fault.Pos {
	by := s.asker[d]
	if by.pkg == nil {
		return fault.Pos{}
	}
	return s.askPos(by.pkg, by.name)
}
