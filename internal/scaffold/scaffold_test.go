package scaffold

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/testkit/npmregistry"
)

// stranger is a registry with one version of create-app that has these files.
func stranger(t *testing.T, files ...npmregistry.File) (*npmregistry.Registry, *Reader) {
	t.Helper()
	r := npmregistry.New(t)
	for i := range files {
		files[i][0] = "package/" + files[i][0]
	}
	r.PublishAs(map[string]any{"name": Package, "version": "0.9.0"}, npmregistry.Tarball(files...))
	return r, reader(t, r, t.TempDir(), false)
}

func reader(t *testing.T, r *npmregistry.Registry, cache string, offline bool) *Reader {
	t.Helper()
	c := r.Client(t, registry.Config{CacheDir: filepath.Join(cache, "registry"), Offline: offline})
	return &Reader{Registry: c, CacheDir: filepath.Join(cache, "templates")}
}

var small = []npmregistry.File{
	{"CHANGELOG.md", "# create-app\n\n## 0.9.0\n\n### Patch Changes\n\n- 1234567: Something\n"},
	{"templates/default-app/packages/app/src/App.tsx", "import { createApp } from '@backstage/frontend-defaults';\n"},
	{"templates/legacy-app/packages/app/src/App.tsx", "import {\n  createApp,\n} from '@backstage/app-defaults';\n"},
	{"templates/legacy-app/package.json.hbs", "{\n  \"name\": \"{{name}}\",\n  \"devDependencies\": {\n    \"@backstage/cli\": \"^{{ version '@backstage/cli'}}\"\n  }\n}\n"},
	{"templates/legacy-app/app.yaml.hbs", "a: \\{{ values }}\nb: {{defaultBranch}}\nc: {{version 'root'}}\n"},
	{"templates/legacy-app/plain.yaml", "a: {{ values }}\n"},
	{"templates/legacy-app/.yarn/releases/yarn-4.1.0.cjs", "#!/usr/bin/env node\n"},
}

var about = Context{Branch: "main", Release: "1.53.0", Versions: map[string]string{"@backstage/cli": "0.36.2"}}

func TestRender(t *testing.T) {
	t.Parallel()
	_, r := stranger(t, clone(small)...)
	k, err := r.Read(context.Background(), "0.9.0")
	if err != nil {
		t.Fatal(err)
	}
	if got := k.Variant(Legacy) + " " + k.Variant(New); got != "legacy-app default-app" {
		t.Errorf("variants %s", got)
	}
	if s := k.Changes(); len(s) != 1 || s[0].Version != "0.9.0" {
		t.Errorf("changes %v", s)
	}
	tree, err := k.Render("legacy-app", about)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"package.json": "{\n  \"name\": \"package.json\",\n  \"devDependencies\": {\n    \"@backstage/cli\": \"^0.36.2\"\n  }\n}\n",
		"app.yaml":     "a: {{ values }}\nb: main\nc: 1.53.0\n",
		"plain.yaml":   "a: {{ values }}\n",
	} {
		if got := string(tree.Files[name]); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if tree.Yarn != ".yarn/releases/yarn-4.1.0.cjs" || tree.Files[tree.Yarn] != nil {
		t.Errorf("Yarn at %q", tree.Yarn)
	}
	if b, err := tree.ReadYarn(); err != nil || !tree.YarnIs(b) || !strings.HasPrefix(string(b), "#!") {
		t.Errorf("Yarn %q, %v", b, err)
	}
	with := about
	with.YarnPlugin = true
	if tree, err = k.Render("legacy-app", with); err != nil || !bytes.Contains(tree.Files["package.json"], []byte(`"@backstage/cli": "backstage:^"`)) {
		t.Errorf("%s, %v", tree.Files["package.json"], err)
	}
}

func clone(list []npmregistry.File) []npmregistry.File { return append([]npmregistry.File{}, list...) }

// TestOffline reads a kit once from the registry, then from the cache alone, then from
// a cache that somebody has damaged.
func TestOffline(t *testing.T) {
	t.Parallel()
	reg, _ := stranger(t, clone(small)...)
	cache := t.TempDir()
	ctx := context.Background()
	if _, err := reader(t, reg, cache, false).Read(ctx, "0.9.0"); err != nil {
		t.Fatal(err)
	}
	k, err := reader(t, reg, cache, true).Read(ctx, "0.9.0")
	if err != nil {
		t.Fatal(err)
	}
	tree, err := k.Render("legacy-app", about)
	if err != nil || len(tree.Files) != 4 || len(k.Changes()) != 1 {
		t.Fatalf("%v, %v", tree, err)
	}
	if b, err := tree.ReadYarn(); err != nil || !tree.YarnIs(b) {
		t.Error(err)
	}
	kept, err := filepath.Glob(filepath.Join(cache, "templates", "*"))
	if err != nil || len(kept) != 2 {
		t.Fatalf("%v, %v", kept, err)
	}
	for _, file := range kept {
		if err := os.WriteFile(file, []byte("damaged"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := tree.ReadYarn(); err == nil {
		t.Error("a damaged release of Yarn is read")
	}
	if _, err := reader(t, reg, cache, true).Read(ctx, "0.9.0"); !errors.Is(err, registry.ErrOffline) {
		t.Errorf("a damaged kit: %v", err)
	}
	if _, err := reader(t, reg, cache, false).Read(ctx, "0.9.0"); err != nil {
		t.Errorf("a damaged kit is not read again: %v", err)
	}
}

// TestHostile: a tarball that would write what no template has is refused as a whole.
func TestHostile(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"templates/default-app/.git/hooks/post-checkout", "templates/default-app/.GIT/config", "templates/default-app/.git./config",
		"templates/default-app/a:b", "templates/default-app/node_modules/x/index.js", "templates/default-app/a/git~1/x",
	} {
		_, r := stranger(t, append(clone(small), npmregistry.File{name, "x"})...)
		if _, err := r.Read(context.Background(), "0.9.0"); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	_, r := stranger(t, npmregistry.File{"templates/default-app/../../../../etc/passwd", "x"}, small[1])
	k, err := r.Read(context.Background(), "0.9.0")
	if err != nil {
		t.Fatal(err)
	}
	for name := range k.files {
		if strings.Contains(name, "..") || strings.Contains(name, "passwd") {
			t.Errorf("%s is taken", name)
		}
	}
	_, r = stranger(t, npmregistry.File{"templates/default-app/large", strings.Repeat("x", 17<<20)})
	if _, err := r.Read(context.Background(), "0.9.0"); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("a large file: %v", err)
	}
	_, r = stranger(t, npmregistry.File{"README.md", "x"})
	if _, err := r.Read(context.Background(), "0.9.0"); err == nil {
		t.Error("a package without templates is taken")
	}
}

// TestUnknownPlaceholder: what the renderer does not know is an error, never a guess.
func TestUnknownPlaceholder(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"{{#if x}}", "{{{name}}}", "{{helper 'x'}}", "{{version '@backstage/none'}}"} {
		_, r := stranger(t, npmregistry.File{"templates/default-app/x.hbs", text})
		k, err := r.Read(context.Background(), "0.9.0")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.Render("default-app", about); err == nil {
			t.Errorf("%s is filled in", text)
		}
	}
}
