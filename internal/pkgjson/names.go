package pkgjson

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/spec"
)

// checkName refuses names that cannot work. Yarn's parseIdent looks at the
// slashes only; characters that break a descriptor ("name@range"), a URL or a
// path are refused here as well, since a name ends up in all three. Upper case,
// dots and the like are left to the registry: old packages have them.
func checkName(pos fault.Pos, name string) error {
	bad := ""
	switch scope, base := spec.SplitScope(name); {
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
