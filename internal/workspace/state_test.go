package workspace

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/portalctl/portalctl/internal/repofile"
)

// A project is read from any file system: nothing of it need be on disk, and
// nothing above its repository is.
func TestFindInState(t *testing.T) {
	top := filepath.Join(t.TempDir(), "repo")
	text := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	repo := repofile.State(top, fstest.MapFS{
		"portal/package.json":                {Data: []byte(`{"name": "root", "workspaces": ["packages/*", "!packages/old"]}`)},
		"portal/packages/app/package.json":   text(`{"name": "app"}`),
		"portal/packages/old/package.json":   text(`{"name": "old"}`),
		"portal/packages/empty/README.md":    text(""),
		"portal/backstage.json":              text(`{"version": "1.2.3"}`),
		"portal/yarn.lock":                   text("# lock"),
		"portal/plugins/own/backstage.json":  text(`{"version": "1.0.0"}`),
		"portal/plugins/own/package.json":    text(`{"name": "own"}`),
		"broken/package.json":                text("{"),
		"alone/package.json":                 text(`{"name": "alone"}`),
		"portal/packages/app/src/index.ts":   text("x"),
		"portal/packages/app/node_modules/x": text("x"),
	})
	at, err := FindIn(repo, filepath.Join(top, "portal", "packages", "app"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := at.Open()
	if err != nil {
		t.Fatal(err)
	}
	if p.Root != filepath.Join(top, "portal") || p.StartedIn != "packages/app" || p.Declared() != "1.2.3" || p.Lockfile == "" || len(p.Workspaces) != 2 || p.ByName("app") == nil {
		t.Errorf("%+v", p)
	}
	if name, _ := p.Manager(); name != "" || p.Nested()["plugins/own"] == nil {
		t.Error(name, p.Nested())
	}
	if src, err := p.Read("yarn.lock", 100); err != nil || string(src) != "# lock" {
		t.Errorf("%q, %v", src, err)
	}
	if src, err := fs.ReadFile(p.Files(), "packages/app/src/index.ts"); err != nil || string(src) != "x" {
		t.Errorf("%q, %v", src, err)
	}
	for dir, want := range map[string]string{"broken": filepath.Join(top, "broken", "package.json") + ":1:2: ", "alone": "this package has no workspaces", "none": "cannot be read"} {
		if _, err := FindIn(repo, filepath.Join(top, dir)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", dir, err)
		}
	}
}
