package yarncli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// onPath makes a PATH of fakes only.
func onPath(t *testing.T, names ...string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, name := range names {
		binary(t, filepath.Join(dir, name))
	}
	t.Setenv("PATH", dir)
	return dir
}

func TestFind(t *testing.T) {
	tests := []struct {
		name     string
		programs []string
		yarnPath string // relative to the root
		pm       string
		version  string // what --version says
		want     Yarn
		argv     string // DIR is the PATH, ROOT the project
	}{
		{"yarnPath", []string{"node", "corepack", "yarn"}, ".yarn/releases/yarn-4.13.0.cjs", "yarn@4.17.1", "9.9.9", Yarn{Version: "4.13.0", Source: fromYarnPath, Path: "ROOT/.yarn/releases/yarn-4.13.0.cjs"}, "DIR/node ROOT/.yarn/releases/yarn-4.13.0.cjs"},
		{"yarnPath without a version", []string{"node"}, ".yarn/releases/yarn-berry.cjs", "", "4.1.0", Yarn{Version: "4.1.0", Source: fromYarnPath, Path: "ROOT/.yarn/releases/yarn-berry.cjs"}, "DIR/node ROOT/.yarn/releases/yarn-berry.cjs"},
		{"yarnPath to a program", nil, "bin/yarn-1.22.19", "", "", Yarn{Version: "1.22.19", Source: fromYarnPath, Path: "ROOT/bin/yarn-1.22.19"}, "ROOT/bin/yarn-1.22.19"},
		{"corepack", []string{"corepack", "yarn"}, "", "yarn@4.17.1+sha224.953c8233f7a9", "9.9.9", Yarn{Version: "4.17.1", Source: fromCorepack, Path: "DIR/corepack"}, "DIR/corepack yarn"},
		{"corepack with a URL", []string{"corepack"}, "", "yarn@https://example.com/yarn.js", "4.2.0", Yarn{Version: "4.2.0", Source: fromCorepack, Path: "DIR/corepack"}, "DIR/corepack yarn"},
		{"PATH", []string{"corepack", "yarn"}, "", "", "1.22.22", Yarn{Version: "1.22.22", Source: fromPath, Path: "DIR/yarn"}, "DIR/yarn"},
		{"PATH of the right version", []string{"yarn"}, "", "yarn@4.17.1", "4.17.1", Yarn{Version: "4.17.1", Source: fromPath, Path: "DIR/yarn"}, "DIR/yarn"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root := t.TempDir()
			dir := onPath(t, tt.programs...)
			t.Setenv("FAKE_YARN", "ok")
			t.Setenv("FAKE_VERSION", tt.version)
			opts := Options{PackageManager: tt.pm, Settings: &yarnrc.Settings{}}
			if tt.yarnPath != "" {
				opts.Settings.YarnPath = binary(t, filepath.Join(root, tt.yarnPath))
			}
			y, err := Find(t.Context(), root, opts)
			if err != nil {
				t.Fatal(err)
			}
			expand := strings.NewReplacer("ROOT", root, "DIR", dir)
			if y.Version != tt.want.Version || y.Source != tt.want.Source || y.Path != expand.Replace(tt.want.Path) {
				t.Errorf("got %q from %s at %s", y.Version, y.Source, y.Path)
			}
			if d := cmp.Diff(strings.Fields(expand.Replace(tt.argv)), y.argv); d != "" {
				t.Error(d)
			}
		})
	}
}

// A Yarn that is written together with the lock is run from the mirror; one without a
// version in its name must be there to be asked.
func TestFindInFiles(t *testing.T) {
	root, temp := project(t), t.TempDir()
	onPath(t, "node")
	seen := fake(t, "ok")
	find := func(name string) (*Yarn, map[string][]byte, error) {
		files := map[string][]byte{".yarn/releases/" + name: []byte("// brought")}
		opts := Options{Settings: &yarnrc.Settings{YarnPath: filepath.Join(root, ".yarn", "releases", name)}, Files: files}
		y, err := Find(t.Context(), root, opts)
		return y, files, err
	}
	if _, _, err := find("yarn-stable.cjs"); err == nil || !strings.Contains(err.Error(), "cannot be used") {
		t.Errorf("without a version: %v", err)
	}
	y, files, err := find("yarn-4.13.0.cjs")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := y.UpdateLock(t.Context(), Request{Root: root, TempDir: temp, Files: files}); err != nil {
		t.Fatal(err)
	}
	if c := seen(); y.Version != "4.13.0" || c.Files[".yarn/releases/yarn-4.13.0.cjs"] != "// brought" {
		t.Errorf("version %s, run with %v", y.Version, c.Files)
	} else if c.Script != filepath.Join(c.Dir, ".yarn", "releases", "yarn-4.13.0.cjs") {
		t.Errorf("run %s, not the one in %s", c.Script, c.Dir)
	}
}

func TestFindFaults(t *testing.T) {
	tests := []struct {
		name       string
		programs   []string
		yarnPath   string
		pm         string
		version    string
		want, next string
	}{
		{"yarnPath is gone", []string{"node"}, "gone/yarn-4.0.0.cjs", "", "", "gone/yarn-4.0.0.cjs, which cannot be used", "YARN_IGNORE_PATH=1 yarn set version 4.0.0 --yarn-path"},
		{"a Yarn 1 that is gone stays Yarn 1", []string{"node"}, "gone/yarn-1.22.19.cjs", "", "", "which cannot be used", "yarn set version 1.22.19 --yarn-path"},
		{"yarnPath without a version is gone", []string{"node"}, "gone/yarn.cjs", "", "", "which cannot be used", "yarn set version stable --yarn-path"},
		{"no node", nil, ".yarn/yarn-4.0.0.cjs", "", "", "needs Node.js", "Install Node.js"},
		{"another package manager", []string{"yarn"}, "", "pnpm@9.0.0", "", "uses pnpm, not Yarn", "--lockfile skip"},
		{"no corepack, no yarn", nil, "", "yarn@4.1.0", "", "asks for yarn@4.1.0, and there is neither", "npm install --global corepack"},
		{"nothing at all", nil, "", "", "", "no Yarn was found", "packageManager"},
		{"PATH of another version", []string{"yarn"}, "", "yarn@4.1.0", "1.22.22", "asks for yarn@4.1.0, and yarn on the PATH is 1.22.22", "corepack enable"},
		{"no version", []string{"yarn"}, "", "", "what?", "Yarn could not be started: it does not tell a version", "--version"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root := t.TempDir()
			onPath(t, tt.programs...)
			t.Setenv("FAKE_YARN", "ok")
			t.Setenv("FAKE_VERSION", tt.version)
			opts := Options{PackageManager: tt.pm, Settings: &yarnrc.Settings{}}
			if tt.yarnPath != "" {
				opts.Settings.YarnPath = filepath.Join(root, tt.yarnPath)
				if !strings.HasPrefix(tt.yarnPath, "gone") {
					write(t, opts.Settings.YarnPath, "")
				}
			}
			y, err := Find(t.Context(), root, opts)
			if y != nil || err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(fault.NextOf(err), tt.next) {
				t.Errorf("got %v, %v\nnext %q", y, err, fault.NextOf(err))
			}
		})
	}
}

// The version is asked in a folder of its own: nothing of the project is
// loaded, and nothing of it is left.
func TestAskVersionElsewhere(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	dir := t.TempDir()
	script := filepath.Join(dir, "yarn")
	log := filepath.Join(dir, "log")
	write(t, script, "#!/bin/sh\npwd > '"+log+"'\ncat package.json >> '"+log+"'\necho 4.0.1\n")
	if err := os.Chmod(script, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("/bin/sh"); err != nil {
		t.Skip("needs a shell")
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	y := &Yarn{environ: os.Environ(), argv: []string{script}, Path: script}
	v, err := y.askVersion(t.Context(), "yarn@4.0.1")
	if err != nil || v != "4.0.1" {
		t.Fatalf("%q, %v", v, err)
	}
	b, err := os.ReadFile(log)
	if err != nil || !strings.Contains(string(b), scratchPrefix) || !strings.Contains(string(b), `"packageManager":"yarn@4.0.1"`) {
		t.Errorf("%s, %v", b, err)
	}
	where, _, _ := strings.Cut(string(b), "\n")
	if _, err := os.Stat(where); err == nil {
		t.Errorf("%s is left", where)
	}
}

func TestVersionInName(t *testing.T) {
	for name, want := range map[string]string{
		"/r/.yarn/releases/yarn-4.17.1.cjs":        "4.17.1",
		"yarn-1.22.19.js":                          "1.22.19",
		"yarn-4.0.0-rc.53.cjs":                     "4.0.0-rc.53",
		"yarn-3.2.0-git.20220402.hash-0b8e8ca.cjs": "3.2.0-git.20220402.hash-0b8e8ca",
		"yarn-berry.cjs":                           "",
		"yarn.js":                                  "",
		"yarn-4.cjs":                               "",
	} {
		if got := versionInName(filepath.FromSlash(name)); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
