package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/program"
	"github.com/portalctl/portalctl/internal/testkit/txntest"
	"github.com/portalctl/portalctl/internal/txn"
	"github.com/portalctl/portalctl/internal/ui"
)

// killed is portalctl whose transaction ends at file-system operation
// $KILL_AT by SIGKILL. TestMain runs it as a process of its own. What it wrote is
// in the system's memory then, so that it need not wait for the disk.
func killed() {
	n, err := strconv.Atoi(os.Getenv("KILL_AT"))
	if err != nil {
		os.Exit(99)
	}
	ctx := txn.WithFS(context.Background(), txntest.KillAt(txntest.NoSync(txn.OS()), n))
	os.Exit(Main(ctx, os.Args, env{Streams: ui.System(os.Getenv), Environ: os.Environ()}))
}

// killing is a command that is killed before file-system operation 1, 2, 3, … until
// one run completes.
type killing struct {
	environ []string
	portal  func(t *testing.T) (dir string) // a new copy
	command func(dir string) []string
	exit    int // of a run that is left alone
	// next is the next command that writes. It finishes or undoes what was begun.
	next func(t *testing.T, dir string) (out string)
	// done reports whether a run that was left alone did what it is for.
	done func(after map[string]string, out string) bool
}

// atEveryOperation holds that each file is always whole, and that the next command
// leaves all files as before or all as after: so many runs were undone or finished.
func (k killing) atEveryOperation(t *testing.T) (undone, finished int) {
	t.Helper()
	// Each file is old or new, never between. What is new is known from one that
	// was left alone.
	dir := k.portal(t)
	before := readTree(t, dir)
	code, out := runSelf(t, "portalctl", k.environ, k.command(dir)...)
	after := readTree(t, dir)
	if code != k.exit || cmp.Equal(before, after) || !k.done(after, out) {
		t.Fatalf("the run without a kill: exit %d\n%s", code, out)
	}
	for _, isFinished := range testkit.Until(t, func(t *testing.T, n int) (finished, more bool) {
		dir := k.portal(t)
		code, out := runSelf(t, "portalctl-killed", append(slices.Clone(k.environ), "KILL_AT="+strconv.Itoa(n)), k.command(dir)...)
		tree := readTree(t, dir)
		if code != killedCode {
			if d := cmp.Diff(after, tree); d != "" || code != k.exit {
				t.Fatalf("the run that completed: exit %d (-want +got):\n%s\n%s", code, d, out)
			}
			return false, false
		}
		for name, got := range tree {
			if !isOurs(name) && got != before[name] && got != after[name] {
				t.Fatalf("killed before operation %d: %s is neither old nor new:\n%s", n, name, got)
			}
		}
		out = k.next(t, dir)
		if tree = readTree(t, dir); !cmp.Equal(tree, before) && !cmp.Equal(tree, after) {
			t.Fatalf("killed before operation %d: the next command left a mix:\n%s\n%s", n, out, cmp.Diff(before, tree))
		}
		return cmp.Equal(tree, after), true
	}) {
		if isFinished {
			finished++
		} else {
			undone++
		}
	}
	if finished+undone < 19 {
		t.Fatalf("only %d operations: the failpoints do not reach the transaction", finished+undone)
	}
	t.Logf("%d operations: %d undone, %d finished by the next command", finished+undone, undone, finished)
	return undone, finished
}

// The bump has looks in between, which change nothing: lookThenRecover.
func TestBumpKilledAtEveryOperation(t *testing.T) {
	testkit.SkipRace(t)
	if testing.Short() {
		t.Skip("starts a process for each of some 100 operations")
	}
	t.Parallel()
	environ := exampleEnv(t)
	undone, finished := killing{
		environ: environ,
		portal: func(t *testing.T) string {
			dir := t.TempDir()
			copyExample(t, dir)
			return dir
		},
		command: func(dir string) []string {
			return []string{"versions", "bump", "--yes", "--lockfile", "skip", "-C", dir}
		},
		next: func(t *testing.T, dir string) string {
			lookThenRecover(t, environ, dir)
			_, out, errOut := run0(t, "", environ, "versions", "status", "-C", dir)
			return out + errOut
		},
		done: func(_ map[string]string, out string) bool { return out != "" },
	}.atEveryOperation(t)
	if finished == 0 || undone == 0 {
		t.Errorf("%d runs were finished and %d undone: both must happen", finished, undone)
	}
}

// Every operation fails once (disk full, a rename that is refused): the command
// says so, exits with 2 and leaves the tree byte-identical.
func TestBumpWithFailingOperations(t *testing.T) {
	testkit.SkipRace(t)
	environ := exampleEnv(t)
	for _, cause := range []error{syscall.ENOSPC, syscall.EACCES} {
		t.Run(cause.Error(), func(t *testing.T) {
			t.Parallel()
			operations := testkit.Until(t, func(t *testing.T, n int) (_ struct{}, more bool) {
				dir := t.TempDir()
				copyExample(t, dir)
				before := readTree(t, dir)
				s, out, errOut := ui.Test("")
				fsys := txntest.FailAt(txntest.NoSync(txn.OS()), n, cause)
				code := Main(txn.WithFS(context.Background(), fsys), []string{"portalctl", "versions", "bump", "--yes", "--lockfile", "skip", "-C", dir},
					env{Streams: s, Environ: environ})
				tree := readTree(t, dir)
				if code == 0 {
					if cmp.Equal(before, tree) {
						t.Fatalf("%v at %d: exit 0, but nothing was written", cause, n)
					}
					// An operation whose failure does not matter, or none.
					return struct{}{}, len(fsys.Ops()) >= n
				}
				if code != 2 || out.Len() > 0 || !strings.Contains(errOut.String(), "next:") {
					t.Fatalf("%v at %d: exit %d, stdout %q, stderr %q", cause, n, code, out, errOut)
				}
				if strings.Contains(errOut.String(), "could not be removed") {
					return struct{}{}, true // the change is complete, litter is named
				}
				if d := cmp.Diff(before, tree); d != "" {
					t.Fatalf("%v at %d: the tree is not as before (-before +after)\n%s\n%s", cause, n, d, errOut)
				}
				return struct{}{}, true
			})
			if len(operations) < 20 {
				t.Errorf("only %d operations: the failpoints do not reach the transaction", len(operations))
			}
		})
	}
}

// isOurs reports whether a file belongs to a transaction rather than the repo.
func isOurs(name string) bool {
	return strings.HasPrefix(name, txn.Dir) || strings.Contains(filepath.Base(name), ".portalctl-")
}

// killedCode is the exit code of a process that a signal ended, as os/exec has it.
const killedCode = -1

func runSelf(t *testing.T, as string, environ []string, args ...string) (code int, out string) {
	t.Helper()
	cmd := exec.Command(linkSelf(t, as), args...)
	cmd.Args[0] = as
	cmd.Env = append(slices.Clone(environ), "PATH="+os.Getenv("PATH"))
	var b bytes.Buffer
	cmd.Stdout, cmd.Stderr = &b, &b
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), b.String()
}

// linkSelf gives the test binary the name by which TestMain knows a command. The
// detector of races would only make the hundreds of processes slow: they run one
// that was built without.
func linkSelf(t testing.TB, as string) string {
	t.Helper()
	exe, err := testkit.WithoutRace()
	if err != nil {
		t.Fatal(err)
	}
	return program.Link(t, exe, as)
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
