package semrange

import (
	"cmp"
	"slices"
	"unicode/utf8"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/jstext"
)

// maxLength is node-semver's MAX_LENGTH of a version, in UTF-16 units.
const maxLength = 256

// ParseVersion reads a version as new SemVer(s) of node-semver does in strict
// mode: white space around it and one leading "v" are accepted, "1", "1.2",
// "01.2.3", "=1.2.3" and numbers above 2^53-1 are not. The error is a *syntaxError.
// Original of the result is the text without white space and "v".
func ParseVersion(s string) (*semver.Version, error) {
	if len(s) > maxLength && utf8.RuneCountInString(s) > maxLength {
		return nil, &syntaxError{Text: s, what: "version"}
	}
	t := jstext.Trim(s)
	if t != "" && t[0] == 'v' {
		t = t[1:]
	}
	v, err := semver.StrictNewVersion(t)
	if err != nil || v.Major() > jstext.MaxSafe || v.Minor() > jstext.MaxSafe || v.Patch() > jstext.MaxSafe {
		return nil, &syntaxError{Text: s, what: "version"}
	}
	return v, nil
}

// Above reports whether version a is above version b; what is not a version is above
// nothing.
func Above(a, b string) bool {
	v, errA := ParseVersion(a)
	w, errB := ParseVersion(b)
	return errA == nil && errB == nil && Compare(v, w) > 0
}

// CompareText orders two versions; where one is none, both count as text.
func CompareText(a, b string) int {
	v, errA := ParseVersion(a)
	w, errB := ParseVersion(b)
	if errA != nil || errB != nil {
		return cmp.Compare(a, b)
	}
	return Compare(v, w)
}

// SortText sorts versions, each parsed once, low to high. What is none comes first, by
// its text.
func SortText(list []string) {
	if len(list) < 2 {
		return
	}
	type item struct {
		text    string
		version *semver.Version
	}
	items := make([]item, len(list))
	for i, s := range list {
		items[i].text = s
		items[i].version, _ = ParseVersion(s)
	}
	slices.SortStableFunc(items, func(a, b item) int {
		switch {
		case a.version != nil && b.version != nil:
			return Compare(a.version, b.version)
		case a.version == nil && b.version == nil:
			return cmp.Compare(a.text, b.text)
		case a.version == nil:
			return -1
		}
		return 1
	})
	for i, it := range items {
		list[i] = it.text
	}
}
