package yarncli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestMain: the test binary is also the fake Yarn, and the fake node that runs
// one.
func TestMain(m *testing.M) {
	if mode := os.Getenv("FAKE_YARN"); mode != "" {
		os.Exit(fakeYarn(mode))
	}
	os.Exit(m.Run())
}

// call is what a fake Yarn was run with.
type call struct {
	Args []string
	// Script is what node was to run.
	Script string
	Env    map[string]string
	Dir    string
	PID    int
	Files  map[string]string // content by path, "-> target" for links
}

// fakeYarn does what a Yarn might do, and more: it writes all over the project
// that it was started in.
func fakeYarn(mode string) int {
	args := os.Args[1:]
	if mode == "portalctl" { // the one that is to be killed
		if err := os.Setenv("FAKE_YARN", "hang"); err != nil {
			return 97
		}
		y := &Yarn{Version: "4.17.1", argv: []string{os.Getenv("FAKE_PATH")}, environ: os.Environ()}
		_, _ = y.UpdateLock(context.Background(), Request{Root: os.Getenv("FAKE_ROOT"), TempDir: os.Getenv("FAKE_TEMP")})
		return 97
	}
	script := ""
	if len(args) > 0 && isScript(args[0]) {
		script, args = args[0], args[1:] // we are node
	}
	if len(args) > 0 && args[0] == "yarn" {
		args = args[1:] // we are corepack
	}
	if len(args) == 1 && args[0] == "--version" {
		fmt.Println(os.Getenv("FAKE_VERSION"))
		return 0
	}
	must := func(err error) {
		if err != nil {
			fmt.Println("fake yarn:", err)
			os.Exit(99)
		}
	}
	dir, err := os.Getwd()
	must(err)
	if mode == "hang-child" {
		time.Sleep(time.Hour)
	}
	c := call{PID: os.Getpid(), Args: args, Script: script, Env: map[string]string{}, Dir: dir, Files: map[string]string{}}
	for _, kv := range os.Environ() {
		name, value, _ := strings.Cut(kv, "=")
		c.Env[name] = value
	}
	must(filepath.WalkDir(filepath.Join(dir), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		if d.Type()&fs.ModeSymlink != 0 {
			to, err := os.Readlink(path)
			c.Files[filepath.ToSlash(rel)] = "-> " + to
			return err
		}
		b, err := os.ReadFile(path)
		c.Files[filepath.ToSlash(rel)] = string(b)
		return err
	}))
	b, err := json.Marshal(c)
	must(err)
	must(os.WriteFile(os.Getenv("FAKE_LOG"), b, 0o600))

	for _, name := range []string{"package.json", "packages/app/package.json", "node_modules/x/index.js", "packages/app/node_modules/x", ".yarn/install-state.gz", ".pnp.cjs", ".yarn/cache/new.zip", ".yarn/unplugged/x"} {
		must(os.MkdirAll(filepath.Dir(name), 0o755))
		must(os.WriteFile(name, []byte("written by Yarn"), 0o644))
	}
	old, _ := os.ReadFile("yarn.lock")
	must(os.WriteFile("yarn.lock", append(old, "# new\n"...), 0o644))
	child := func(keepPipes bool) {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "FAKE_YARN=hang-child")
		if keepPipes {
			cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		}
		must(cmd.Start())
		must(os.WriteFile(os.Getenv("FAKE_LOG")+".pid", fmt.Append(nil, cmd.Process.Pid), 0o600))
	}
	switch mode {
	case "ok":
	case "fail":
		fmt.Println(`{"type":"info","name":null,"displayName":"YN0000","indent":"","data":"┌ Resolution step"}`)
		fmt.Println(`{"type":"error","name":82,"displayName":"YN0082","indent":"│ ","data":"x@npm:^9.0.0: No candidates found"}`)
		fmt.Printf(`{"type":"error","name":1,"displayName":"YN0001","indent":"│ ","data":"Error: %s/x with %s\n    at ue (x.js:1:2)"}`+"\n", dir, os.Getenv("MY_NPM_TOKEN"))
		fmt.Println(`{"type":"error","name":0,"displayName":"YN0000","indent":"","data":"Failed with errors in 0s 127ms"}`)
		return 1
	case "fail-classic":
		fmt.Println("yarn install v1.22.22\n[1/4] Resolving packages...")
		fmt.Fprintln(os.Stderr, `error Couldn't find any versions for "ms" that matches "^99.0.0"`)
		return 1
	case "fail-plain":
		for i := range 100000 {
			fmt.Println("line", i)
		}
		fmt.Print("the end, without a newline")
		return 134
	case "hang":
		child(true)
		time.Sleep(time.Hour)
	case "linger":
		child(true)
	case "garbage":
		must(os.WriteFile("yarn.lock", []byte("hello"), 0o644))
	case "no-lock":
		must(os.Remove("yarn.lock"))
	case "migrate":
		must(os.WriteFile(".yarnrc.yml", []byte("compressionLevel: mixed\n"), 0o644))
	default:
		return 98
	}
	return 0
}

// fake sets the fake Yarn's mode and returns where it tells what it saw.
func fake(t *testing.T, mode string) (seen func() call) {
	t.Helper()
	log := filepath.Join(t.TempDir(), "log.json")
	t.Setenv("FAKE_YARN", mode)
	t.Setenv("FAKE_LOG", log)
	return func() call {
		t.Helper()
		b, err := os.ReadFile(log)
		if err != nil {
			t.Fatalf("Yarn was not run: %v", err)
		}
		var c call
		if err := json.Unmarshal(b, &c); err != nil {
			t.Fatal(err)
		}
		return c
	}
}

// binary puts the test binary at path, under the name of another program.
func binary(t *testing.T, path string) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(exe, path); err != nil {
		t.Skipf("no symlinks here: %v", err)
	}
	return path
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

const berryHead = "# generated\n\n__metadata:\n  version: 8\n  cacheKey: 10c0\n"

// project is a monorepo with what an install leaves, in a folder of its own.
func project(t *testing.T) (root string) {
	t.Helper()
	root = filepath.Join(resolved(t.TempDir()), "code", "repo")
	for name, content := range map[string]string{
		"package.json":                  `{"name":"root","workspaces":["packages/*"]}`,
		"yarn.lock":                     berryHead,
		"backstage.json":                `{"version":"1.0.0"}`,
		".yarnrc.yml":                   "nodeLinker: node-modules\n",
		".gitignore":                    "node_modules\n",
		".git/config":                   "[core]",
		".pnp.cjs":                      "pnp",
		".yarn/install-state.gz":        "state",
		".yarn/cache/a.zip":             "zip",
		".yarn/unplugged/a/x":           "x",
		".yarn/plugins/p.cjs":           "plugin",
		".yarn/patches/a.patch":         "patch",
		"node_modules/a/package.json":   "{}",
		"packages/app/package.json":     `{"name":"app"}`,
		"packages/app/src/index.ts":     "code",
		"packages/app/node_modules/b/x": "x",
		"packages/app/dist/deep/x.js":   "x",
		"docs/index.md":                 "docs",
		"docs/more/x.md":                "docs",
	} {
		write(t, filepath.Join(root, name), content)
	}
	// Old enough that a write would show in the times.
	old := time.Now().Add(-time.Hour)
	if err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chtimes(path, old, old)
	}); err != nil {
		t.Fatal(err)
	}
	return root
}

// state is everything of a tree that a write could change: content, mode, time
// and target of every entry.
func state(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		s := fmt.Sprint(info.Mode(), info.ModTime().UnixNano())
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			to, err := os.Readlink(path)
			if err != nil {
				return err
			}
			s += " -> " + to
		case info.Mode().IsRegular():
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			h := sha256.Sum256(b)
			s += " " + hex.EncodeToString(h[:])
		}
		out[filepath.ToSlash(rel)] = s
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// untouched checks at the end of the test that the tree is as it is now, and
// that temp is empty.
func untouched(t *testing.T, dir, temp string) {
	t.Helper()
	before := state(t, dir)
	t.Cleanup(func() {
		if d := cmp.Diff(before, state(t, dir)); d != "" {
			t.Errorf("the project was changed (-before +after):\n%s", d)
		}
		if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
			t.Errorf("left in the temporary folder: %v, %v", left, err)
		}
	})
}
