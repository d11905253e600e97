package workspace

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/repofile"
)

// The lists are what `yarn workspaces list` of Yarn 4.17.1 says for the same
// trees (without the root). Only links that lead into a ring differ: Yarn ends
// with an error or hangs there.
func TestFind(t *testing.T) {
	tests := []struct {
		name     string
		patterns string // separated by spaces
		tree     string // folders with a package.json; "a->b" is a link at a
		want     string
	}{
		{"star", "packages/*", "packages/a packages/a/deep packages/.b other/c", "packages/a"},
		{"plain folder", "x e2e", "x x/y", "x"},
		{"no package.json", "packages/*", "packages/a packages/b/", "packages/a"},
		{"leading dot slash", "./packages/*", "packages/a", "packages/a"},
		{"trailing slash", "packages/*/ x/", "packages/a x", "packages/a x"},
		{"odd slashes", "p//* ./q/./*", "p/a q/b", "p/a q/b"},
		{"the root itself", ". ./", "packages/a", ""},
		{"negation", "packages/* !packages/b", "packages/a packages/b", "packages/a"},
		{"negation first", "!packages/b packages/*", "packages/a packages/b", "packages/a"},
		{"negation only", "!packages/b", "packages/a packages/b", ""},
		{"negation with slashes", "./packages/* !./packages/b/", "packages/a packages/b", "packages/a"},
		{"negated wildcards", "p/* !p/*-old !**/c", "p/a p/b-old p/c", "p/a"},
		{"negation hides what is below", "plugins/** !plugins/a", "plugins/a plugins/a/b", ""},
		{"negated double star takes the folder too", "plugins/** !plugins/a/**", "plugins/a plugins/a/b", ""},
		{"negation in the middle", "** !**/test/**", "plugins/a plugins/a/test/fix/b", "plugins/a"},
		{"negation does not reach above the wildcard", "packages/a/* !packages/a", "packages/a packages/a/s", "packages/a/s"},
		{"negation takes dot folders", ".h/* !**/a", ".h/a .h/b", ".h/b"},
		{"double star", "**", "packages/a packages/a/node_modules/q .ci p/.x/y .yarn/z .git/w", "packages/a"},
		{"double star below a folder", "plugins/**", "plugins plugins/a plugins/a/b", "plugins/a plugins/a/b"},
		{"double star and star", "plugins/**/*", "plugins plugins/a plugins/a/b", "plugins/a plugins/a/b"},
		{"star and double star", "*/**", "plugins plugins/a plugins/a/b", "plugins plugins/a plugins/a/b"},
		{"star and double star below", "plugins/*/**", "plugins plugins/a plugins/a/b", "plugins/a plugins/a/b"},
		{"double star first", "**/x", "x plugins/x .h/x", "plugins/x x"},
		{"double star between", "a/**/x", "a/x a/b/x a/b/c/x a/.h/x", "a/b/c/x a/b/x a/x"},
		{"double star in a name", "p** q**/x", "p pa pa/b qq/x qq/y/x", "p pa qq/x"},
		{"dot folders by name", ".h/* .*/c p/.*", ".h/a .h/.b .q/c p/.z", ".h/a .q/c p/.z"},
		{"node_modules by name", "node_modules/*", "node_modules/x", "node_modules/x"},
		{"braces", "{packages,plugins}/* x{1..2} {q/w,e}", "packages/a plugins/b x1 q/w e", "e packages/a plugins/b q/w x1"},
		{"nested braces", "{p,q/{r,s}}/*", "p/a q/r/b q/s/c", "p/a q/r/b q/s/c"},
		{"as many as may be", "x{1..1000} y{1..10}{1..10}{1..10}", "x1 x1000 x1001 y999 y000", "x1 x1000 y999"},
		{"literal braces", "p/{a} p/{b,}c", "p/a p/{a} p/bc p/c", "p/bc p/c p/{a}"},
		{"classes", "z[ab] y? q/[!ab]x", "za zc y1 q/cx q/ax", "q/cx y1 za"},
		{"upper case", "Packages/*", "packages/a", ""},
		{"order", "z/* a/* a/b/*", "a/b z/z a/b-c a/b/x a/B", "a/B a/b a/b-c a/b/x z/z"},
		{"linked folder", "packages/*", "packages/a elsewhere/b packages/b->elsewhere/b", "packages/a packages/b"},
		{"linked folder by name", "packages/b", "elsewhere/b packages/b->elsewhere/b", "packages/b"},
		{"linked folder below a double star", "p/**", "ext/in/x p/a p/l->ext/in", "p/a p/l/x"},
		{"broken link", "p/*", "p/a p/l->nowhere", "p/a"},
		{"link to a file", "p/*", "p/a p/l->p/a/package.json", "p/a"},
		{"link to itself", "p/**", "p/a p/b/loop->p/b", "p/a"},
		{"link to a folder above", "p/**", "p/a p/b/loop->p p/c/loop->.", "p/a"},
		{"links in a ring", "p/**", "p/a p/a/l->q q/b q/m->p/a", "p/a p/a/l/b"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root := t.TempDir()
			makeTree(t, root, tt.tree)
			set := compileText(t, tt.patterns)
			folders, err := set.find(repofile.Of(root), root, ".")
			if err != nil {
				t.Fatal(err)
			}
			got := slices.DeleteFunc(folders, func(rel string) bool {
				return !repofile.Of(root).IsFile(filepath.Join(root, filepath.FromSlash(rel), "package.json"))
			})
			if diff := cmp.Diff(strings.Fields(tt.want), got, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
			// The test by path alone agrees, but for what only the disk knows.
			for _, rel := range strings.Fields(tt.tree) {
				if strings.Contains(rel, "->") || strings.HasSuffix(rel, "/") {
					continue
				}
				listed := strings.Contains(" "+tt.want+" ", " "+rel+" ")
				if in := set.includes(rel); in != listed {
					t.Errorf("includes(%s) = %t", rel, in)
				}
			}
		})
	}
}

func compileText(t *testing.T, patterns string) globSet {
	t.Helper()
	src, _ := json.Marshal(map[string]any{"workspaces": strings.Fields(patterns)})
	f, err := pkgjson.Parse("package.json", src)
	if err != nil {
		t.Fatal(err)
	}
	set, err := compile(f)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// makeTree makes folders with a package.json without a name; a trailing slash
// makes an empty folder, "a->b" a symbolic link at a to b (from the root).
func makeTree(t *testing.T, root, tree string) {
	t.Helper()
	for _, rel := range strings.Fields(tree) {
		if link, target, ok := strings.Cut(rel, "->"); ok {
			at := filepath.Join(root, link)
			must(t, os.MkdirAll(filepath.Dir(at), 0o755))
			if err := os.Symlink(filepath.Join(root, target), at); err != nil {
				t.Skip("no symbolic links here:", err)
			}
			continue
		}
		must(t, os.MkdirAll(filepath.Join(root, rel), 0o755))
		if !strings.HasSuffix(rel, "/") {
			must(t, os.WriteFile(filepath.Join(root, rel, "package.json"), []byte("{}"), 0o644))
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestCompileFaults(t *testing.T) {
	tests := []struct{ pattern, want string }{
		{``, `package.json:1:20: workspaces pattern "": it is empty`},
		{`!`, `package.json:1:20: workspaces pattern "!": it is empty`},
		{`!!a`, `package.json:1:20: workspaces pattern "!!a": it starts with more than one !`},
		{`p/!(a/b)`, `package.json:1:20: workspaces pattern "p/!(a/b)": a group such as @(a|b) must be closed and hold neither / nor {}: write one pattern for each`},
		{`/p/*`, `package.json:1:20: workspaces pattern "/p/*": it must be relative to the folder of this package.json`},
		{`C:/p`, `package.json:1:20: workspaces pattern "C:/p": it must be relative to the folder of this package.json`},
		{`../p`, `package.json:1:20: workspaces pattern "../p": folders outside of the project are not supported`},
		{`a/../b`, `package.json:1:20: workspaces pattern "a/../b": folders outside of the project are not supported`},
		{`a/[b`, `package.json:1:20: workspaces pattern "a/[b": "[b" is not a valid glob`},
		{`{1..9}{1..9}{1..9}{1..9}`, `package.json:1:20: workspaces pattern "{1..9}{1..9}{1..9}{1..9}": it stands for more than 1000 patterns`},
		{`p{0..1000}`, `package.json:1:20: workspaces pattern "p{0..1000}": it stands for more than 1000 patterns`},
		{`p{1..5000}`, `package.json:1:20: workspaces pattern "p{1..5000}": it stands for more than 1000 patterns`},
		{`{a,{1..40}{1..40}}`, `package.json:1:20: workspaces pattern "{a,{1..40}{1..40}}": it stands for more than 1000 patterns`},
		{strings.Repeat("{a,b}", 5000), `it stands for more than 1000 patterns`},
	}
	for _, tt := range tests {
		src, _ := json.Marshal(map[string]any{"workspaces": []string{"x", tt.pattern}})
		f, err := pkgjson.Parse("package.json", src)
		must(t, err)
		_, err = compile(f)
		if err == nil || !strings.HasSuffix(err.Error(), tt.want) {
			t.Errorf("%.60q\n got %v\nwant %s", tt.pattern, err, tt.want)
		} else if fault.NextOf(err) == "" {
			t.Errorf("%q: no next step", tt.pattern)
		}
	}
}
