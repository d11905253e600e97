//go:build unix

package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/txntest"
	"github.com/portalctl/portalctl/internal/txn"
	"github.com/portalctl/portalctl/internal/ui"
)

// initPortal is a portal below the top of its repository, so that init writes in both.
func initPortal(t *testing.T) (top string) {
	t.Helper()
	top = t.TempDir()
	writeTree(t, top, map[string]string{
		".github/CODEOWNERS":                   "* @acme/portal\n",
		"renovate.json":                        "{\n  \"extends\": []\n}\n",
		"portal/package.json":                  `{"name": "root", "private": true, "workspaces": ["packages/*", "plugins/*"]}`,
		"portal/backstage.json":                `{"version": "1.50.0"}`,
		"portal/packages/backend/package.json": `{"name": "backend"}`,
		"portal/plugins/one/package.json":      `{"name": "@internal/plugin-one"}`,
		"portal/.gitignore":                    "node_modules\n",
	})
	if err := os.Mkdir(filepath.Join(top, ".git"), 0o755); err != nil {
		t.Fatal(err)
	}
	return top
}

func initIn(top string, more ...string) []string {
	return append([]string{"init", "--offline", "-C", filepath.Join(top, "portal")}, more...)
}

func TestInitKilledAtEveryOperation(t *testing.T) {
	testkit.SkipRace(t)
	if testing.Short() {
		t.Skip("starts a process for each of some 150 operations")
	}
	t.Parallel()
	environ := exampleEnv(t)
	undone, finished := killing{
		environ: environ,
		portal:  initPortal,
		command: func(top string) []string { return initIn(top, "--yes") },
		next: func(t *testing.T, top string) string {
			// Nobody is there to ask: it finishes or undoes, and writes nothing of its own.
			_, out, errOut := run0(t, "", environ, initIn(top)...)
			return out + errOut
		},
		done: func(after map[string]string, _ string) bool {
			return strings.Contains(after[".github/CODEOWNERS"], "/portal/plugins/one/ @acme/portal") && strings.Contains(after["renovate.json"], "@backstage/**") &&
				after["portal/docs/upgrade-slot.md"] != "" && strings.HasPrefix(after["portal/.gitignore"], "node_modules\n")
		},
	}.atEveryOperation(t)
	if finished == 0 || undone == 0 {
		t.Errorf("%d runs were finished and %d undone: both must happen", finished, undone)
	}
}

// A full disk at any operation leaves the repository as it was.
func TestInitWithFailingOperations(t *testing.T) {
	testkit.SkipRace(t)
	t.Parallel()
	environ := exampleEnv(t)
	operations := testkit.Until(t, func(t *testing.T, n int) (_ struct{}, more bool) {
		top := initPortal(t)
		before := readTree(t, top)
		s, out, errOut := ui.Test("")
		fsys := txntest.FailAt(txntest.NoSync(txn.OS()), n, syscall.ENOSPC)
		code := Main(txn.WithFS(context.Background(), fsys), append([]string{"portalctl"}, initIn(top, "--yes")...), env{Streams: s, Environ: environ})
		tree := readTree(t, top)
		if code == 0 {
			if cmp.Equal(before, tree) {
				t.Fatalf("at %d: exit 0, but nothing was written", n)
			}
			return struct{}{}, len(fsys.Ops()) >= n
		}
		if code != 2 || out.Len() > 0 || !strings.Contains(errOut.String(), "next:") {
			t.Fatalf("at %d: exit %d, stdout %q, stderr %q", n, code, out, errOut)
		}
		if strings.Contains(errOut.String(), "could not be removed") {
			return struct{}{}, true // the change is complete, litter is named
		}
		if d := cmp.Diff(before, tree); d != "" {
			t.Fatalf("at %d: the repository is not as before (-before +after)\n%s\n%s", n, d, errOut)
		}
		return struct{}{}, true
	})
	if len(operations) < 20 {
		t.Errorf("only %d operations: the failpoints do not reach the transaction", len(operations))
	}
}
