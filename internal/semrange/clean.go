package semrange

import (
	"strings"

	"github.com/portalctl/portalctl/internal/jstext"
)

// Clean is the version that a package manager makes of a text: without white
// space and "v" or "=" before it, without zeros before its numbers and without
// build metadata, as semver.clean(s, {loose: true}) of node-semver does. A
// registry has its versions by such names alone. ok is false for what is no
// version that way either.
func Clean(s string) (version string, ok bool) {
	if v, err := ParseVersion(s); err == nil && v.Metadata() == "" && v.Original() == s {
		return s, true
	}
	t := strings.TrimLeft(jstext.Trim(s), "v= \t\n\r\f\v")
	t, _, _ = strings.Cut(t, "+")
	core, pre := t, ""
	if i := strings.IndexFunc(t, func(r rune) bool { return r != '.' && (r < '0' || r > '9') }); i >= 0 {
		// Loosely, a prerelease needs no hyphen: 1.2.3beta.
		core, pre = t[:i], strings.TrimPrefix(t[i:], "-")
		if core = strings.TrimSuffix(core, "."); pre == "" || core != t[:i] {
			return "", false
		}
	}
	parts := strings.Split(core, ".")
	for i, p := range parts {
		if parts[i] = strings.TrimLeft(p, "0"); parts[i] == "" && p != "" {
			parts[i] = "0"
		}
	}
	t = strings.Join(parts, ".")
	if pre != "" {
		ids := strings.Split(pre, ".")
		for i, id := range ids {
			if n := strings.TrimLeft(id, "0"); n != id && strings.Trim(id, "0123456789") == "" {
				if ids[i] = n; n == "" {
					ids[i] = "0"
				}
			}
		}
		t += "-" + strings.Join(ids, ".")
	}
	v, err := ParseVersion(t)
	if err != nil {
		return "", false
	}
	return v.Original(), true
}
