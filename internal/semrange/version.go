package semrange

import (
	"unicode/utf8"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/jstext"
)

// maxSafe is JavaScript's Number.MAX_SAFE_INTEGER: no part of a version may
// be greater.
const maxSafe = 1<<53 - 1

// maxLength is node-semver's MAX_LENGTH of a version, in UTF-16 units.
const maxLength = 256

// ParseVersion reads a version as new SemVer(s) of node-semver does in strict
// mode: white space around it and one leading "v" are accepted, "1", "1.2",
// "01.2.3", "=1.2.3" and numbers above 2^53-1 are not. The error is an *Error.
// Original of the result is the text without white space and "v".
func ParseVersion(s string) (*semver.Version, error) {
	if len(s) > maxLength && utf8.RuneCountInString(s) > maxLength {
		return nil, &Error{Text: s, what: "version"}
	}
	t := jstext.Trim(s)
	if t != "" && t[0] == 'v' {
		t = t[1:]
	}
	v, err := semver.StrictNewVersion(t)
	if err != nil || v.Major() > maxSafe || v.Minor() > maxSafe || v.Patch() > maxSafe {
		return nil, &Error{Text: s, what: "version"}
	}
	return v, nil
}
