package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/txn"
	"github.com/portalctl/portalctl/internal/txn/txntest"
	"github.com/portalctl/portalctl/internal/ui"
)

// killed is portalctl whose transaction ends at file-system operation
// $KILL_AT by SIGKILL. TestMain runs it as a process of its own.
func killed() {
	n, err := strconv.Atoi(os.Getenv("KILL_AT"))
	if err != nil {
		os.Exit(99)
	}
	ctx := txn.WithFS(context.Background(), txntest.KillAt(txn.OS(), n))
	os.Exit(Main(ctx, os.Args, env{Streams: ui.System(os.Getenv), Environ: os.Environ()}))
}

// A bump that is killed before file-system operation 1, 2, 3, … until one run
// completes: each file is always whole, and the next command, one that
// writes, leaves all files as before or all as after.
func TestBumpKilledAtEveryOperation(t *testing.T) {
	if testing.Short() {
		t.Skip("starts two processes for each of some 100 operations")
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	before := readTree(t, example)
	environ := exampleEnv(t)
	after := map[string]string{}
	finished, undone := 0, 0
	for n := 1; ; n++ {
		dir := t.TempDir()
		copyExample(t, dir)
		killed, out := runSelf(t, exe, "portalctl-killed", append(environ, "KILL_AT="+strconv.Itoa(n)),
			"versions", "bump", "--yes", "--lockfile", "skip", "-C", dir)
		if !killed {
			after = readTree(t, dir)
			if cmp.Equal(before, after) {
				t.Fatalf("the run that completed changed nothing:\n%s", out)
			}
			if n < 20 {
				t.Fatalf("only %d operations: the failpoints do not reach the transaction", n)
			}
			break
		}
		// Each file is old or new, never between. What is new is known once a
		// run completes; until then compare with one that was left alone.
		if len(after) == 0 {
			whole := t.TempDir()
			copyExample(t, whole)
			if _, out := runSelf(t, exe, "portalctl", environ, "versions", "bump", "--yes", "--lockfile", "skip", "-C", whole); out == "" {
				t.Fatal("the run without a kill printed nothing")
			}
			after = readTree(t, whole)
		}
		for name, got := range readTree(t, dir) {
			if isOurs(name) {
				continue
			}
			if got != before[name] && got != after[name] {
				t.Fatalf("killed before operation %d: %s is neither old nor new:\n%s", n, name, got)
			}
		}
		lookThenRecover(t, environ, dir)
		_, out = runSelf(t, exe, "portalctl", environ, "versions", "status", "-C", dir)
		switch tree := readTree(t, dir); {
		case cmp.Equal(tree, before):
			undone++
		case cmp.Equal(tree, after):
			finished++
		default:
			t.Fatalf("killed before operation %d: the next command left a mix:\n%s\n%s", n, out, cmp.Diff(before, tree))
		}
	}
	if finished == 0 || undone == 0 {
		t.Errorf("%d runs were finished and %d undone: both must happen", finished, undone)
	}
	t.Logf("%d operations: %d undone, %d finished by the next command", finished+undone, undone, finished)
}

// Every operation fails once (disk full, a rename that is refused): the command
// says so, exits with 2 and leaves the tree byte-identical.
func TestBumpWithFailingOperations(t *testing.T) {
	environ := exampleEnv(t)
	for _, cause := range []error{syscall.ENOSPC, syscall.EACCES} {
		for n := 1; ; n++ {
			dir := t.TempDir()
			copyExample(t, dir)
			before := readTree(t, dir)
			s, out, errOut := ui.Test("")
			ctx := txn.WithFS(context.Background(), txntest.FailAt(txn.OS(), n, cause))
			code := Main(ctx, []string{"portalctl", "versions", "bump", "--yes", "--lockfile", "skip", "-C", dir},
				env{Streams: s, Environ: environ})
			tree := readTree(t, dir)
			if code == 0 {
				if cmp.Equal(before, tree) {
					t.Fatalf("%v at %d: exit 0, but nothing was written", cause, n)
				}
				if n < 20 {
					continue // an operation whose failure does not matter
				}
				break
			}
			if code != 2 || out.Len() > 0 || !strings.Contains(errOut.String(), "next:") {
				t.Fatalf("%v at %d: exit %d, stdout %q, stderr %q", cause, n, code, out, errOut)
			}
			if strings.Contains(errOut.String(), "could not be removed") {
				continue // the change is complete, litter is named
			}
			if d := cmp.Diff(before, tree); d != "" {
				t.Fatalf("%v at %d: the tree is not as before (-before +after)\n%s\n%s", cause, n, d, errOut)
			}
		}
	}
}

// isOurs reports whether a file belongs to a transaction rather than the repo.
func isOurs(name string) bool {
	return strings.HasPrefix(name, txn.Dir) || strings.Contains(filepath.Base(name), ".portalctl-")
}

func runSelf(t *testing.T, exe, as string, environ []string, args ...string) (killed bool, out string) {
	t.Helper()
	cmd := exec.Command(exe, args...)
	cmd.Args[0] = as
	cmd.Env = append(environ, "PATH="+os.Getenv("PATH"))
	cmd.Path = linkSelf(t, exe, as)
	var b bytes.Buffer
	cmd.Stdout, cmd.Stderr = &b, &b
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return exit != nil && !exit.Exited(), b.String()
}

// linkSelf gives the test binary the name by which TestMain knows a command.
func linkSelf(t *testing.T, exe, as string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), as)
	if err := os.Symlink(exe, path); err != nil {
		t.Skipf("no symlink to the test binary: %v", err)
	}
	return path
}

func copyExample(t *testing.T, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(example)); err != nil {
		t.Fatal(err)
	}
}

func readTree(t *testing.T, root string) map[string]string {
	t.Helper()
	tree := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		tree[filepath.ToSlash(rel)] = string(src)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}
