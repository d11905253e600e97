// Package yarnpatch reads the patches that Yarn applies to packages and applies
// them as Yarn does: the builtin compat patches of fsevents, resolve and
// typescript, which every Yarn carries within its own bundle in another state,
// and the format of the ones that users write.
//
// Mirrored from @yarnpkg/plugin-patch: tools/parse.ts (parse.go, effects.go),
// tools/apply.ts (apply.go, hunk.go), patchUtils.makePatchHash (hash.go), and
// from @yarnpkg/plugin-compat where its patches are (builtins.go).
package yarnpatch

import (
	"strconv"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/semrange"
)

// Source is the text of one patch file.
type Source struct {
	Text string
	// Optional: a patch that cannot be applied is left out with a warning.
	// All builtin ones are.
	Optional bool
}

// Patch is what sources do to one version of a package.
type Patch struct {
	// Hash is the hash parameter of the locator: 6 hex digits.
	Hash string
	// ID is for caches: the whole of what Hash is the beginning of, and which
	// sources must fit.
	ID string

	sources []effects
	strict  bool // see Strict
}

// Strict is the patch as Yarn before 4.17.1 applies it: an optional source that
// needs a file which is not there fails too.
func (p *Patch) Strict() *Patch {
	q := *p
	q.strict = true
	q.ID += "+"
	return &q
}

// effects are what a source does: all of it, or in a Patch to its version.
type effects struct {
	list     []effect
	optional bool
}

// New is the patch that sources, in their order, make of version. A version
// that is not a version of semver's matches no "semver exclusivity".
func New(sources []Source, version string) (*Patch, error) {
	parsed := make([]effects, 0, len(sources))
	for _, s := range sources {
		list, err := parse(s.Text)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, effects{list, s.Optional})
	}
	return selectFor(parsed, version), nil
}

func selectFor(sources []effects, version string) *Patch {
	v, err := semrange.ParseVersion(version)
	if err != nil {
		v = nil
	}
	p := &Patch{}
	for _, s := range sources {
		sel := effects{optional: s.optional}
		for _, e := range s.list {
			if e.concerns(v) {
				sel.list = append(sel.list, e)
			}
		}
		p.sources = append(p.sources, sel)
	}
	p.ID = hashOf(p.sources)
	p.Hash = p.ID[:6]
	for i, s := range p.sources {
		if !s.optional { // none of the builtin ones
			p.ID += "!" + strconv.Itoa(i)
		}
	}
	return p
}

// concerns reports whether the effect is for version v.
func (e *effect) concerns(v *semver.Version) bool {
	if e.exclusivity == nil {
		return true
	}
	r, err := semrange.Parse(*e.exclusivity)
	return err == nil && v != nil && r.SatisfiesPeer(v)
}

// unixLines is source.replace(/\r\n?/g, "\n").
func unixLines(s string) string {
	if !strings.Contains(s, "\r") {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}
