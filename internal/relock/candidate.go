package relock

import (
	"context"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// candidate finds the locator of a descriptor by asking Yarn's resolvers in
// their order: the lockfile, workspaces, then by protocol.
func (s *solver) candidate(ctx context.Context, d descriptor) (loc locator, ready bool, err error) {
	if s.policy.Covers(realName(d)) {
		if ask, ok := s.askOf(d); ok {
			return s.choose(d, ask)
		}
	}
	if loc, ok := s.lockedLocator(d); ok {
		return loc, true, nil
	}
	if w := s.workspaceFor(d); w != nil {
		return w.locator(), true, nil
	}
	if ask, ok := s.askOf(d); ok {
		return s.choose(d, ask)
	}
	switch d.Protocol() {
	case spec.NPM:
		return s.fromNpm(ctx, d)
	case spec.Patch:
		return s.patched(ctx, d)
	case spec.Link, spec.Portal:
		return locator{Name: d.Name, Reference: d.Range}, true, nil
	case spec.Workspace:
		return locator{}, false, fault.At(s.descriptorPos(d), "%s: no workspace of the project matches", d).
			WithNext("Name a workspace of the project, or a range that its version satisfies, then run the command again.")
	}
	return locator{}, false, s.unsupported(d)
}

// lockedLocator is LockfileResolver: a descriptor of the lock keeps its
// package, and one that is itself a locked locator (an exact version) means
// that package.
func (s *solver) lockedLocator(d descriptor) (locator, bool) {
	e := s.lockedEntry(d)
	if e == nil {
		return locator{}, false
	}
	return e.Resolution, true
}

func (s *solver) lockedEntry(d descriptor) *yarnlock.Entry {
	if e := s.locked(d); e != nil {
		return e
	}
	return s.located(locator{Name: d.Name, Reference: d.Range})
}

// workspaceFor is Project.tryWorkspaceByDescriptor.
func (s *solver) workspaceFor(d descriptor) *workspaceNode {
	if sel, ok := spec.Workspace.Cut(d.Range); ok && sel != "^" && sel != "~" && sel != "*" && !spec.IsRange(sel) {
		if w := s.byRel[cleanPath(sel)]; w != nil {
			return w
		}
		// Yarn stops here, whatever the name says.
		return nil
	}
	w := s.byIdent[d.Name]
	if w == nil || !workspaceAccepts(d.Range, w.rel, w.version, s.cfg.transparent) {
		return nil
	}
	return w
}

// fromNpm answers aliases and tags; ranges are the policy's.
func (s *solver) fromNpm(ctx context.Context, d descriptor) (locator, bool, error) {
	if alias, ok := d.Alias(); ok {
		alias.Range = spec.Normalize(alias.Range)
		return s.candidate(ctx, alias)
	}
	sel := spec.Bare(d.Range)
	if !spec.IsTag(sel) {
		return locator{}, false, s.unsupported(d)
	}
	p, ok := s.packument(d.Name)
	if !ok {
		return locator{}, false, nil
	}
	if p.err != nil {
		return locator{}, false, s.registryError(d, p.err)
	}
	version, err := s.tagged(p, sel)
	if err != nil {
		return locator{}, false, fault.Wrap(err, s.descriptorPos(d), "%s", d).
			WithNext("Ask for a version or tag that the registry has, then run the command again.")
	}
	loc, err := s.npmLocator(p, version)
	return loc, err == nil, err
}

// realName is the package that a descriptor is about: behind an alias, the
// real one.
func realName(d descriptor) string {
	if alias, ok := d.Alias(); ok {
		return alias.Name
	}
	return d.Name
}

// askOf is readAsk, once for each descriptor of the graph.
func (s *solver) askOf(d descriptor) (askedRange, bool) {
	w := s.wanted[d]
	if w == nil {
		return readAsk(d)
	}
	if w.ask == nil {
		ask, _ := readAsk(d)
		w.ask = &ask
	}
	return *w.ask, w.ask.Range.Valid()
}

// readAsk reads a descriptor that stands for a semver range of a registry
// package: "npm:^1", an alias of one, or a bound "backstage:^".
func readAsk(d descriptor) (askedRange, bool) {
	name, rng := d.Name, ""
	switch d.Protocol() {
	case spec.NPM:
		rng = spec.Bare(d.Range)
		if alias, ok := d.Alias(); ok {
			name, rng = alias.Name, spec.Bare(alias.Range)
		}
	case spec.Backstage:
		npm := spec.Parse(d.Range).Bind("npm")
		if npm == "" {
			return askedRange{}, false
		}
		rng = "^" + npm
	default:
		return askedRange{}, false
	}
	if strings.IndexByte(rng, ':') >= 0 {
		return askedRange{}, false
	}
	r, err := semrange.Parse(rng)
	if err != nil {
		return askedRange{}, false
	}
	return askedRange{Name: name, Range: r, Descriptor: d, text: rng}, true
}

// choose lets the policy decide a descriptor. What the policy does not cover
// comes here only if the lock has no answer.
func (s *solver) choose(d descriptor, ask askedRange) (locator, bool, error) {
	if ask.Name == d.Name {
		// Not for aliases: a workspace is never looked up by the name behind.
		if w := s.workspaceFor(d); w != nil && s.locked(d) == nil {
			return w.locator(), true, nil
		}
	} else if !s.policy.Covers(ask.Name) && d.Is(spec.NPM) {
		// The remap resolver asks all resolvers for the range behind the alias.
		inner := descriptor{Name: ask.Name, Range: spec.NPM.Of(ask.text)}
		if loc, ok := s.lockedLocator(inner); ok {
			return loc, true, nil
		}
		if w := s.workspaceFor(inner); w != nil {
			return w.locator(), true, nil
		}
	}
	choice, ok := s.pins[d]
	if !ok {
		s.complete(&ask)
		list, err := s.policy.Choose(request{Name: ask.Name, Asks: []askedRange{ask}}, s.candidatesOf(ask.Name))
		if err == errNeedPackument {
			return locator{}, false, nil
		}
		if err != nil {
			return locator{}, false, s.registryError(d, err)
		}
		choice = list[0]
	}
	loc, ready, err := s.locatorOf(ask.Name, choice.Version)
	if err != nil {
		return locator{}, false, s.registryError(d, err)
	}
	if ready {
		s.choices[d] = choice
	}
	return loc, ready, nil
}

// locatorOf is the locator of a version: the locked one if the lock has it
// (which may name an unusual tarball), else as the registry says.
func (s *solver) locatorOf(name, version string) (locator, bool, error) {
	if loc, ok := s.lockedVersion(name, version); ok {
		return loc, true, nil
	}
	p, ok := s.packument(name)
	if !ok {
		return locator{}, false, nil
	}
	if p.err != nil {
		return locator{}, false, p.err
	}
	loc, err := s.npmLocator(p, version)
	return loc, err == nil, err
}

// lockedVersion finds npm:version of name in the lock.
func (s *solver) lockedVersion(name, version string) (locator, bool) {
	loc := locator{Name: name, Reference: spec.NPM.Of(version)}
	if s.located(loc) != nil {
		return loc, true
	}
	for _, e := range s.npmByName()[name] {
		if v, ok := e.Resolution.Version(); ok && v == version {
			return e.Resolution, true
		}
	}
	return locator{}, false
}
