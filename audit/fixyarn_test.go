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
	adds func(lock string) []string // name@version, or name@^version
}

func (s *standIn) write(_ context.Context, files map[string][]byte) ([]byte, error) {
	s.runs++
	text := string(files["yarn.lock"])
	for _, p := range s.adds(text) {
		name, version, _ := strings.Cut(p, "@")
		exact := strings.TrimPrefix(version, "^")
		text += fmt.Sprintf("\n\"%[1]s@npm:%[2]s\":\n  version: %[3]s\n  resolution: \"%[1]s@npm:%[3]s\"\n  languageName: node\n  linkType: hard\n", name, version, exact)
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

// A step of its own is not dropped because Yarn keeps what another step was to end
// in another version of the same package, and what was to end with a dropped step is
// said to stay.
func TestFixPlanByYarnKeeps(t *testing.T) {
	t.Parallel()
	src := source{shelf: shelf{"p": {"0.1.7": nil, "0.1.12": nil, "6.2.1": nil, "6.3.0": nil}, "z": {"1.0.0": {"p": "0.1.7"}, "1.1.0": {"p": "0.1.12"}}}}
	files := monorepo(nil, []string{"p ^6.2.0", "z ^1.0.0"}, "p@npm:^6.2.0 = 6.2.1", "p@npm:0.1.7 = 0.1.7", "z@npm:^1.0.0 = 1.0.0 > p npm:0.1.7")
	keep := []string{entryOf(t, files["yarn.lock"], "p@npm:0.1.7"), entryOf(t, files["yarn.lock"], "z@npm:^1.0.0")}
	yarn := func(_ context.Context, files map[string][]byte) ([]byte, error) {
		text := string(files["yarn.lock"])
		if !strings.Contains(text, keep[1]) {
			if !strings.Contains(text, keep[0]) {
				t.Error("what only the moved version asked for is not in Yarn's seed")
			}
			text = strings.Replace(text, entryOf(t, text, "z@npm:^1.0.0"), keep[1], 1)
		}
		return []byte(text), nil
	}
	p, after := planned(t, files, src, reachMajor, func(f *FixInput) { f.Locks[0].YarnOnly, f.Locks[0].Yarn = "the test says so", yarn },
		advisory(t, "GHSA-p0", "p", high, "0 0.1.12"), advisory(t, "GHSA-p6", "p", high, "6.0.0 6.3.0"), advisory(t, "GHSA-z", "z", high, "0 1.1.0"))
	want := []string{"lock: p 6.2.1 → 6.3.0 | GHSA-p6",
		"left refused: p 0.1.7: z 1.0.0 → 1.1.0: the lock keeps it all the same",
		"left refused: z 1.0.0: z 1.0.0 → 1.1.0: the lock keeps it all the same"}
	if got := p.steps(); !slices.Equal(got, want) {
		t.Errorf("the plan:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
	if got := lines(after); len(got) != 2 {
		t.Errorf("left: %q", got)
	}
}

// entryOf is an entry of a lock, with its key and the line that ends it.
func entryOf(t *testing.T, lock, key string) string {
	t.Helper()
	i := strings.Index(lock, "\n\""+key+"\":\n")
	if i < 0 {
		t.Fatalf("no %s in\n%s", key, lock)
	}
	text, _, _ := strings.Cut(lock[i+1:], "\n\n")
	return strings.TrimSuffix(text, "\n") + "\n"
}

// Of many steps those that bring findings are found by who asks for what they bring:
// with a look for all of them, not one for each half.
func TestFixPlanByYarnBlames(t *testing.T) {
	t.Parallel()
	const packages, each = 40, 10
	var deps, lock []string
	src := source{shelf: shelf{"bad": {"1.0.0": nil}, "worse": {"1.0.0": nil}}}
	list := []*osv.Advisory{advisory(t, "GHSA-bad", "bad", high, "0"), advisory(t, "GHSA-worse", "worse", high, "0")}
	for i := range packages {
		name := fmt.Sprintf("p%02d", i)
		deps, lock = append(deps, name+" ^1.0.0"), append(lock, name+"@npm:^1.0.0 = 1.0.0")
		src.shelf[name] = map[string]map[string]string{"1.0.0": nil, "1.0.1": nil}
		switch i % each {
		case 3:
			src.shelf[name]["1.0.1"] = map[string]string{"bad": "^1.0.0"}
		case 7:
			src.shelf[name]["1.0.1"] = map[string]string{"worse": "^1.0.0"}
		}
		list = append(list, advisory(t, "GHSA-"+name, name, high, "0 1.0.1"))
	}
	yarn := &standIn{adds: func(lock string) (adds []string) {
		for _, name := range []string{"bad", "worse"} {
			if strings.Contains(lock, name+": ") && !strings.Contains(lock, "\""+name+"@npm:") {
				adds = append(adds, name+"@^1.0.0")
			}
		}
		return adds
	}}
	p, after := planned(t, monorepo(nil, deps, lock...), src, reachMajor, func(f *FixInput) {
		f.Locks[0].YarnOnly, f.Locks[0].Yarn = "the test says so", yarn.write
	}, list...)
	if got := lines(after); len(p.Fixes) != packages-8 || len(got) != 8 {
		t.Errorf("%d steps, left:\n  %s", len(p.Fixes), strings.Join(got, "\n  "))
	}
	for _, l := range p.Left {
		if !strings.Contains(l.Reason, "it would bring GHSA-") {
			t.Errorf("%s %s is left: %s", l.Package, l.Version, l.Reason)
		}
	}
	// Four steps bring each of the two: with all of them, with none of those that
	// look guilty, without a step.
	if yarn.runs > 10 {
		t.Errorf("Yarn was asked %d times", yarn.runs)
	}
}

// Steps that have a move in common bring one finding together: that of none alone.
func TestFixPlanByYarnBlamesAll(t *testing.T) {
	t.Parallel()
	src := source{shelf: shelf{"bad": {"1.0.0": nil}, "e": {"1.0.0": {"m": "1.0.0"}, "1.1.0": {"m": "^1.1.0"}},
		"m": {"1.0.0": {"q": "1.0.0"}, "1.1.0": {"q": "1.0.1", "bad": "^1.0.0"}}, "q": {"1.0.0": nil, "1.0.1": nil}}}
	list := []*osv.Advisory{advisory(t, "GHSA-bad", "bad", high, "0"), advisory(t, "GHSA-q", "q", high, "0 1.0.1")}
	deps, lock, asks := []string{"e ^1.0.0"}, []string{"q@npm:1.0.0 = 1.0.0", "m@npm:1.0.0 = 1.0.0 > q npm:1.0.0"}, "m npm:1.0.0"
	for i := range 20 {
		name := fmt.Sprintf("p%02d", i)
		src.shelf[name] = map[string]map[string]string{"1.0.0": nil, "1.0.1": nil}
		list = append(list, advisory(t, "GHSA-"+name, name, high, "0 1.0.1"))
		if i < 6 { // e pins these
			src.shelf["e"]["1.0.0"][name], src.shelf["e"]["1.1.0"][name] = "1.0.0", "1.0.1"
			lock, asks = append(lock, name+"@npm:1.0.0 = 1.0.0"), asks+", "+name+" npm:1.0.0"
			continue
		}
		deps, lock = append(deps, name+" ^1.0.0"), append(lock, name+"@npm:^1.0.0 = 1.0.0")
	}
	lock = append(lock, "e@npm:^1.0.0 = 1.0.0 > "+asks)
	runs := 0
	yarn := func(_ context.Context, files map[string][]byte) ([]byte, error) {
		runs++
		text := string(files["yarn.lock"])
		if strings.Contains(text, "e@npm:1.1.0") {
			text += `
"m@npm:^1.1.0":
  version: 1.1.0
  resolution: "m@npm:1.1.0"
  dependencies:
    bad: "npm:^1.0.0"
  languageName: node
  linkType: hard

"bad@npm:^1.0.0":
  version: 1.0.0
  resolution: "bad@npm:1.0.0"
  languageName: node
  linkType: hard
`
		}
		return []byte(text), nil
	}
	p, after := planned(t, monorepo(nil, deps, lock...), src, reachMajor, func(f *FixInput) {
		f.Locks[0].YarnOnly, f.Locks[0].Yarn = "the test says so", yarn
	}, list...)
	if got := lines(after); len(p.Fixes) != 14 || len(got) != 7 || runs > 4 {
		t.Errorf("%d runs of Yarn, %d steps, left:\n  %s", runs, len(p.Fixes), strings.Join(got, "\n  "))
	}
	seen := map[*Finding]bool{}
	for _, l := range p.Left {
		for _, f := range l.Findings {
			if seen[f] {
				t.Errorf("%s is left twice", f.Package)
			}
			seen[f] = true
		}
	}
}

// What a lock installs is not known where it lacks what a package.json asks for:
// that is said, and no Yarn is run.
func TestFixPlanOfStaleLock(t *testing.T) {
	t.Parallel()
	files := monorepo(nil, []string{"a ^1.0.0", "b ^1.0.0"}, "a@npm:^1.0.0 = 1.0.0")
	yarn := &standIn{adds: func(string) []string { return nil }}
	p, _ := planned(t, files, source{shelf: shelf{"a": {"1.0.0": nil, "1.0.1": nil}, "b": {"1.0.0": nil}}}, reachMajor, func(f *FixInput) {
		f.Locks[0].YarnOnly, f.Locks[0].Yarn = "the test says so", yarn.write
	}, advisory(t, "GHSA-a", "a", high, "0 1.0.1"))
	want := []string{"left unsolvable: a 1.0.0: packages/backend/package.json:7:10: yarn.lock has no entry for b@^1.0.0: what is installed is not known" +
		" → Run yarn install (or portalctl versions lock), and commit yarn.lock; where it is to be judged as it is, set lockfile-stale to warning in the audit section of .portalctl.yaml"}
	if got := p.steps(); !slices.Equal(got, want) || yarn.runs > 0 || !p.Empty() {
		t.Errorf("Yarn was run %d times; %q, want %q", yarn.runs, got, want)
	}
}
