package trust

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/testkit/testshared"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// readSide reads a checkout as the audit does.
func readSide(t testing.TB, root string) Side {
	t.Helper()
	side := Side{Files: tree{}}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(root, file)
		rel = filepath.ToSlash(rel)
		if d.Name() != "yarn.lock" && !Wanted(rel) {
			return nil
		}
		src, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if d.Name() != "yarn.lock" {
			side.Files[rel] = src
			return nil
		}
		l, err := yarnlock.Parse(rel, src)
		if err != nil {
			return err
		}
		side.Locks = append(side.Locks, l)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return side
}

func check(t testing.TB, in Input) *Result {
	t.Helper()
	r, err := Check(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func show(r *Result) string {
	var b strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%s %s new=%v %s: %s\n", f.Severity, f.Rule, f.New, f.Pos, f.Message)
	}
	for _, u := range r.Unknown {
		fmt.Fprintf(&b, "unknown %s: %s\n", u.Rule, u.Reason)
	}
	return b.String()
}

// What real portals have is in order: with nothing to compare with, as a change
// that brings all of it, and as a change of something else.
func TestCorpora(t *testing.T) {
	// Somebody wrote this one by hand: a pin on 8.17.0 that installs the fix.
	const byHand = "the entry of ws@npm:8.17.0 installs 8.17.1, which is not in its range"
	dirs, err := filepath.Glob(filepath.Join(testshared.Dir(t, "corpus"), "*"))
	if err != nil {
		t.Fatal(err)
	}
	locks, entries, found := 0, 0, map[string]int{}
	for _, dir := range dirs {
		side := readSide(t, dir)
		locks += len(side.Locks)
		for _, l := range side.Locks {
			entries += len(l.Entries)
		}
		for mode, in := range map[string]Input{"alone": {Head: side}, "all new": {Head: side, Base: &Side{}}, "unchanged": {Head: side, Base: &side}} {
			for _, f := range check(t, in).Findings {
				found[mode+" "+f.Rule]++
				switch {
				case mode == "unchanged" && (f.New || f.Severity != finding.Info):
				case mode == "alone" && f.Severity != finding.Info:
				case f.Rule == ruleIntegrity && f.Message != byHand, f.Rule == ruleGit, f.Rule == ruleEdited:
				default:
					continue
				}
				t.Errorf("%s, %s: %+v", dir, mode, f)
			}
		}
	}
	t.Log(locks, "locks", entries, "entries", found)
	if locks != 11 {
		t.Errorf("%d locks, not 11", locks)
	}
}

// Six release bumps of a real portal bring nothing that a gate would stop at.
func TestBumps(t *testing.T) {
	dirs, err := filepath.Glob(filepath.Join(testshared.Dir(t, "golden/bump"), "demo-*"))
	if err != nil || len(dirs) == 0 {
		t.Fatal(dirs, err)
	}
	for _, dir := range dirs {
		base := readSide(t, filepath.Join(dir, "input"))
		for _, f := range check(t, Input{Head: readSide(t, filepath.Join(dir, "expected")), Base: &base}).Findings {
			if f.New || f.Severity != finding.Info {
				t.Errorf("%s: %+v", filepath.Base(dir), f)
			}
		}
	}
}
