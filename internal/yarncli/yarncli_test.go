package yarncli

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/testkit"
)

// yarn is a fake of that version at the root's yarnPath.
func yarn(t *testing.T, version string) *Yarn {
	t.Helper()
	path := binary(t, filepath.Join(t.TempDir(), "yarn-"+version))
	return &Yarn{Version: version, Source: fromYarnPath, Path: path, argv: []string{path}, environ: os.Environ()}
}

func TestUpdateLock(t *testing.T) {
	root, temp := project(t), t.TempDir()
	seen := fake(t, "ok")
	untouched(t, root, temp)
	t.Setenv("CI", "true")
	t.Setenv("FORCE_COLOR", "1")
	t.Setenv("HTTPS_PROXY", "http://proxy.example.com")
	t.Setenv("YARN_CACHE_FOLDER", filepath.Join(root, ".yarn/cache"))
	t.Setenv("YARN_ENABLE_IMMUTABLE_INSTALLS", "true")
	lock, err := yarn(t, "4.17.1").UpdateLock(t.Context(), Request{
		Root: root, TempDir: temp, Env: []string{"BACKSTAGE_MANIFEST_FILE=/manifest.json"},
		Files: map[string][]byte{
			"packages/app/package.json": []byte(`{"name":"app","version":"2.0.0"}`),
			"backstage.json":            []byte(`{"version":"2.0.0"}`),
			".yarn/plugins/new/b.cjs":   []byte("new plugin"),
			"docs/index.md":             nil,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if string(lock) != berryHead+"# new\n" {
		t.Errorf("lock:\n%s", lock)
	}
	c := seen()
	if d := cmp.Diff([]string{"install", "--json", "--mode=update-lockfile"}, c.Args); d != "" {
		t.Error(d)
	}
	if filepath.Base(c.Dir) != "repo" || !strings.HasPrefix(c.Dir, resolved(temp)) {
		t.Errorf("run in %s", c.Dir)
	}
	at := func(rel string) string { return "-> " + filepath.Join(root, rel) }
	want := map[string]string{
		"package.json":              `{"name":"root","workspaces":["packages/*"]}`,
		"yarn.lock":                 berryHead,
		"backstage.json":            `{"version":"2.0.0"}`,
		".yarnrc.yml":               "nodeLinker: node-modules\n",
		".gitignore":                "node_modules\n",
		".yarn/cache/a.zip":         at(".yarn/cache/a.zip"),
		".yarn/plugins/p.cjs":       at(".yarn/plugins/p.cjs"),
		".yarn/plugins/new/b.cjs":   "new plugin",
		".yarn/patches":             at(".yarn/patches"),
		"packages/app/package.json": `{"name":"app","version":"2.0.0"}`,
		"packages/app/src":          at("packages/app/src"),
		"packages/app/dist":         at("packages/app/dist"),
		"docs/more":                 at("docs/more"),
	}
	if d := cmp.Diff(want, c.Files); d != "" {
		t.Errorf("the mirror (-want +got):\n%s", d)
	}
	wantEnv := map[string]string{
		"CI": "true", "HTTPS_PROXY": "http://proxy.example.com", "BACKSTAGE_MANIFEST_FILE": "/manifest.json",
		"YARN_ENABLE_IMMUTABLE_INSTALLS": "false", "YARN_ENABLE_HARDENED_MODE": "false", "YARN_ENABLE_SCRIPTS": "false",
		"YARN_IGNORE_PATH": "1", "HUSKY": "0", "FORCE_COLOR": "",
		"YARN_CACHE_FOLDER": filepath.Join(c.Dir, ".yarn/cache"),
	}
	for name, v := range wantEnv {
		if c.Env[name] != v {
			t.Errorf("%s=%q, want %q", name, c.Env[name], v)
		}
	}
}

func TestArgsAndEnvByVersion(t *testing.T) {
	tests := []struct {
		version string
		args    []string
		has     []string
		hasNot  []string
	}{
		{"1.22.22", []string{"install", "--ignore-scripts", "--non-interactive", "--ignore-engines", "--ignore-platform", "--no-progress"}, nil, []string{"YARN_ENABLE_IMMUTABLE_INSTALLS", "YARN_ENABLE_SCRIPTS"}},
		// Yarn 2 and 3 refuse to start with a setting they do not know.
		{"2.4.2", []string{"install", "--json", "--skip-builds"}, []string{"YARN_NODE_LINKER=pnp"}, []string{"YARN_ENABLE_HARDENED_MODE", "YARN_ENABLE_CONSTRAINTS_CHECKS"}},
		{"3.8.7", []string{"install", "--json", "--mode=update-lockfile"}, []string{"YARN_ENABLE_IMMUTABLE_INSTALLS=false"}, []string{"YARN_ENABLE_HARDENED_MODE", "YARN_ENABLE_CONSTRAINTS_CHECKS", "YARN_NODE_LINKER"}},
		{"4.0.0", []string{"install", "--json", "--mode=update-lockfile"}, []string{"YARN_ENABLE_HARDENED_MODE=false", "YARN_ENABLE_CONSTRAINTS_CHECKS=false"}, []string{"YARN_NODE_LINKER"}},
		{"5.0.0-rc.1", []string{"install", "--json", "--mode=update-lockfile"}, []string{"YARN_ENABLE_HARDENED_MODE=false"}, nil},
	}
	for _, tt := range tests {
		y := &Yarn{Version: tt.version, Source: fromYarnPath}
		if d := cmp.Diff(tt.args, y.args()); d != "" {
			t.Errorf("%s: %s", tt.version, d)
		}
		env := y.env(envFor{})
		for _, kv := range tt.has {
			if !slices.Contains(env, kv) {
				t.Errorf("%s: no %s in %v", tt.version, kv, env)
			}
		}
		for _, name := range tt.hasNot {
			if slices.ContainsFunc(env, func(kv string) bool { return strings.HasPrefix(kv, name+"=") }) {
				t.Errorf("%s: %s in %v", tt.version, name, env)
			}
		}
	}
	// Packages from git are built: without scripts their checksum would change.
	git := []byte(`resolution: "x@https://example.com/x.git#commit=abc"`)
	if env := (&Yarn{Version: "4.1.0"}).env(envFor{lock: git}); slices.Contains(env, "YARN_ENABLE_SCRIPTS=false") {
		t.Error("scripts are off though a package from git is built")
	}
}

func TestFailure(t *testing.T) {
	tests := []struct {
		mode, version string
		want          []string
		next          string
	}{
		{"fail", "4.17.1", []string{"YN0082: x@npm:^9.0.0: No candidates found", "YN0001: Error: ROOT/x with ***"}, "the registry has these versions"},
		{"fail-classic", "1.22.22", []string{`Couldn't find any versions for "ms" that matches "^99.0.0"`}, "the registry has these versions"},
	}
	for _, tt := range tests {
		t.Run(tt.mode, func(t *testing.T) {
			root, temp := project(t), t.TempDir()
			if tt.version[0] == '1' {
				write(t, filepath.Join(root, "yarn.lock"), "# yarn lockfile v1\n")
			}
			fake(t, tt.mode)
			untouched(t, root, temp)
			t.Setenv("MY_NPM_TOKEN", "npm_abcdef123456")
			_, err := yarn(t, tt.version).UpdateLock(t.Context(), Request{Root: root, TempDir: temp})
			var f *failure
			if !errors.As(err, &f) || f.ExitCode != 1 {
				t.Fatalf("got %v", err)
			}
			for i := range tt.want {
				tt.want[i] = strings.ReplaceAll(tt.want[i], "ROOT", root)
			}
			if d := cmp.Diff(tt.want, f.Output); d != "" {
				t.Error(d)
			}
			msg := err.Error()
			if !strings.Contains(msg, "Yarn "+tt.version+" could not update the lockfile; no file was changed: "+tt.want[0]) || strings.Contains(msg, "\n") {
				t.Errorf("message %q", msg)
			}
			if !strings.Contains(fault.NextOf(err), tt.next) {
				t.Errorf("next %q", fault.NextOf(err))
			}
		})
	}
}

// Output without known errors: the last lines, however much there was.
func TestFailureTail(t *testing.T) {
	root, temp := project(t), t.TempDir()
	fake(t, "fail-plain")
	untouched(t, root, temp)
	_, err := yarn(t, "4.17.1").UpdateLock(t.Context(), Request{Root: root, TempDir: temp})
	var f *failure
	if !errors.As(err, &f) || f.ExitCode != 134 || len(f.Output) != maxTail {
		t.Fatalf("got %v", err)
	}
	if last := f.Output[len(f.Output)-2:]; last[0] != "line 99999" || last[1] != "the end, without a newline" {
		t.Errorf("last lines %q", last)
	}
}

func TestBadResult(t *testing.T) {
	for mode, want := range map[string]string{
		"garbage": "not a lockfile of its own",
		"no-lock": "wrote no lockfile",
		"migrate": ".yarnrc.yml: Yarn 4.17.1 wants to change this file",
	} {
		t.Run(mode, func(t *testing.T) {
			root, temp := project(t), t.TempDir()
			fake(t, mode)
			untouched(t, root, temp)
			if _, err := yarn(t, "4.17.1").UpdateLock(t.Context(), Request{Root: root, TempDir: temp}); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestWrongKindOfYarn(t *testing.T) {
	root, temp := project(t), t.TempDir()
	fake(t, "ok")
	untouched(t, root, temp)
	_, err := yarn(t, "1.22.22").UpdateLock(t.Context(), Request{Root: root, TempDir: temp})
	if err == nil || !strings.Contains(err.Error(), "one of Yarn 2 or later") || fault.NextOf(err) == "" {
		t.Errorf("got %v", err)
	}
	_, err = yarn(t, "4.17.1").UpdateLock(t.Context(), Request{Root: root, TempDir: temp, Files: map[string][]byte{"yarn.lock": []byte("# yarn lockfile v1\n")}})
	if err == nil || !strings.Contains(err.Error(), "one of Yarn 1") || fault.NextOf(err) == "" {
		t.Errorf("got %v", err)
	}
}

// A cancelled run ends Yarn with everything it has started.
func TestCancel(t *testing.T) {
	root, temp := project(t), t.TempDir()
	fake(t, "hang")
	pidFile := os.Getenv("FAKE_LOG") + ".pid"
	untouched(t, root, temp)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for {
			if b, _ := os.ReadFile(pidFile); len(b) > 0 {
				cancel()
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
	// Pipes that were waited for would be waited for until the test's deadline.
	defer func(was time.Duration) { pipeDelay = was }(pipeDelay)
	pipeDelay = 24 * time.Hour
	_, err := yarn(t, "4.17.1").UpdateLock(ctx, Request{Root: root, TempDir: temp})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	var f *fault.Error
	if !errors.As(err, &f) {
		t.Errorf("not a fault: %v", err)
	}
	gone(t, pidFile)
}

// A process that Yarn leaves behind neither keeps us nor lives on.
func TestLingeringChild(t *testing.T) {
	root, temp := project(t), t.TempDir()
	fake(t, "linger")
	untouched(t, root, temp)
	lock, err := yarn(t, "4.17.1").UpdateLock(t.Context(), Request{Root: root, TempDir: temp})
	if err != nil || !strings.HasSuffix(string(lock), "# new\n") {
		t.Fatalf("%q, %v", lock, err)
	}
	gone(t, os.Getenv("FAKE_LOG")+".pid")
}

// A portalctl that is killed leaves its scratch folder and nothing else.
func TestKilled(t *testing.T) {
	root, temp := project(t), t.TempDir()
	fake(t, "hang")
	before := state(t, root)
	pidFile := os.Getenv("FAKE_LOG") + ".pid"
	cmd := exec.Command(os.Args[0])
	y := yarn(t, "4.17.1")
	cmd.Env = append(os.Environ(), "FAKE_YARN=portalctl", "FAKE_PATH="+y.Path, "FAKE_ROOT="+root, "FAKE_TEMP="+temp)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for { // until the test's own deadline
		if b, _ := os.ReadFile(pidFile); len(b) > 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if d := cmp.Diff(before, state(t, root)); d != "" {
		t.Errorf("the project was changed (-before +after):\n%s", d)
	}
	left, err := os.ReadDir(temp)
	if err != nil || len(left) != 1 || !strings.HasPrefix(left[0].Name(), scratchPrefix) {
		t.Errorf("left: %v, %v", left, err)
	}
	// Yarn's child outlives it, and on some systems Yarn does: end them.
	var c call
	b, err := os.ReadFile(os.Getenv("FAKE_LOG"))
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, pid := range []string{readString(t, pidFile), strconv.Itoa(c.PID)} {
		n, err := strconv.Atoi(pid)
		if err != nil {
			t.Fatal(err)
		}
		if p, err := os.FindProcess(n); err == nil {
			_ = p.Kill()
		}
	}
}

func readString(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func gone(t *testing.T, pidFile string) {
	t.Helper()
	b, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(string(b))
	if err != nil {
		t.Fatal(err)
	}
	testkit.Wait(t, func() string {
		if alive(pid) {
			return "process " + string(b) + " is still there"
		}
		return ""
	})
}

func TestCancelledBefore(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := yarn(t, "4.17.1").UpdateLock(ctx, Request{Root: project(t)}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
