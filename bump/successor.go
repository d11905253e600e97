package bump

import (
	"context"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/portal"
	"github.com/portalctl/portalctl/internal/published"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/spec"
)

// MayMove limits the question whether a package goes by another name now to
// Backstage's packages and plugins.
func MayMove(name string) bool {
	return strings.Contains(name, "backstage") || portal.ParseName(name).Kind != portal.NoKind
}

// Successor is the name that a package lives on under, by its last version: what
// the field backstage.moved says, which the official versions:migrate reads, or the
// text of its deprecation. "" where none is known. sure tells a move from a text that only
// names another package: that one need not have the same exports.
func Successor(name string, doc *registry.Packument) (to string, sure bool) {
	m, err := doc.Version(doc.DistTags["latest"])
	if err != nil {
		return "", false
	}
	if m.Backstage.Moved != "" {
		return m.Backstage.Moved, true
	}
	for _, other := range spec.Named(m.Deprecated) {
		if other == name || to == other {
			continue
		}
		if to != "" {
			return to, false // one of several
		}
		to = other
	}
	text := strings.ToLower(m.Deprecated)
	return to, to != "" && (strings.Contains(text, "moved") || strings.Contains(text, "renamed"))
}

// VersionFor is the version of a package that goes with a release: the release's
// own, or the newest that fits it; "" for none. Its errors are the registry's.
func VersionFor(ctx context.Context, reg Registry, name string, release map[string]string) (string, error) {
	if v := release[name]; v != "" {
		return v, nil
	}
	doc, err := reg.Packument(ctx, name)
	if err != nil {
		return "", err
	}
	return Fitting(doc, release), nil
}

// Step is the step from a package to the version of its successor: from may be nil,
// where it is not known. words say what a reader of a range should know, "" for
// nothing: "a new major".
func Step(from, to *semver.Version) (jump Jump, words string) {
	jump = jumpOf(from, to)
	switch {
	case jump == jumpUnknown:
	case to.Major() > from.Major():
		words = "a new major"
	case to.Major() < from.Major():
		words = "another major"
	case jump == jumpBreaking:
		words = "a breaking step below 1.0.0"
	}
	return jump, words
}

// ReadExports reads what the chosen version of a package that another moved to
// exports. notKnown is why that cannot be told: also where the registry lacks the
// version, since what a later one exports says nothing of it.
func ReadExports(ctx context.Context, from Facts, name, version string) (f *published.Facts, notKnown string) {
	f, err := from.Read(ctx, name, version)
	switch {
	case err != nil:
		return nil, published.Why(err, version)
	case f.Version != version:
		return nil, "the registry lacks " + version
	case f.Types == nil:
		return nil, f.NoTypes
	}
	return f, ""
}
