package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/testkit/txntest"
	"github.com/portalctl/portalctl/internal/txn"
	"github.com/portalctl/portalctl/internal/ui"
)

// lookThenRecover is what follows a kill: a command that only looks changes
// nothing, and refuses to judge what is half-way through a change; then comes
// what every command that writes does first.
func lookThenRecover(t *testing.T, environ []string, dir string) {
	t.Helper()
	s, _, _ := ui.Test("")
	e := env{Streams: s, Environ: environ}
	ctx := e.withState(context.Background())
	if txn.Pending(ctx, dir) {
		before := readTree(t, dir)
		code, out, errOut := run0(t, "", environ, "versions", "status", "-C", dir)
		if code != 2 || out != "" || !strings.Contains(errOut, "half-way through a change") || !strings.Contains(errOut, "next: Run the command that was interrupted again") {
			t.Fatalf("a look at a pending change: exit %d\n%s%s", code, out, errOut)
		}
		if d := cmp.Diff(before, readTree(t, dir)); d != "" {
			t.Fatalf("a look changed the tree:\n%s", d)
		}
	}
	if err := recoverChange(ctx, dir, e); err != nil {
		t.Fatal(err)
	}
}

// readers are the commands that change nothing, whatever they find.
func readers(dir string) [][]string {
	return [][]string{
		{"versions", "status", "-C", dir},
		{"versions", "bump", "--dry-run", "--lockfile", "skip", "-C", dir},
		{"versions", "changes", "--offline", "--release", "1.53.0", "-C", dir},
		{"versions", "lock", "--check", "--offline", "-C", dir},
		{"versions", "lock", "--dry-run", "--offline", "-C", dir},
		{"check", "-C", dir},
		{"check", "--fix", "--dry-run", "-C", dir},
		{"audit", "--offline", "-C", dir},
		{"snapshot", "create", "--dry-run", "-C", dir},
		{"snapshot", "list", "-C", dir},
		{"snapshot", "plan", "--dry-run", "-C", dir},
		{"snapshot", "verify", "-C", dir},
	}
}

// Commands that only look refuse a portal whose change was interrupted, and
// leave every byte of it: what a command that writes does with it is not theirs.
func TestLookersLeaveAPendingChange(t *testing.T) {
	environ := exampleEnv(t)
	dir := t.TempDir()
	copyExample(t, dir)
	s, _, _ := ui.Test("")
	broken := func(string) error { return syscall.EIO }
	fsys := txntest.CallOn(txntest.CallOn(txn.OS(), "rename", "backstage.json", broken), "remove", ".*.new", broken)
	code := Main(txn.WithFS(context.Background(), fsys), []string{"portalctl", "versions", "bump", "--yes", "--lockfile", "skip", "-C", dir}, env{Streams: s, Environ: environ})
	e := env{Streams: s, Environ: environ}
	if code != 2 || !txn.Pending(e.withState(context.Background()), dir) {
		t.Fatalf("no change is pending: exit %d", code)
	}
	before := readTree(t, dir)
	below := filepath.Join(dir, "packages")
	for _, args := range append(readers(dir), readers(below)...) {
		code, out, errOut := run0(t, "", environ, args...)
		if code != 2 || out != "" || !strings.Contains(errOut, "half-way through a change") || !strings.Contains(errOut, "\nnext: ") {
			t.Errorf("%v: exit %d\n%s%s", args, code, out, errOut)
		}
	}
	if d := cmp.Diff(before, readTree(t, dir)); d != "" {
		t.Errorf("the tree changed:\n%s", d)
	}
	if code, out, errOut := run0(t, "", environ, "versions", "bump", "--yes", "--lockfile", "skip", "-C", dir); code != 0 || !strings.Contains(errOut, "an interrupted change of ") {
		t.Errorf("the command again: exit %d\n%s%s", code, out, errOut)
	}
	for name := range readTree(t, dir) {
		if isOurs(name) {
			t.Errorf("%s is left", name)
		}
	}
}

// Without a folder for the journal a bump says so before it writes anything.
func TestBumpWithoutStateFolder(t *testing.T) {
	for _, state := range []string{"/dev/null/x", ""} {
		dir := t.TempDir()
		copyExample(t, dir)
		before := readTree(t, dir)
		if state == "" {
			state = filepath.Join(dir, ".state") // what a commit could bring
		}
		code, out, errOut := run0(t, "", append(exampleEnv(t), "XDG_STATE_HOME="+state), "versions", "bump", "--yes", "--lockfile", "skip", "-C", dir)
		if code != 2 || out != "" || !strings.Contains(errOut, "nothing was written") || !strings.Contains(errOut, "XDG_STATE_HOME") {
			t.Errorf("%s: exit %d\n%s%s", state, code, out, errOut)
		}
		if d := cmp.Diff(before, readTree(t, dir)); d != "" {
			t.Errorf("%s: the tree changed:\n%s", state, d)
		}
		if _, err := os.Stat(filepath.Join(dir, ".state")); err == nil {
			t.Error("a folder was made")
		}
	}
}
