package pinning

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/relock"
	"github.com/portalctl/portalctl/internal/testkit"
)

// TestRandom pins made-up portals. An older lock is made with an older release
// or none, from a registry that was older too; then package.json changes, the
// registry grows, and the portal moves to a release.
func TestRandom(t *testing.T) {
	testkit.SkipRace(t)
	seeds := uint64(150)
	if testing.Short() {
		seeds = 20
	}
	moved, off, ahead, double := 0, 0, 0, 0
	for seed := range seeds {
		w := newRandomWorld(seed)
		before := w.registry(4)
		now := w.registry(6)
		old := solveText(t, seed, w.portal(""), before, w.policy(0))
		archive := w.portal(old)
		in := portal(t, archive)
		policy := w.policy(1)
		res, err := relock.Solve(t.Context(), in, now, policy)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		pin := policy.(*relock.Release)
		v := prove(t, claim{old: old, new: string(res.Lock), dir: in.Project.Root, release: pin.Versions, registry: now.versions, lower: pin.AllowDowngrade})
		if len(v.faults) > 0 {
			t.Errorf("seed %d: %s\n%s\nrelease %v, downgrade %v\nbefore:\n%s\nafter:\n%s", seed, strings.Join(v.faults, "\n"), archive[:strings.Index(archive, "-- yarn.lock")], pin.Versions, pin.AllowDowngrade, brief(scan(old)), brief(scan(string(res.Lock))))
		}
		if res.OnRelease != v.on || res.OfRelease != v.of {
			t.Errorf("seed %d: the result counts %d of %d on the release, the proof %d of %d", seed, res.OnRelease, res.OfRelease, v.on, v.of)
		}
		sameList(t, v, slices.Concat(res.OffRelease, res.Ahead))
		head, _, _ := strings.Cut(archive, "-- yarn.lock --\n")
		if again := solveText(t, seed, head+"-- yarn.lock --\n"+string(res.Lock), now, policy); again != string(res.Lock) {
			t.Errorf("seed %d: pinned again, the lock changes:\nrelease %v, downgrade %v\n%s\n%s\n%s", seed, pin.Versions, pin.AllowDowngrade, brief(scan(old)), brief(scan(string(res.Lock))), brief(scan(again)))
		}
		moved, off, ahead, double = moved+v.on, off+len(res.OffRelease), ahead+len(res.Ahead), double+len(v.doubles)
	}
	t.Logf("%d portals: %d packages on the release, %d copies off, %d ahead, %d packages with several copies", seeds, moved, off, ahead, double)
	if moved == 0 || off == 0 || ahead == 0 || double == 0 {
		t.Error("the made-up portals do not have all kinds of packages")
	}
}

// randomWorld makes a registry, and package.json files that ask for things in it.
type randomWorld struct {
	rand  *rand.Rand
	lines []string // of the registry; the first words are name and version
	names []string // covered
	seed  uint64
}

// randomRanges are satisfied by some version of every package at all times.
var randomRanges = []string{"^1.0.0", "^1.0.0", "^1.1.0", "^1.2.0", "~1.1.0", "1.2.0", "1.3.0", ">=1.0.0_<1.3.0", "<=1.2.0", "^2.0.0", "^1.2.0_||_^2.0.0", "*"}

func newRandomWorld(seed uint64) *randomWorld {
	w := &randomWorld{rand: rand.New(rand.NewPCG(seed, 7)), seed: seed}
	w.names = []string{"@backstage/plugin-a", "@backstage/plugin-a-backend", "@backstage/plugin-a-react", "@backstage/core", "@backstage/core-plugin-api", "@backstage/types"}
	for i, name := range w.names {
		for minor := range 6 {
			w.lines = append(w.lines, fmt.Sprintf("%s 1.%d.0%s", name, minor, w.deps(w.names[i+1:], 2)))
		}
		w.lines = append(w.lines, fmt.Sprintf("%s 2.0.0%s", name, w.deps(w.names[i+1:], 2)))
	}
	for i := range 4 {
		for minor := range 6 {
			w.lines = append(w.lines, fmt.Sprintf("third%d 1.%d.0%s", i, minor, w.deps(w.names, 3)))
		}
	}
	return w
}

// deps are up to n dependencies on some of names.
func (w *randomWorld) deps(names []string, n int) string {
	var b strings.Builder
	for _, name := range names {
		if n > 0 && w.rand.IntN(3) == 0 {
			b.WriteString(" " + name + "@" + randomRanges[w.rand.IntN(len(randomRanges))])
			n--
		}
	}
	return b.String()
}

// registry has the versions below minor, and 2.0.0.
func (w *randomWorld) registry(minor int) fake {
	r := fake{}
	for _, line := range w.lines {
		f := strings.Fields(line)
		if f[1] != "2.0.0" && int(f[1][2]-'0') >= minor {
			continue
		}
		if r[f[0]] == nil {
			r[f[0]] = map[string]map[string]string{}
		}
		deps := map[string]string{}
		for _, x := range f[2:] {
			name, rng := split(x)
			deps[name] = strings.ReplaceAll(rng, "_", " ")
		}
		r[f[0]][f[1]] = deps
	}
	return r
}

// policy is a release; which one depends on the time, 0 for the old lock.
func (w *randomWorld) policy(now int) relock.Policy {
	if now == 0 && w.rand.IntN(2) == 0 {
		return relock.Highest{}
	}
	p := &relock.Release{Versions: map[string]string{}, AllowDowngrade: now > 0 && w.rand.IntN(6) == 0}
	for _, name := range w.names {
		p.Versions[name] = fmt.Sprintf("1.%d.0", w.rand.IntN(3)+now*2)
		switch w.rand.IntN(12) {
		case 0:
			p.Versions[name] = "1.9.9" // which the registry lacks
		case 1:
			delete(p.Versions, name)
		}
	}
	return p
}

// portal is a root that asks for some covered and some third-party packages.
func (w *randomWorld) portal(lock string) string {
	var deps []string
	add := func(name string, ranges []string) {
		deps = append(deps, fmt.Sprintf("%q: %q", name, strings.ReplaceAll(ranges[w.rand.IntN(len(ranges))], "_", " ")))
	}
	for _, name := range w.names {
		if w.rand.IntN(2) == 0 {
			add(name, randomRanges)
		}
	}
	for i := range 4 {
		if w.rand.IntN(2) == 0 {
			add(fmt.Sprintf("third%d", i), []string{"^1.0.0", "~1.0.0", "~1.1.0"})
		}
	}
	return fmt.Sprintf("-- package.json --\n{\"name\": \"root\", \"workspaces\": [], \"dependencies\": {%s}}\n-- yarn.lock --\n%s", strings.Join(deps, ", "), lock)
}

func solveText(t *testing.T, seed uint64, archive string, source relock.Source, policy relock.Policy) string {
	t.Helper()
	res, err := relock.Solve(t.Context(), portal(t, archive), source, policy)
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	return string(res.Lock)
}
