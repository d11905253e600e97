//go:build unix

package main

import (
	gocmp "cmp"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/testkit"
)

// A gitAttack is what somebody may do to what git says: to the name of the base,
// to what lies in .git, to the environment. The change makes ms worse, which is
// seen only by who reads the true base.
type gitAttack struct {
	name string
	do   func(g gitCase)
	base string // main unless it is said
	env  []string
	// want is 1 (judged by the true base), 2 (refused), 3 (either).
	want int
	says string // in the report or the error
	fine string // why it is not stopped (exit 0)
}

// A gitCase is the checkout that is attacked: root is at the change's commit,
// a child of main; beside is a folder that is none of its business.
type gitCase struct {
	t            *testing.T
	root, beside string
}

func (g gitCase) git(args ...string) { g.t.Helper(); gitIn(g.t, g.root, args...) }

func (g gitCase) out(args ...string) string {
	g.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = g.root
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	out, err := cmd.Output()
	if err != nil {
		g.t.Fatalf("git %v: %v", args, err)
	}
	return strings.TrimSpace(string(out))
}

// put writes a file below root.
func (g gitCase) put(name, text string) {
	g.t.Helper()
	path := filepath.Join(g.root, filepath.FromSlash(name))
	_ = os.Remove(path)
	if err := plant(g.root, name, text); err != nil {
		g.t.Fatal(err)
	}
}

// link puts a link, or with an empty target a pipe, in the place of a file.
func (g gitCase) link(name, to string) {
	g.t.Helper()
	path := filepath.Join(g.root, filepath.FromSlash(name))
	if err := errors.Join(os.RemoveAll(path), os.MkdirAll(filepath.Dir(path), 0o755)); err != nil {
		g.t.Fatal(err)
	}
	err := os.Symlink(to, path)
	if to == "" {
		err = syscall.Mkfifo(path, 0o600)
	}
	if err != nil {
		g.t.Fatal(err)
	}
}

// worsened is the change: a lower version of ms, with an advisory.
func worsened(t tree) tree {
	return t.sub("package.json", `"ms": "^2.0.0"`, `"ms": "0.7.1"`).
		sub("yarn.lock", `ms: "npm:^2.0.0"`, `ms: "npm:0.7.1"`, "ms@npm:^2.0.0\"", "ms@npm:0.7.1\"", "ms@npm:2.1.3", "ms@npm:0.7.1", "version: 2.1.3", "version: 0.7.1", sumMS, sumOldMS)
}

// What git says of the base is no way around the gate: a change is judged by the
// base that was meant, or not at all. Nothing is run, nothing is written, and
// nothing hangs.
func TestAttacksOnTheBase(t *testing.T) {
	testkit.SkipRace(t)
	db := t.TempDir()
	if err := attackDB.write(db, nil); err != nil {
		t.Fatal(err)
	}
	clean := attackRepo(t, attackBase("berry"))
	gitIn(t, clean, "checkout", "-q", "-b", "change")
	if err := worsened(attackBase("berry")).write(clean, attackBase("berry")); err != nil {
		t.Fatal(err)
	}
	gitIn(t, clean, "commit", "-q", "-a", "-m", "change")
	for _, a := range slices.Concat(refAttacks(), storeAttacks, cloneAttacks) {
		t.Run(strings.NewReplacer("/", "_", " ", "-").Replace(a.name), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			g := gitCase{t, filepath.Join(dir, "portal"), filepath.Join(dir, "beside")}
			if err := errors.Join(os.CopyFS(g.root, os.DirFS(clean)), plant(g.beside, "secret", "hunter2-secret\n")); err != nil {
				t.Fatal(err)
			}
			hash := g.out("rev-parse", "main")
			if a.do != nil {
				a.do(g)
			}
			base := strings.NewReplacer("BASE", hash, "SHORT", hash[:7], "BESIDE", g.beside).Replace(a.base)
			if a.base == "" {
				base = "main"
			}
			env := exampleEnv(t)
			for _, v := range a.env {
				env = append(env, strings.NewReplacer("ROOT", g.root, "BESIDE", g.beside).Replace(v))
			}
			args := []string{"portalctl", "audit", "--db", db, "-C", g.root}
			if base != "-" {
				args = append(args, "--base="+base)
			}
			before := names(dir)
			e, o, eo := testEnv("", env)
			done := make(chan int, 1)
			go func() { done <- Main(t.Context(), args, e) }()
			var code int
			testkit.Wait(t, func() string {
				select {
				case code = <-done:
					return ""
				default:
					return "it hangs"
				}
			})
			out, errOut := o.String(), eo.String()
			switch {
			case code == 0 && a.fine != "":
			case code == 1 && a.want != 2 && strings.Contains(out, gocmp.Or(a.says, "GHSA-aaaa-bbbb-cccc")):
			case code == 2 && a.want != 1 && strings.HasPrefix(errOut, "error: ") && strings.Contains(errOut, "\nnext: "):
			default:
				t.Errorf("exit %d, want %d\n%s%s", code, a.want, out, errOut)
			}
			if !strings.Contains(out+errOut, a.says) {
				t.Errorf("%q is not said:\n%s%s", a.says, out, errOut)
			}
			if strings.Contains(out+errOut, "hunter2-secret") {
				t.Errorf("shows what lies outside:\n%s%s", out, errOut)
			}
			harmlessText(t, a.name, args, out+errOut, false)
			if d := cmp.Diff(before, names(dir)); d != "" {
				t.Errorf("files:\n%s", d)
			}
		})
	}
}

// names are the files of a tree with their times: what a pipe or a device holds
// is not read.
func names(dir string) map[string]string {
	all := map[string]string{}
	_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil {
			if info, err := d.Info(); err == nil {
				all[path] = info.Mode().String() + info.ModTime().String()
			}
		}
		return nil
	})
	return all
}
