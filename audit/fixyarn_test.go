package audit

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/osv"
)

// standIn is a Yarn that adds to the lock it is given what adds says, and counts
// how often it is asked.
type standIn struct {
	runs int
	adds func(lock string) []string // name@version
}

func (s *standIn) write(_ context.Context, files map[string][]byte) ([]byte, error) {
	s.runs++
	text := string(files["yarn.lock"])
	for _, p := range s.adds(text) {
		name, version, _ := strings.Cut(p, "@")
		text += fmt.Sprintf("\n\"%[1]s@npm:%[2]s\":\n  version: %[2]s\n  resolution: \"%[1]s@npm:%[2]s\"\n  languageName: node\n  linkType: hard\n", name, version)
	}
	return []byte(text), nil
}

// Where Yarn writes the lock, what it does without a step is held against none,
// and a step that brings a finding is found by halves.
func TestFixPlanByYarn(t *testing.T) {
	t.Parallel()
	const packages = 40
	has := func(lock string, i int) bool {
		return strings.Contains(lock, fmt.Sprintf("resolution: \"p%02d@npm:1.0.1\"", i))
	}
	tests := []struct {
		name string
		adds func(lock string) []string
		// fixed are the packages that are.
		fixed func(i int) bool
		runs  int
		// left is why the others are not, note what is said of Yarn's own doing.
		left, note string
		findings   int
	}{
		{
			name:  "nothing is added",
			adds:  func(string) []string { return nil },
			fixed: func(int) bool { return true }, runs: 1,
		},
		{
			name:  "Yarn adds it without a step, too",
			adds:  func(string) []string { return []string{"bad@1.0.0"} },
			fixed: func(int) bool { return true }, runs: 2, findings: 1,
			note: "yarn.lock: a plain yarn install, without a fix, brings 1 finding that the lock does not have: GHSA-bad for bad 1.0.0",
		},
		{
			name: "one step brings it",
			adds: func(lock string) []string {
				if has(lock, 17) {
					return []string{"bad@1.0.0"}
				}
				return nil
			},
			fixed: func(i int) bool { return i != 17 }, runs: 2 + 5 + 1, findings: 1,
			left: "p17 1.0.0 → 1.0.1: it would bring GHSA-bad, for bad 1.0.0",
		},
		{
			name: "one step brings another than Yarn does without it",
			adds: func(lock string) []string {
				if has(lock, 3) {
					return []string{"bad@1.0.0", "bad@1.1.0"}
				}
				return []string{"bad@1.0.0"}
			},
			fixed: func(i int) bool { return i != 3 }, runs: 2 + 6 + 1, findings: 2,
			left: "p03 1.0.0 → 1.0.1: it would bring GHSA-bad, for bad 1.1.0",
			note: "yarn.lock: a plain yarn install, without a fix, brings 1 finding that the lock does not have: GHSA-bad for bad 1.0.0",
		},
		{
			name: "more steps bring one than Yarn is asked about",
			adds: func(lock string) []string {
				for i := 20; i < packages; i++ {
					if has(lock, i) {
						return []string{"bad@1.0.0"}
					}
				}
				return nil
			},
			fixed: func(i int) bool { return i < 20 }, runs: yarnRuns, findings: packages - 20,
			left: "which of the last steps it is that brings other findings is not known after 32 runs of Yarn, the most there are",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var deps, lock []string
			src := source{shelf: shelf{}}
			list := []*osv.Advisory{advisory(t, "GHSA-bad", "bad", high, "0")}
			for i := range packages {
				name := fmt.Sprintf("p%02d", i)
				deps, lock = append(deps, name+" ^1.0.0"), append(lock, name+"@npm:^1.0.0 = 1.0.0")
				src.shelf[name] = map[string]map[string]string{"1.0.0": nil, "1.0.1": nil}
				list = append(list, advisory(t, "GHSA-"+name, name, high, "0 1.0.1"))
			}
			yarn := &standIn{adds: tt.adds}
			p, after := planned(t, monorepo(nil, deps, lock...), src, reachMajor, func(f *FixInput) {
				f.Locks[0].YarnOnly, f.Locks[0].Yarn = "the test says so", yarn.write
			}, list...)
			if yarn.runs != tt.runs {
				t.Errorf("Yarn was asked %d times, want %d", yarn.runs, tt.runs)
			}
			steps := strings.Join(p.steps(), "\n")
			for i := range packages {
				if got := strings.Contains(steps, fmt.Sprintf("lock: p%02d 1.0.0 → 1.0.1 |", i)); got != tt.fixed(i) {
					t.Errorf("p%02d is fixed: %v", i, got)
				}
			}
			if !strings.Contains(steps, tt.left) || tt.left == "" && len(p.Left) > 0 {
				t.Errorf("left:\n%s\nwant %q", steps, tt.left)
			}
			want := []string{"yarn.lock is written by the project's own Yarn: the test says so"}
			if tt.note != "" {
				want = append([]string{tt.note}, want...)
			}
			if !slices.Equal(p.Notes, want) {
				t.Errorf("notes %q, want %q", p.Notes, want)
			}
			if got := lines(after); len(got) != tt.findings {
				t.Errorf("%d findings are left, want %d:\n%s", len(got), tt.findings, strings.Join(got, "\n"))
			}
		})
	}
}
