package trust

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/yarnlock"
)

// Names as Yarn 2 to 4 give them.
func TestIsArchive(t *testing.T) {
	for name, want := range map[string]bool{
		".yarn/cache/ms-npm-2.1.3-81ff3cfac1-d924b57e73.zip":              true,
		".yarn/cache/@acme-ui-npm-1.0.0-beta.1-81ff3cfac1-d924b57e73.zip": true,
		".yarn/cache/ms-npm-2.1.3-81ff3cfac1-10c0.zip":                    true, // enableMirror: false, or no checksum
		".yarn/cache/fsevents-patch-19706e7e35-8.zip":                     true,
		".yarn/cache/typescript-patch-1a96cffe14-f79cc2ba80.zip":          true,
		"vendor/evil-https-0123456789-f79cc2ba80.zip":                     true,
		".yarn/cache/ms-npm-2.1.3-81ff3cfac1-d924b57e73.tgz":              false,
		"docs/screens-2024.zip":                                           false,
		"dist/portal-1.0.0-20240101.zip":                                  false,
	} {
		if got := IsArchive(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// An archive is what the lock has the checksum of, or it is an error: whether the
// base keeps archives does not matter for that.
func TestArchives(t *testing.T) {
	lock := func(sum string) Side {
		if sum != "" {
			sum = "  checksum: 10c0/" + sum + "\n"
		}
		l, err := yarnlock.Parse("yarn.lock", []byte("__metadata:\n  version: 8\n  cacheKey: 10c0\n\n\"ms@npm:^2.0.0\":\n  version: 2.1.3\n  resolution: \"ms@npm:2.1.3\"\n"+sum+"  languageName: node\n  linkType: hard\n"))
		if err != nil {
			t.Fatal(err)
		}
		return Side{Locks: []*yarnlock.Lock{l}, Files: tree{}}
	}
	const ms = ".yarn/cache/ms-npm-2.1.3-81ff3cfac1-d924b57e73.zip"
	kept := []string{ms}
	for name, tt := range map[string]struct {
		base, head string
		kept       []string
		archive    Archive
		want       string
	}{
		"as the lock, the base keeps some":  {"11", "aa", kept, Archive{ms, "aa"}, "warning"},
		"as the lock, the base keeps none":  {"11", "aa", nil, Archive{ms, "aa"}, "error"},
		"as the base's lock":                {"aa", "aa", nil, Archive{ms, "aa"}, ""},
		"not as the lock":                   {"aa", "aa", kept, Archive{ms, "bb"}, "error"},
		"no checksum":                       {"aa", "", kept, Archive{ms, "bb"}, "error"},
		"no checksum, at the base neither":  {"", "", kept, Archive{ms, "bb"}, "error"},
		"a pointer":                         {"11", "aa", kept, Archive{ms, ""}, "warning"},
		"a pointer, the base keeps none":    {"11", "aa", nil, Archive{ms, ""}, "error"},
		"of another version":                {"11", "aa", kept, Archive{".yarn/cache/ms-npm-1.0.0-81ff3cfac1-d924b57e73.zip", "bb"}, ""},
		"of a patch":                        {"11", "aa", kept, Archive{".yarn/cache/ms-patch-81ff3cfac1-d924b57e73.zip", "bb"}, "error"},
		"of a package whose name begins so": {"11", "aa", kept, Archive{".yarn/cache/ms-more-npm-2.1.3-81ff3cfac1-d924b57e73.zip", "bb"}, "error"},
	} {
		base := lock(tt.base)
		base.Archives = tt.kept
		got := ""
		for _, f := range check(t, Input{Head: lock(tt.head), Base: &base, Archives: []Archive{tt.archive}}).Findings {
			if f.Pos.File != "yarn.lock" {
				got += string(f.Severity)
			}
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s:\n%s", name, d)
		}
	}
}
