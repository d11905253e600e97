//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit"
)

func TestTemplateKilledAtEveryOperation(t *testing.T) {
	testkit.SkipRace(t)
	if testing.Short() {
		t.Skip("starts a process for each of some 100 operations")
	}
	t.Parallel()
	made, environ := templatePortal(t)
	before := readTree(t, made)
	merge := func(dir string, more ...string) []string {
		return append([]string{"versions", "template", "--release", "1.53.0", "-C", dir}, more...)
	}
	undone, finished := killing{
		environ: environ,
		portal: func(t *testing.T) string {
			dir := t.TempDir()
			writeTree(t, dir, before)
			return dir
		},
		command: func(dir string) []string { return merge(dir, "--yes") },
		next: func(t *testing.T, dir string) string {
			_, out, errOut := run0(t, "", environ, merge(dir)...)
			return out + errOut
		},
		done: func(after map[string]string, _ string) bool {
			return after["packages/backend/src/new.ts"] != "" && after["packages/backend/src/old.ts"] == "" && strings.Contains(after[".portalctl.yaml"], "base: 1.53.0")
		},
	}.atEveryOperation(t)
	if finished == 0 || undone == 0 {
		t.Errorf("%d runs were finished and %d undone: both must happen", finished, undone)
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
