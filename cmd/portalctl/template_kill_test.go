//go:build unix

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/testkit"
)

// A merge that is killed before file-system operation 1, 2, 3, … until one run
// completes: each file is whole, and the next command leaves all as before or all as
// after.
func TestTemplateKilledAtEveryOperation(t *testing.T) {
	testkit.SkipRace(t)
	if testing.Short() {
		t.Skip("starts two processes for each of some 100 operations")
	}
	t.Parallel()
	made, environ := templatePortal(t)
	before := readTree(t, made)
	merge := func(t *testing.T, as string, environ []string) (dir string, killed bool, out string) {
		dir = t.TempDir()
		writeTree(t, dir, before)
		killed, out = runSelf(t, as, environ, "versions", "template", "--release", "1.53.0", "--yes", "-C", dir)
		return dir, killed, out
	}
	dir, killed, out := merge(t, "portalctl", environ)
	after := readTree(t, dir)
	if killed || after["packages/backend/src/new.ts"] == "" || after["packages/backend/src/old.ts"] != "" || !strings.Contains(after[".portalctl.yaml"], "base: 1.53.0") {
		t.Fatalf("the run without a kill:\n%s", out)
	}
	finished, undone := 0, 0
	for _, isFinished := range testkit.Until(t, func(t *testing.T, n int) (finished, more bool) {
		dir, killed, out := merge(t, "portalctl-killed", append(slices.Clone(environ), "KILL_AT="+strconv.Itoa(n)))
		tree := readTree(t, dir)
		if !killed {
			if d := cmp.Diff(after, tree); d != "" {
				t.Fatalf("the run that completed (-want +got):\n%s\n%s", d, out)
			}
			return false, false
		}
		for name, got := range tree {
			if !isOurs(name) && got != before[name] && got != after[name] {
				t.Fatalf("killed before operation %d: %s is neither old nor new:\n%s", n, name, got)
			}
		}
		// The next command that writes finishes or undoes it, then merges what is left.
		_, out = runSelf(t, "portalctl", environ, "versions", "template", "--release", "1.53.0", "-C", dir)
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
	if finished == 0 || undone == 0 || finished+undone < 19 {
		t.Errorf("%d runs were finished and %d undone", finished, undone)
	}
}

// What is not committed would be mixed up with the merge.
func TestTemplateRefusesWorkInProgress(t *testing.T) {
	t.Parallel()
	root, environ := templatePortal(t)
	before := readTree(t, root)
	gitIn(t, root, "init", "-q", "-b", "main")
	gitIn(t, root, "add", "-A")
	gitIn(t, root, "commit", "-qm", "made")
	writeTree(t, root, map[string]string{"packages/backend/Dockerfile": "FROM node:22-slim\n# mine\n"})
	args := []string{"versions", "template", "--release", "1.53.0", "--yes", "-C", root}
	code, out, errOut := run0(t, "", environ, args...)
	if code != 2 || out != "" || !strings.Contains(errOut, "not committed: packages/backend/Dockerfile") || !strings.Contains(errOut, "--allow-dirty") {
		t.Errorf("code %d, stdout %q, stderr %q", code, out, errOut)
	}
	if code, out, errOut := run0(t, "", environ, append(args, "--allow-dirty")...); code != 1 || !strings.Contains(out, "packages/backend/Dockerfile:1") {
		t.Errorf("code %d, stdout %q, stderr %q", code, out, errOut)
	}
	writeTree(t, root, before)
	for _, name := range []string{".portalctl.yaml", "packages/backend/src/new.ts"} {
		if err := os.Remove(filepath.Join(root, filepath.FromSlash(name))); err != nil {
			t.Fatal(err)
		}
	}
	gitIn(t, root, "add", "-A")
	if code, out, errOut := run0(t, "", environ, args...); code != 0 {
		t.Errorf("code %d, stdout %q, stderr %q", code, out, errOut)
	}
}
