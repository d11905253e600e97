package bump

import (
	"context"
	"strings"

	"github.com/portalctl/portalctl/internal/portal"
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
