// Package scripts runs transcripts of use: the files below testdata/script.
package scripts

import (
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/npmregistry"
	"github.com/portalctl/portalctl/internal/testkit/program"
)

var update = flag.Bool("update", false, "rewrite what the scripts compare with")

// The scripts below testdata/script are transcripts of use: each runs portalctl
// as a process of its own, with no network but a registry and a versions host
// on loopback that serve the script's own files.
//
// What they print is looked at as well: see cmd/portalctl/printed_test.go.
func TestScripts(t *testing.T) {
	testkit.SkipRace(t)
	commands := filepath.Dir(program.Path(t, program.AsIs))
	printed := t.TempDir()
	t.Cleanup(func() {
		files, err := filepath.Glob(filepath.Join(printed, "fault-*"))
		if err != nil {
			t.Error(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			t.Errorf("%s%v", text, err)
		}
	})
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", commands+string(filepath.ListSeparator)+env.Getenv("PATH"))
			env.Setenv(program.PrintedVar, printed)
			env.Setenv(program.SchemasVar, program.Schemas(t))
			return setupScript(env)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exitcode": cmdExitCode,
			"crlf":     cmdCRLF,
			"snapshot": cmdSnapshot,
			"same":     cmdSame,
			"branch":   cmdBranch,
			"expires":  cmdExpires,
			"cmpbase":  cmdCmpBase,
			"jq":       cmdJQ,
			"revparse": cmdRevParse,
		},
	})
}

func TestMain(m *testing.M) { os.Exit(testkit.M{M: m}.Run()) }

// setupScript starts a registry that serves $WORK/registry/<name>.json as the
// packument of <name> (a scope's slash is a double underscore), with tarballs
// that are made of the versions' manifests, and a versions host that serves
// $WORK/versions.
func setupScript(env *testscript.Env) error {
	// The handler names the server's own address, so it is set between the two:
	// once a server runs, its goroutines read it.
	registry := httptest.NewUnstartedServer(nil)
	registry.Config.Handler = &npmregistry.Folder{
		Dir: filepath.Join(env.WorkDir, "registry"),
		URL: "http://" + registry.Listener.Addr().String(),
	}
	registry.Start()
	env.Defer(registry.Close)
	versions := httptest.NewServer(http.FileServer(http.Dir(filepath.Join(env.WorkDir, "versions"))))
	env.Defer(versions.Close)
	env.Setenv("YARN_NPM_REGISTRY_SERVER", registry.URL)
	env.Setenv("BACKSTAGE_VERSIONS_BASE_URL", versions.URL)
	env.Setenv("VERSIONS_URL", versions.URL)
	env.Setenv("REGISTRY_URL", registry.URL)
	env.Setenv("YARN_UNSAFE_HTTP_WHITELIST", "127.0.0.1")
	env.Setenv("PORTALCTL_CACHE_DIR", filepath.Join(env.WorkDir, ".cache"))
	env.Setenv("HOME", env.WorkDir)
	// Some scripts have their portal in the home folder itself.
	state, err := os.MkdirTemp(filepath.Dir(env.WorkDir), "state-*")
	if err != nil {
		return err
	}
	env.Defer(func() { os.RemoveAll(state) })
	env.Setenv("XDG_STATE_HOME", state)
	env.Setenv("NO_PROXY", "127.0.0.1")
	for _, who := range []string{"AUTHOR", "COMMITTER"} {
		env.Setenv("GIT_"+who+"_NAME", "t")
		env.Setenv("GIT_"+who+"_EMAIL", "t@example.com")
	}
	// Nobody's own configuration, and none of git's housekeeping, which is two
	// processes more a commit.
	config := filepath.Join(state, "gitconfig")
	if err := os.WriteFile(config, []byte("[maintenance]\n\tauto = false\n[gc]\n\tauto = 0\n"), 0o600); err != nil {
		return err
	}
	env.Setenv("GIT_CONFIG_GLOBAL", config)
	env.Setenv("GIT_CONFIG_SYSTEM", os.DevNull)
	return nil
}

// cmdExitCode runs a program and wants an exact exit code:
//
//	exitcode 2 portalctl versions bump
func cmdExitCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exitcode CODE PROGRAM [ARG...]")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if err != nil {
		got = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if got != args[0] {
		ts.Fatalf("%s: exit code %s, want %s", strings.Join(args[1:], " "), got, args[0])
	}
}

// cmdCRLF gives files Windows line endings, which txtar cannot hold.
func cmdCRLF(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		path := ts.MkAbs(name)
		src, err := os.ReadFile(path)
		ts.Check(err)
		ts.Check(os.WriteFile(path, []byte(strings.ReplaceAll(string(src), "\n", "\r\n")), 0o644))
	}
}

// treeText is every file below dir with its mode and content, in order.
func treeText(ts *testscript.TestScript, dir string) string {
	var b strings.Builder
	root := ts.MkAbs(dir)
	ts.Check(filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		info, err := os.Lstat(path)
		if err != nil {
			return err
		}
		b.WriteString(rel + " " + info.Mode().String() + "\n")
		if info.Mode().IsRegular() {
			src, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			b.Write(src)
		}
		return nil
	}))
	return b.String()
}

// cmdSnapshot remembers a folder; same compares it with what it was.
func cmdSnapshot(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv("SNAPSHOT_"+filepath.Base(args[0]), treeText(ts, args[0]))
}

func cmdSame(ts *testscript.TestScript, neg bool, args []string) {
	same := ts.Getenv("SNAPSHOT_"+filepath.Base(args[0])) == treeText(ts, args[0])
	if same == neg {
		ts.Fatalf("%s: unchanged is %v, want %v", args[0], same, !neg)
	}
}
