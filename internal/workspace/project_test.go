package workspace

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/portalctl/portalctl/internal/fault"
)

// tree writes the files of a txtar text into a new folder, and returns it
// without symbolic links (macOS has one in its temporary folder).
func tree(t testing.TB, text string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range txtar.Parse([]byte(text)).Files {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func rels(p *Project) []string {
	var out []string
	for _, w := range p.Workspaces {
		out = append(out, w.Rel+" "+w.File.Name)
	}
	return out
}

const monorepo = `
-- package.json --
{"name": "root", "workspaces": {"packages": ["packages/*", "plugins/**", "!plugins/old"]}}
-- yarn.lock --
-- backstage.json --
{ "version": "1.53.0" }
-- lerna.json --
{"version": "1.0.0", "packages": ["packages/*"]}
-- packages/app/package.json --
{"name": "app"}
-- packages/app/src/index.ts --
-- packages/app/node_modules/dep/package.json --
{"name": "dep"}
-- packages/b/package.json --
{"name": "b", "workspaces": ["sub/*"]}
-- packages/b/sub/x/package.json --
{"name": "@s/x"}
-- packages/a/README.md --
no package here
-- plugins/p/package.json --
{}
-- plugins/old/package.json --
{"name": "old"}
-- own/package.json --
{"name": "own"}
-- own/yarn.lock --
-- own/src/main.ts --
-- stranger/package.json --
{"name": "stranger"}
`

func TestOpen(t *testing.T) {
	root := tree(t, monorepo)
	p, err := Open(root)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{". root", "packages/app app", "packages/b b", "packages/b/sub/x @s/x", "plugins/p "}
	if diff := cmp.Diff(want, rels(p)); diff != "" {
		t.Error(diff)
	}
	if p.Root != root || p.StartedIn != "" || p.RootWorkspace().Rel != "." {
		t.Errorf("root %s, started in %q", p.Root, p.StartedIn)
	}
	if p.Lockfile != filepath.Join(root, "yarn.lock") || p.Lerna != nil || p.Backstage.Version != "1.53.0" {
		t.Errorf("lock %q, lerna %v, backstage %v", p.Lockfile, p.Lerna, p.Backstage)
	}
	if w := p.ByName("@s/x"); w == nil || w != p.ByRel("packages/b/sub/x/") || w.Path() != filepath.Join(root, "packages", "b", "sub", "x", "package.json") {
		t.Errorf("ByName and ByRel: %v", w)
	}
	if p.ByName("old") != nil || p.ByName("") != nil || p.ByRel("own") != nil {
		t.Error("a folder that is no workspace is found")
	}
	if name := p.ByRel("plugins/p").Name(); name != "plugins/p" {
		t.Errorf("a workspace without a name is called %q", name)
	}
	if file := p.ByName("app").File.NamePos.String(); file != "packages/app/package.json:1:10" {
		t.Errorf("position %s", file)
	}
}

func TestFindRoot(t *testing.T) {
	root := tree(t, monorepo)
	at := func(rel string) string { return filepath.Join(root, filepath.FromSlash(rel)) }
	tests := []struct{ dir, root, start string }{
		{".", ".", ""},
		{"packages/app", ".", "packages/app"},
		{"packages/app/src", ".", "packages/app/src"},
		{"packages/a", ".", "packages/a"}, // no package.json: part of the root
		{"packages/b", ".", "packages/b"}, // a root itself, but without a lock
		{"packages/b/sub/x", ".", "packages/b/sub/x"},
		{"own", "own", ""},
		{"own/src", "own", "src"},
	}
	for _, tt := range tests {
		p, err := Open(at(tt.dir))
		if err != nil {
			t.Errorf("%s: %v", tt.dir, err)
			continue
		}
		if p.Root != at(tt.root) || p.StartedIn != tt.start {
			t.Errorf("%s: root %s, started in %q", tt.dir, p.Root, p.StartedIn)
		}
		if got, err := FindRoot(at(tt.dir)); got != p.Root || err != nil {
			t.Errorf("FindRoot(%s) = %s, %v", tt.dir, got, err)
		}
	}

	// A lock makes the nested monorepo a project of its own, a stray one in a
	// plain member does not.
	for _, rel := range []string{"packages/b/yarn.lock", "packages/app/yarn.lock"} {
		must(t, os.WriteFile(at(rel), nil, 0o644))
	}
	for dir, want := range map[string]string{"packages/b": "packages/b", "packages/b/sub/x": "packages/b", "packages/app": "."} {
		if got, err := FindRoot(at(dir)); got != at(want) || err != nil {
			t.Errorf("with locks: FindRoot(%s) = %s, %v", dir, got, err)
		}
	}
}

func TestFindRootThroughLink(t *testing.T) {
	root := tree(t, monorepo)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(filepath.Join(root, "packages", "app"), link); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	p, err := Open(link)
	if err != nil || p.Root != root || p.StartedIn != "packages/app" {
		t.Errorf("%v, %v", p, err)
	}
}

func TestFindRootRelative(t *testing.T) {
	root := tree(t, monorepo)
	t.Chdir(filepath.Join(root, "packages"))
	p, err := Open("app")
	if err != nil || p.Root != root || p.StartedIn != "packages/app" {
		t.Errorf("%v, %v", p, err)
	}
}

func TestSinglePackage(t *testing.T) {
	for _, beside := range []string{"yarn.lock", "backstage.json"} {
		root := tree(t, "-- package.json --\n{\"name\": \"one\"}\n-- "+beside+" --\n{}\n")
		p, err := Open(root)
		if err != nil || len(p.Workspaces) != 1 || p.Workspaces[0].File.Name != "one" {
			t.Errorf("with %s: %v", beside, err)
		}
	}
}

func TestOpenFaults(t *testing.T) {
	tests := []struct{ name, tree, dir, want string }{
		{"no package.json", "-- README.md --\n", ".", "ROOT: there is no package.json here, nor in any folder above"},
		{"no such folder", "-- README.md --\n", "nope", "ROOT/nope: cannot be read: no such file or directory"},
		{"a file", "-- README.md --\n", "README.md", "ROOT/README.md: not a folder"},
		{"a lone package", "-- package.json --\n{}", ".", "ROOT/package.json: this package has no workspaces, and no folder above is a monorepo that includes it"},
		{"a stranger", monorepo, "stranger", "ROOT/stranger/package.json: this package is not among the workspaces of the monorepo in ROOT"},
		{"a dependency", monorepo, "packages/app/node_modules/dep", "ROOT/packages/app/node_modules/dep/package.json: this package is not among the workspaces of the monorepo in ROOT"},
		{"a negated package", monorepo, "plugins/old", "ROOT/plugins/old/package.json: this package is not among the workspaces of the monorepo in ROOT"},
		{"broken root", "-- package.json --\n{", ".", "ROOT/package.json:2:1: the file ends in the middle of a value"},
		{"broken root above", "-- package.json --\n{\n<<<<<<< HEAD\n-- a/package.json --\n{}", "a", "ROOT/package.json:2:1: merge conflict markers, lines 2 to the end"},
		{"bad pattern", "-- package.json --\n{\"workspaces\": [\"+(a/b)\"]}", ".", `package.json:1:17: workspaces pattern "+(a/b)": a group such as @(a|b) must be closed and hold neither / nor {}: write one pattern for each`},
		{
			"the first of several bad ones", "-- package.json --\n{\"workspaces\": [\"p/*\"]}\n-- p/c/package.json --\n[\n-- p/b/package.json --\n{\"dependencies\": []}\n-- p/d/package.json --\n", ".",
			"p/b/package.json:1:18: dependencies is an array, but must be an object",
		},
		{
			"two of one name", "-- package.json --\n{\"workspaces\": [\"*\"]}\n-- b/package.json --\n{\"name\": \"x\"}\n-- a/package.json --\n{\n\"name\": \"x\"}\n", ".",
			"b/package.json:1:10: two workspaces are named x: the other one is a/package.json:2:9",
		},
		{"backstage.json", "-- package.json --\n{}\n-- backstage.json --\n{\"version\": 1}", ".", "backstage.json:1:13: version is a number, but must be a string"},
		{"backstage.json list", "-- package.json --\n{}\n-- backstage.json --\n[]", ".", "backstage.json:1:1: backstage.json is an array, but must be an object"},
		{"backstage.json comment", "-- package.json --\n{}\n-- backstage.json --\n// x\n{}", ".", "backstage.json:1:1: JSON has no comments"},
		{"folder as package.json", "-- package.json --\n{\"workspaces\": [\"a\"]}\n-- a/package.json/x --\n", ".", "a/package.json: not a regular file"},
		{"pinning lerna.json", "-- package.json --\n{\"workspaces\": []}\n-- lerna.json --\n{\"a\": \"@backstage/cli\",}", ".", "lerna.json:1:23: JSON has no trailing commas"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root := tree(t, tt.tree)
			p, err := Open(filepath.Join(root, filepath.FromSlash(tt.dir)))
			if strings.HasPrefix(tt.name, "backstage.json") {
				if err != nil || p.Backstage != nil || p.Declared() != "" {
					t.Fatalf("a damaged backstage.json is no reason to stop: %v, %v", p, err)
				}
				err = p.BackstageErr
			}
			if err == nil {
				t.Fatal("no error")
			}
			got := filepath.ToSlash(strings.ReplaceAll(err.Error(), root, "ROOT"))
			if runtime.GOOS == "windows" && strings.Contains(tt.want, "no such file") {
				got = tt.want // the system says it in other words
			}
			if got != tt.want {
				t.Errorf("error\n got %s\nwant %s", got, tt.want)
			}
			if fault.NextOf(err) == "" {
				t.Error("no next step")
			}
		})
	}
}

func TestLinkedAndReadOnlyManifest(t *testing.T) {
	root := tree(t, "-- package.json --\n{\"workspaces\": [\"p/*\"]}\n-- p/a/package.json --\n{\"name\": \"a\"}\n-- real.json --\n{\"name\": \"b\"}\n-- p/b/x --\n")
	must(t, os.Chmod(filepath.Join(root, "p", "a", "package.json"), 0o444))
	if err := os.Symlink(filepath.Join(root, "real.json"), filepath.Join(root, "p", "b", "package.json")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	p, err := Open(root)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{". ", "p/a a", "p/b b"}, rels(p)); diff != "" {
		t.Error(diff)
	}
}

func TestSetVersion(t *testing.T) {
	tests := []struct{ in, want string }{
		{"{\r\n    \"version\": \"1.0.0\" , \"x\": 1}", "{\r\n    \"version\": \"2.0.0\" , \"x\": 1}"},
		{"{\n  \"x\": 1\n}\n", "{\n  \"x\": 1,\n  \"version\": \"2.0.0\"\n}\n"},
	}
	for _, tt := range tests {
		root := tree(t, "-- package.json --\n{}\n")
		must(t, os.WriteFile(filepath.Join(root, "backstage.json"), []byte(tt.in), 0o644))
		p, err := Open(root)
		must(t, err)
		must(t, p.Backstage.SetVersion("2.0.0"))
		if got := string(p.Backstage.Doc.Bytes()); got != tt.want || p.Backstage.Version != "2.0.0" || p.Backstage.VersionPos.Line < 2 {
			t.Errorf("%q at %s, want %q", got, p.Backstage.VersionPos, tt.want)
		}
	}
}
