package relock

import (
	"context"
	"errors"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// ErrNoPatches is what a Source answers when it cannot read the patches that
// the project's Yarn carries. The hashes in the lock serve then.
var ErrNoPatches = errors.New("the patches inside the project's Yarn cannot be read")

// patched is PatchResolver.getCandidates: the locator names the source, its
// version, and a hash of the patches that apply to it.
func (s *solver) patched(ctx context.Context, d descriptor) (locator, bool, error) {
	source, _ := s.sourceOf(d)
	loc, ok := s.resolved[source]
	if !ok {
		return locator{}, false, s.unsupported(d)
	}
	inner := s.pkgs[loc]
	r := yarnlock.ParseRange(d.Range)
	base := yarnlock.PatchRange(descriptor{Name: loc.Name, Range: loc.Reference}, r.Selector)
	hash, err := s.patchHash(ctx, d, r, base, inner.version)
	if err != nil {
		return locator{}, false, err
	}
	ref := base + "::version=" + escapeQuery(inner.version) + "&hash=" + hash
	if parent := r.Bind("locator"); parent != "" {
		ref += "&locator=" + escapeQuery(parent)
	}
	return locator{Name: d.Name, Reference: ref}, true, nil
}

// patchHash is the hash of the patches of d for a version. base is the
// locator's reference without bindings.
func (s *solver) patchHash(ctx context.Context, d descriptor, r yarnlock.Range, base, version string) (string, error) {
	known, ok := s.lockedPatch(d.Name, base)
	if r.Selector == builtinSelector(d.Name) {
		hash, err := s.source.PatchHash(ctx, d.Name, version, r.Selector)
		switch {
		case err == nil:
			return hash, nil
		case !errors.Is(err, ErrNoPatches):
			return "", fault.Wrap(err, s.descriptorPos(d), "%s", d)
		case ok:
			return known, nil
		}
		return "", s.unsupportedWhy(d, "builtin patch", "the patch that Yarn applies to "+d.Name+" is part of Yarn's own program, which cannot be read here")
	}
	// A patch of the project. Its hash is kept as long as what it patches
	// stays; the files themselves are not read.
	if ok {
		return known, nil
	}
	return "", s.unsupportedWhy(d, "patch", "a patch of the project applies to a version that the lockfile does not have yet")
}

// lockedPatch is the hash of the locked patch whose reference starts with
// base.
func (s *solver) lockedPatch(name, base string) (string, bool) {
	for _, e := range s.patchesByName[name] {
		if rest, ok := strings.CutPrefix(e.Resolution.Reference, base); ok && strings.HasPrefix(rest, "::") {
			return yarnlock.ParseRange(e.Resolution.Reference).Bind("hash"), true
		}
	}
	return "", false
}
