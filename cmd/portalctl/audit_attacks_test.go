//go:build unix

package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/testkit"
)

// What a pull request brings is stopped by `audit --base main`, or installs
// nothing else than what was judged; and looking at it changes no byte, no mode
// and no time, neither of the checkout nor beside it.
func TestAttacksOnTheGate(t *testing.T) {
	testkit.SkipRace(t)
	db := t.TempDir()
	if err := attackDB.write(db, nil); err != nil {
		t.Fatal(err)
	}
	for kind, groups := range attackKinds() {
		clean := attackRepo(t, attackBase(kind))
		gitIn(t, clean, "checkout", "-q", "-b", "change")
		for group, list := range groups {
			for _, a := range list {
				t.Run(kind+"/"+group+"/"+strings.ReplaceAll(a.name, "/", "_"), func(t *testing.T) {
					t.Parallel()
					dir := t.TempDir()
					root := filepath.Join(dir, "portal")
					changed := attackBase(kind)
					a.edit(changed)
					err := errors.Join(os.CopyFS(root, os.DirFS(clean)), changed.write(root, attackBase(kind)),
						tree{"package.json": `{"name": "outside", "version": "1.0.0", "secret": "hunter2-secret"}`}.write(filepath.Join(dir, "outside"), nil))
					if err != nil {
						t.Fatal(err)
					}
					gitIn(t, root, "add", "-A")
					gitIn(t, root, "commit", "-q", "-m", "change", "--allow-empty")
					environ := exampleEnv(t)
					before := everything(t, dir)
					for _, args := range [][]string{
						{"audit", "--base", "main", "--db", db},
						{"audit", "--db", db},
						{"audit", "why", "ms"},
						{"check"},
						{"check", "--fix", "--dry-run"},
						{"versions", "status", "--offline"},
						{"versions", "lock", "--check", "--offline"},
					} {
						e, o, eo := testEnv("", environ)
						code := Main(context.Background(), append(append([]string{"portalctl"}, args...), "-C", root), e)
						out, errOut := o.String(), eo.String()
						if code != 0 && code != 1 && code != 2 || code == 2 && !strings.Contains(errOut, "error: ") {
							t.Errorf("%v: exit %d\n%s%s", args, code, out, errOut)
						}
						if strings.Contains(errOut, "flag provided") {
							t.Fatalf("%v: %s", args, errOut)
						}
						if strings.Contains(out+errOut, "hunter2-secret") {
							t.Errorf("%v shows what lies outside:\n%s%s", args, out, errOut)
						}
						if len(args) == 5 && args[1] == "--base" && (code == 0) != (a.fine != "") {
							t.Errorf("exit %d, fine: %q\n%s%s", code, a.fine, out, errOut)
						}
					}
					if d := cmp.Diff(before, everything(t, dir)); d != "" {
						t.Errorf("the tree changed:\n%s", d)
					}
				})
			}
		}
	}
}
