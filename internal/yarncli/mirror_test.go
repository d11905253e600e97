package yarncli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// look runs the fake Yarn and returns what it saw: files by path relative to
// the mirror of root.
func look(t *testing.T, root, version string, req Request) call {
	t.Helper()
	temp := t.TempDir()
	seen := fake(t, "ok")
	untouched(t, filepath.Dir(filepath.Dir(root)), temp)
	req.Root, req.TempDir = root, temp
	if _, err := yarn(t, version).UpdateLock(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	return seen()
}

func wantFiles(t *testing.T, c call, want map[string]string) {
	t.Helper()
	got := map[string]string{}
	for name := range want {
		got[name] = c.Files[name]
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func symlink(t *testing.T, to, at string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(to, at); err != nil {
		t.Skipf("no symlinks here: %v", err)
	}
}

// Yarn may rewrite any package.json, the lockfile and the settings: no symlink
// of the project may lead it to the originals.
func TestSymlinksInTheProject(t *testing.T) {
	root := project(t)
	out := filepath.Join(filepath.Dir(root), "other")
	write(t, filepath.Join(out, "package.json"), `{"name":"other"}`)
	write(t, filepath.Join(out, "index.js"), "code")
	write(t, filepath.Join(root, "real.lock"), berryHead)
	if err := os.Remove(filepath.Join(root, "yarn.lock")); err != nil {
		t.Fatal(err)
	}
	symlink(t, "real.lock", filepath.Join(root, "yarn.lock"))
	symlink(t, "../../other", filepath.Join(root, "packages/other"))
	symlink(t, "app", filepath.Join(root, "packages/alias"))
	symlink(t, "../app/package.json", filepath.Join(root, "packages/c/package.json"))
	symlink(t, "../node_modules/a", filepath.Join(root, "packages/dep"))
	symlink(t, "../docs", filepath.Join(root, "packages/docs"))
	symlink(t, "nowhere", filepath.Join(root, "packages/dangling"))
	c := look(t, root, "4.17.1", Request{})
	wantFiles(t, c, map[string]string{
		"yarn.lock":                   berryHead,
		"real.lock":                   "-> " + filepath.Join(root, "real.lock"),
		"packages/other/package.json": `{"name":"other"}`,
		"packages/other/index.js":     "-> " + filepath.Join(out, "index.js"),
		"packages/alias":              "-> app",
		"packages/c/package.json":     `{"name":"app"}`,
		"packages/dep/package.json":   "{}",
		"packages/docs":               "-> ../docs",
		"packages/dangling":           "",
	})
}

// An edit below a symlink that leads out of the project must never be written
// there.
func TestEditBehindSymlink(t *testing.T) {
	root := project(t)
	out := filepath.Join(filepath.Dir(root), "other")
	write(t, filepath.Join(out, "a/b.txt"), "original")
	write(t, filepath.Join(out, "b.txt"), "original")
	symlink(t, out, filepath.Join(root, "linked"))
	c := look(t, root, "4.17.1", Request{Files: map[string][]byte{"linked/b.txt": []byte("edited")}})
	wantFiles(t, c, map[string]string{"linked/b.txt": "edited"})

	temp := t.TempDir()
	untouched(t, filepath.Dir(root), temp)
	_, err := yarn(t, "4.17.1").UpdateLock(t.Context(), Request{Root: root, TempDir: temp, Files: map[string][]byte{"linked/a/b.txt": []byte("edited")}})
	if err == nil || !strings.Contains(err.Error(), "behind a symlink") {
		t.Errorf("got %v", err)
	}
}

// Yarn packs what file: names, with links as links: it must find real files.
// Other local dependencies must lead to the right place, outside the project
// too, and those of the packages that they lead to as well.
func TestLocalDependencies(t *testing.T) {
	root := project(t)
	base := filepath.Dir(root)
	write(t, filepath.Join(root, "local/a/package.json"), `{"dependencies":{"x":"file:../b"}}`)
	write(t, filepath.Join(root, "local/a/lib/x.js"), "a")
	write(t, filepath.Join(root, "local/b/package.json"), `{}`)
	write(t, filepath.Join(root, "local/b/lib/x.js"), "b")
	write(t, filepath.Join(root, "local/c/package.json"), `{}`)
	write(t, filepath.Join(root, "local/c/lib/x.js"), "c")
	write(t, filepath.Join(root, "local/x.tgz"), "tgz")
	write(t, filepath.Join(base, "packed/package.json"), `{}`)
	write(t, filepath.Join(base, "packed/lib/x.js"), "packed")
	write(t, filepath.Join(filepath.Dir(base), "far/portal/package.json"), `{}`)
	write(t, filepath.Join(root, "fixtures/package.json"), `{"dependencies":{"x":"file:../local/c"}}`)
	app := `{"dependencies":{"a":"portal:../../local/a","p":"file:../../../packed","t":"file:../../local/x.tgz","far":"link:../../../../far/portal","self":"file:../..","no":"file:./no"}}`
	req := Request{Files: map[string][]byte{"packages/app/package.json": []byte(app)}, Workspaces: []string{".", "packages/app"}}
	temp := t.TempDir()
	seen := fake(t, "ok")
	untouched(t, filepath.Dir(base), temp)
	req.Root, req.TempDir = root, temp
	if _, err := yarn(t, "4.17.1").UpdateLock(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	c := seen()
	wantFiles(t, c, map[string]string{
		"local/a/package.json": `{"dependencies":{"x":"file:../b"}}`,
		"local/a/lib":          "-> " + filepath.Join(root, "local/a/lib"),
		"local/b/lib/x.js":     "b",
		"local/c/lib":          "-> " + filepath.Join(root, "local/c/lib"),
		"local/x.tgz":          "-> " + filepath.Join(root, "local/x.tgz"),
	})
	// The same relative paths lead out of the mirror as out of the project.
	m := &mirror{src: root, scratch: resolved(t.TempDir()), files: req.Files, rcName: ".yarnrc.yml"}
	if err := m.build(t.Context(), req.Workspaces); err != nil {
		t.Fatal(err)
	}
	for rel, want := range map[string]string{"../packed/lib/x.js": "packed", "../../far/portal/package.json": "{}"} {
		b, err := os.ReadFile(filepath.Join(m.root(), rel))
		if err != nil || string(b) != want {
			t.Errorf("%s: %q, %v", rel, b, err)
		}
	}
	if info, err := os.Lstat(filepath.Join(m.root(), "../packed/lib")); err != nil || !info.IsDir() {
		t.Errorf("a file: dependency outside the project is not copied: %v, %v", info, err)
	}
	if info, err := os.Lstat(filepath.Join(m.root(), "../../far/portal")); err != nil || info.IsDir() {
		t.Errorf("a link: dependency outside the project is copied: %v, %v", info, err)
	}
}

// Settings of the folders above the project hold, with what they name beside
// them; those of the home folder are not repeated, Yarn reads them by itself.
func TestSettingsAboveTheProject(t *testing.T) {
	root := project(t)
	base := filepath.Dir(root)
	write(t, filepath.Join(base, ".yarnrc.yml"), "caFilePath: ./ca.pem\n")
	write(t, filepath.Join(base, "ca.pem"), "ca")
	write(t, filepath.Join(base, "package.json"), "{}")
	home := filepath.Dir(base)
	write(t, filepath.Join(home, ".yarnrc.yml"), "home: true\n")
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	m := &mirror{src: root, scratch: resolved(t.TempDir()), rcName: ".yarnrc.yml"}
	if err := m.build(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	for rel, want := range map[string]string{"../.yarnrc.yml": "caFilePath: ./ca.pem\n", "../ca.pem": "ca", "../package.json": "", "../../.yarnrc.yml": ""} {
		b, _ := os.ReadFile(filepath.Join(m.root(), rel))
		if string(b) != want {
			t.Errorf("%s: %q, want %q", rel, b, want)
		}
	}
}

// Caches in the project: visible, but what Yarn adds stays in the mirror.
func TestCaches(t *testing.T) {
	root := project(t)
	write(t, filepath.Join(root, "cache/one/a.zip"), "zip")
	write(t, filepath.Join(root, "mirror/x.tgz"), "tgz")
	if err := os.Mkdir(filepath.Join(root, "empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	m := &mirror{src: root, scratch: resolved(t.TempDir()), rcName: ".yarnrc.yml", caches: []string{filepath.Join(root, "empty"), filepath.Join(root, "new/cache"), "/elsewhere"}}
	if err := m.build(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"cache/one", "mirror", "empty", "new/cache", ".yarn/cache"} {
		info, err := os.Lstat(filepath.Join(m.root(), dir))
		if os.IsNotExist(err) && dir == "new/cache" {
			continue // Yarn makes it, in the mirror
		}
		if err != nil || !info.IsDir() {
			t.Errorf("%s is no folder of the mirror's: %v, %v", dir, info, err)
		}
	}
	if b, err := os.ReadFile(filepath.Join(m.root(), "mirror/x.tgz")); string(b) != "tgz" {
		t.Errorf("%q, %v", b, err)
	}
}

// Yarn 1 prepends what .yarnrc gives for its command line.
func TestClassicRC(t *testing.T) {
	root := project(t)
	write(t, filepath.Join(root, "yarn.lock"), "# yarn lockfile v1\n")
	write(t, filepath.Join(root, ".yarnrc"), "registry \"https://r.example.com\"\n--install.frozen-lockfile true\n\"--pure-lockfile\" true\n--*.modules-folder /x\n--install.ignore-optional true\n")
	write(t, filepath.Join(root, "package.json"), `{"name":"root"}`)
	c := look(t, root, "1.22.22", Request{})
	want := "registry \"https://r.example.com\"\n--install.ignore-optional true\n"
	wantFiles(t, c, map[string]string{".yarnrc": want})
}

func TestScratchBase(t *testing.T) {
	open := t.TempDir()
	if err := os.Chmod(open, 0o777); err != nil {
		t.Fatal(err)
	}
	if private(open) {
		t.Skip("no permission bits here")
	}
	cache := t.TempDir()
	t.Setenv("TMPDIR", open)
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("HOME", cache)
	if got := scratchBase("", ""); got == open && private(cache) {
		t.Errorf("%s is open to everybody", got)
	}
	own := filepath.Join(t.TempDir(), "own")
	if got := scratchBase(own, ""); private(own) && got != own {
		t.Errorf("%s, though the cache is %s", got, own)
	}
	if got := scratchBase(open, ""); got == open && private(cache) {
		t.Errorf("%s is open to everybody", got)
	}
	// The project itself is not the place for it.
	if got := scratchBase("", cache); strings.HasPrefix(got, cache) {
		t.Errorf("%s is inside the project", got)
	}
}

// What a killed portalctl left is removed after a day.
func TestOldScratchIsRemoved(t *testing.T) {
	base := t.TempDir()
	for name, age := range map[string]time.Duration{scratchPrefix + "old": 25 * time.Hour, scratchPrefix + "new": time.Hour, "other": 25 * time.Hour} {
		dir := filepath.Join(base, name)
		write(t, filepath.Join(dir, "f"), "")
		at := time.Now().Add(-age)
		if err := os.Chtimes(dir, at, at); err != nil {
			t.Fatal(err)
		}
	}
	dir, err := newScratch(base, "", "")
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("%v, %v: others may enter", info.Mode(), err)
	}
	var left []string
	entries, _ := os.ReadDir(base)
	for _, e := range entries {
		if e.Name() != filepath.Base(dir) {
			left = append(left, e.Name())
		}
	}
	if d := cmp.Diff([]string{"other", scratchPrefix + "new"}, left); d != "" {
		t.Error(d)
	}
}
