package pkgjson

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/portalctl/portalctl/internal/fault"
)

// checkName refuses names that cannot work. Yarn's parseIdent looks at the
// slashes only; characters that break a descriptor ("name@range"), a URL or a
// path are refused here as well, since a name ends up in all three. Upper case,
// dots and the like are left to the registry: old packages have them.
func checkName(pos fault.Pos, name string) error {
	bad := ""
	switch scope, base := splitScope(name); {
	case name == "":
		bad = "it is empty"
	case base == "" || (name[0] == '@' && scope == ""):
		bad = "it must be name or @scope/name"
	case base == "." || base == ".." || scope == "." || scope == "..":
		bad = "it would be a path"
	default:
		for _, r := range strings.TrimPrefix(name, "@") {
			if strings.ContainsRune(`@\:#?%"<>|`, r) || unicode.IsSpace(r) || unicode.IsControl(r) || r == unicode.ReplacementChar {
				bad = "it must not have the character " + strconv.QuoteRune(r)
				break
			}
		}
	}
	if bad == "" {
		return nil
	}
	return fault.At(pos, "%q is not a valid package name: %s", name, bad).WithNext("Correct the name, then run the command again.")
}

// splitScope is Yarn's parseIdent: "@scope/name" or "name". base is "" when
// ident has neither form.
func splitScope(ident string) (scope, base string) {
	if rest, ok := strings.CutPrefix(ident, "@"); ok {
		scope, base, ok = strings.Cut(rest, "/")
		if !ok || scope == "" || strings.ContainsAny(base, "/@") {
			return "", ""
		}
		return scope, base
	}
	if strings.ContainsAny(ident, "/@") {
		return "", ""
	}
	return "", ident
}

// splitDescriptor is Yarn's parseDescriptor: "name", "name@range",
// "@scope/name@range".
func splitDescriptor(s string) (name, rng string) {
	if len(s) > 1 {
		if i := strings.IndexByte(s[1:], '@'); i >= 0 {
			return s[:i+1], s[i+2:]
		}
	}
	return s, ""
}
