package relock

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnpatch"
)

// ErrNoPatches is what a Source answers when it cannot read the patches that
// the project's Yarn carries. The hashes in the lock serve then.
var ErrNoPatches = errors.New("the patches inside the project's Yarn cannot be read")

// patched is PatchResolver.getCandidates: the locator names the source, its
// version, and a hash of the patches that apply to it.
func (s *solver) patched(ctx context.Context, d descriptor) (locator, bool, error) {
	source, _ := s.sourceOf(d)
	inner := s.got(source)
	if inner == nil {
		return locator{}, false, s.unsupported(d)
	}
	r := spec.Parse(d.Range)
	base := spec.PatchRange(descriptor{Name: inner.loc.Name, Range: inner.loc.Reference}, r.Selector())
	hash, own, err := s.patchHash(ctx, d, r, base, inner.version)
	if err != nil {
		return locator{}, false, err
	}
	ref := base + "::version=" + spec.EscapeQuery(inner.version) + "&hash=" + hash
	if parent := r.Bind("locator"); parent != "" {
		ref += "&locator=" + spec.EscapeQuery(parent)
	}
	loc := locator{Name: d.Name, Reference: ref}
	if own != nil {
		s.own[loc] = own
	}
	return loc, true, nil
}

// patchHash is the hash of the patches of d for a version, and what they do if
// they are files of the project. base is the locator's reference without
// bindings.
func (s *solver) patchHash(ctx context.Context, d descriptor, r spec.Range, base, version string) (string, *yarnpatch.Patch, error) {
	known, ok := s.lockedPatch(d.Name, base)
	if r.Selector() == builtinSelector(d.Name) {
		hash, err := s.source.PatchHash(ctx, d.Name, version, r.Selector())
		switch {
		case err == nil:
			return hash, nil, nil
		case !errors.Is(err, ErrNoPatches):
			return "", nil, fault.Wrap(err, s.descriptorPos(d), "%s", d)
		case ok:
			return known, nil, nil
		}
		return "", nil, s.unsupportedWhy(d, "builtin patch", "the patch that Yarn applies to "+d.Name+" is part of Yarn's own program, which cannot be read here")
	}
	if ok && s.in.ReadFile == nil {
		return known, nil, nil // as far as can be seen, nothing changed
	}
	p, err := s.projectPatch(d, r, version)
	switch {
	case err == nil:
		return p.Hash, p, nil
	case ok && errors.Is(err, fs.ErrNotExist):
		// The lock says what the patch was. That Yarn will not install without
		// the file is another matter, and told apart.
		s.lost[d] = strings.TrimPrefix(r.Selector(), "~/")
		return known, nil, nil
	}
	return "", nil, err
}

// projectPatch is what patches do that are files of the project: paths
// from its root (~/…) or from the workspace that asks.
func (s *solver) projectPatch(d descriptor, r spec.Range, version string) (*yarnpatch.Patch, error) {
	var sources []yarnpatch.Source
	for item := range strings.SplitSeq(r.Selector(), "&") {
		file, optional := item, false
		if i := strings.LastIndexByte(item, '!'); i >= 0 {
			file, optional = item[i+1:], slices.Contains(strings.Split(item[:i], "!"), "optional")
		}
		rel, ok := s.patchFile(file, r.Bind("locator"))
		if !ok || s.in.ReadFile == nil {
			return nil, s.unsupportedWhy(d, "patch", "the patch file "+file+" is not one of the project")
		}
		text, err := s.in.ReadFile(rel)
		if err != nil {
			return nil, fault.Wrap(err, s.descriptorPos(d), "%s, asked for by %s: the patch file cannot be read", d, s.askerName(d)).
				WithNext("Restore the patch file, or take the patch out, then run the command again.")
		}
		sources = append(sources, yarnpatch.Source{Text: string(text), Optional: optional})
	}
	p, err := yarnpatch.New(sources, version)
	if err != nil {
		return nil, s.unsupportedWhy(d, "patch", "its file is not understood: "+err.Error())
	}
	return p, nil
}

// patchFile is the path of a patch file from the root of the project.
func (s *solver) patchFile(file, parent string) (string, bool) {
	rel, ok := strings.CutPrefix(file, "~/")
	if !ok {
		loc, ok := spec.ParseLocator(parent)
		folder, own := loc.Workspace()
		if !ok || path.IsAbs(file) || isBuiltinPatch(file) || !own {
			return "", false
		}
		rel = path.Join(folder, file)
	}
	rel = path.Clean(rel)
	return rel, rel != ".." && !strings.HasPrefix(rel, "../")
}

// lockedPatch is the hash of the locked patch whose reference starts with
// base.
func (s *solver) lockedPatch(name, base string) (string, bool) {
	for _, e := range s.patchesByName[name] {
		if rest, ok := strings.CutPrefix(e.Resolution.Reference, base); ok && strings.HasPrefix(rest, "::") {
			return e.Resolution.Parsed().Bind("hash"), true
		}
	}
	return "", false
}
