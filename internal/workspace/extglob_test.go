package workspace

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/repofile"
)

// What fast-glob 3.3 (onlyDirectories, as Yarn calls it) finds for extended globs
// among packages/NAME/x and plugins/NAME/x.
func TestExtendedGlobsAreFastGlobs(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{"packages", "plugins"} {
		for _, name := range strings.Fields("a b c ab ba aab .hid x-old new ab-x x-x pkg-x pkg-y pkg-z abc aabbc old older bc") {
			if err := os.MkdirAll(filepath.Join(root, dir, name, "x"), 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	for pattern, want := range map[string]string{
		"packages/!(a|b)":       "packages/.hid packages/aab packages/aabbc packages/ab packages/ab-x packages/abc packages/ba packages/bc packages/c packages/new packages/old packages/older packages/pkg-x packages/pkg-y packages/pkg-z packages/x-old packages/x-x",
		"packages/!(a)":         "packages/.hid packages/aab packages/aabbc packages/ab packages/ab-x packages/abc packages/b packages/ba packages/bc packages/c packages/new packages/old packages/older packages/pkg-x packages/pkg-y packages/pkg-z packages/x-old packages/x-x",
		"packages/!(a|b)/x":     "packages/.hid/x packages/c/x packages/new/x packages/old/x packages/older/x packages/pkg-x/x packages/pkg-y/x packages/pkg-z/x packages/x-old/x packages/x-x/x",
		"packages/@(a|b)":       "packages/a packages/b",
		"packages/+(a|b)":       "packages/a packages/aab packages/ab packages/b packages/ba",
		"packages/?(a)b":        "packages/ab packages/b",
		"packages/*(a|b)c":      "packages/aabbc packages/abc packages/bc packages/c",
		"packages/!(*-old)":     "packages/.hid packages/a packages/aab packages/aabbc packages/ab packages/ab-x packages/abc packages/b packages/ba packages/bc packages/c packages/new packages/old packages/older packages/pkg-x packages/pkg-y packages/pkg-z packages/x-x",
		"packages/!(a)b":        "packages/b",
		"packages/@(a|b)*":      "packages/a packages/aab packages/aabbc packages/ab packages/ab-x packages/abc packages/b packages/ba packages/bc",
		"packages/pkg-@(x|y)":   "packages/pkg-x packages/pkg-y",
		"packages/!(.*)":        "packages/a packages/aab packages/aabbc packages/ab packages/ab-x packages/abc packages/b packages/ba packages/bc packages/c packages/new packages/old packages/older packages/pkg-x packages/pkg-y packages/pkg-z packages/x-old packages/x-x",
		"packages/!(a*)-x":      "packages/pkg-x packages/x-x",
		"packages/@(a*|b?)":     "packages/a packages/aab packages/aabbc packages/ab packages/ab-x packages/abc packages/ba packages/bc",
		"+(packages|plugins)/*": "packages/a packages/aab packages/aabbc packages/ab packages/ab-x packages/abc packages/b packages/ba packages/bc packages/c packages/new packages/old packages/older packages/pkg-x packages/pkg-y packages/pkg-z packages/x-old packages/x-x plugins/a plugins/aab plugins/aabbc plugins/ab plugins/ab-x plugins/abc plugins/b plugins/ba plugins/bc plugins/c plugins/new plugins/old plugins/older plugins/pkg-x plugins/pkg-y plugins/pkg-z plugins/x-old plugins/x-x",
		"!(node*)/*":            "packages/a packages/aab packages/aabbc packages/ab packages/ab-x packages/abc packages/b packages/ba packages/bc packages/c packages/new packages/old packages/older packages/pkg-x packages/pkg-y packages/pkg-z packages/x-old packages/x-x plugins/a plugins/aab plugins/aabbc plugins/ab plugins/ab-x plugins/abc plugins/b plugins/ba plugins/bc plugins/c plugins/new plugins/old plugins/older plugins/pkg-x plugins/pkg-y plugins/pkg-z plugins/x-old plugins/x-x",
		"packages/!(old)*":      "packages/.hid packages/a packages/aab packages/aabbc packages/ab packages/ab-x packages/abc packages/b packages/ba packages/bc packages/c packages/new packages/pkg-x packages/pkg-y packages/pkg-z packages/x-old packages/x-x",
		"packages/*!(old)":      "packages/a packages/aab packages/aabbc packages/ab packages/ab-x packages/abc packages/b packages/ba packages/bc packages/c packages/new packages/old packages/older packages/pkg-x packages/pkg-y packages/pkg-z packages/x-old packages/x-x",
		"packages/@(!(a)|c)":    "packages/.hid packages/b packages/ba packages/bc packages/c packages/new packages/old packages/older packages/pkg-x packages/pkg-y packages/pkg-z packages/x-old packages/x-x",
	} {
		file, err := pkgjson.Parse("package.json", []byte(`{"workspaces": ["`+pattern+`"]}`))
		if err != nil {
			t.Fatal(err)
		}
		set, err := compile(file)
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
			continue
		}
		got, err := set.find(repofile.Of(root), root, ".")
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(strings.Fields(want), got); d != "" {
			t.Errorf("%s (-fast-glob +ours)\n%s", pattern, d)
		}
		for _, rel := range got {
			if !set.includes(rel) {
				t.Errorf("%s: found %s, and does not include it", pattern, rel)
			}
		}
	}
}

func TestBadGroups(t *testing.T) {
	for _, pattern := range []string{"packages/@(a", "packages/a)", "@(a|b/c)", "packages/!({a,b})"} {
		file, err := pkgjson.Parse("package.json", []byte(`{"workspaces": ["`+pattern+`"]}`))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := compile(file); err == nil && strings.Contains(pattern, "(") {
			t.Errorf("%s is taken", pattern)
		}
	}
}
