package check

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/portalctl/portalctl/internal/workspace"
	"github.com/portalctl/portalctl/internal/yarnlock"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// now is the clock of the tests.
var now = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

// copyPortal is a copy of the fixture portal that a test may change.
func copyPortal(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/portal")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// open reads the portal in dir as the command does.
func open(t testing.TB, dir string) Input {
	t.Helper()
	project, err := workspace.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	settings, err := yarnrc.Load(project.Root, []string{"HOME=" + t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	in := Input{Project: project, Settings: settings, Files: os.DirFS(project.Root)}
	src, err := os.ReadFile(filepath.Join(dir, "yarn.lock"))
	if errors.Is(err, fs.ErrNotExist) {
		return in
	}
	if err != nil {
		t.Fatal(err)
	}
	in.Lock, in.LockErr = yarnlock.Parse("yarn.lock", src)
	return in
}

// manifest are the versions of a release manifest file.
func manifest(t testing.TB, file string) map[string]string {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		Packages []struct{ Name, Version string }
	}
	if err := json.Unmarshal(src, &m); err != nil {
		t.Fatal(err)
	}
	versions := map[string]string{}
	for _, p := range m.Packages {
		versions[p.Name] = p.Version
	}
	return versions
}

// openFixture is a copy of the fixture portal, with its release.
func openFixture(t testing.TB, dir string) Input {
	t.Helper()
	in := open(t, dir)
	in.Release = manifest(t, "testdata/manifest.json")
	return in
}

func mustReport(t testing.TB, in Input, opts Options) *Report {
	t.Helper()
	if opts.Now.IsZero() {
		opts.Now = now
	}
	r, err := NewReport(in, opts)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// lines are the findings as "rule file:line".
func lines(r *Report) []string {
	list := []string{}
	for _, f := range r.Findings {
		pos := f.Pos
		pos.Col = 0
		list = append(list, f.Rule+" "+pos.String())
	}
	return list
}
