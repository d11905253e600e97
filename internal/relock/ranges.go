package relock

import (
	"strings"

	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

type (
	descriptor = yarnlock.Descriptor
	locator    = yarnlock.Locator
)

const (
	npmProtocol       = "npm:"
	workspaceProtocol = "workspace:"
	patchProtocol     = "patch:"
	backstageProtocol = "backstage:"
	catalogProtocol   = "catalog:"
	linkProtocol      = "link:"
	portalProtocol    = "portal:"
)

// normalize is Configuration.normalizeDependency: a semver range or a tag gets
// the default protocol, everything else stays.
func normalize(rng string) string {
	if isSemver(rng) || isTag(rng) {
		return npmProtocol + rng
	}
	return rng
}

// isSemver is semverUtils.validRange as a yes or no.
func isSemver(rng string) bool {
	if strings.IndexByte(rng, ':') >= 0 {
		return false
	}
	_, err := semrange.Parse(rng)
	return err == nil
}

// isTag is Yarn's TAG_REGEXP, /^(?!v)[a-z0-9._-]+$/i (the look-ahead ignores
// case too).
func isTag(rng string) bool {
	if rng == "" || rng[0]|0x20 == 'v' {
		return false
	}
	for i := 0; i < len(rng); i++ {
		c := rng[i]
		if !(c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '.' || c == '_' || c == '-') {
			return false
		}
	}
	return true
}

// scopeName splits @scope/name; scope is "" for unscoped packages.
func scopeName(ident string) (scope, name string) {
	if rest, ok := strings.CutPrefix(ident, "@"); ok {
		scope, name, _ = strings.Cut(rest, "/")
		return scope, name
	}
	return "", ident
}

// isRelativePath is the file plugin's FILE_REGEXP, /^(?:[a-zA-Z]:[\\/]|\.{0,2}\/)/:
// a range that is a path without a protocol.
func isRelativePath(rng string) bool {
	if strings.HasPrefix(rng, "/") || strings.HasPrefix(rng, "./") || strings.HasPrefix(rng, "../") {
		return true
	}
	return len(rng) > 2 && rng[0]|0x20 >= 'a' && rng[0]|0x20 <= 'z' && rng[1] == ':' && (rng[2] == '/' || rng[2] == '\\')
}

// escapeQuery is Node's querystring.escape.
func escapeQuery(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c|0x20 >= 'a' && c|0x20 <= 'z', c >= '0' && c <= '9', strings.IndexByte("-_.!~*'()", c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}

// npmVersion is the version of an npm: reference ("npm:1.2.3",
// "npm:1.2.3::__archiveUrl=…").
func npmVersion(ref string) (string, bool) {
	v, ok := strings.CutPrefix(ref, npmProtocol)
	if !ok {
		return "", false
	}
	v, _, _ = strings.Cut(v, "::")
	return v, true
}
