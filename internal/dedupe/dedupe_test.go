package dedupe

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/yarnlock"
)

// lock makes a Berry lock of lines "key, key = resolution".
func lock(t testing.TB, lines ...string) *yarnlock.Lock {
	t.Helper()
	var b strings.Builder
	b.WriteString("__metadata:\n  version: 8\n  cacheKey: 10c0\n")
	for _, line := range lines {
		key, at, _ := strings.Cut(line, " = ")
		version := at[strings.LastIndexAny(at, ":@")+1:]
		fmt.Fprintf(&b, "\n%q:\n  version: %q\n  resolution: %q\n  linkType: hard\n", key, version, at)
	}
	l, err := yarnlock.Parse("yarn.lock", []byte(b.String()))
	if err != nil {
		t.Fatalf("%v in\n%s", err, b.String())
	}
	return l
}

// classic makes a Yarn 1 lock of lines "key, key = version".
func classic(t testing.TB, lines ...string) *yarnlock.Lock {
	t.Helper()
	var b strings.Builder
	b.WriteString("# yarn lockfile v1\n\n")
	for _, line := range lines {
		keys, version, _ := strings.Cut(line, " = ")
		fmt.Fprintf(&b, "\n\"%s\":\n  version \"%s\"\n", strings.ReplaceAll(keys, ", ", `", "`), version)
	}
	l, err := yarnlock.Parse("yarn.lock", []byte(b.String()))
	if err != nil {
		t.Fatalf("%v in\n%s", err, b.String())
	}
	return l
}

func show(moves []Move) []string {
	var list []string
	for _, m := range moves {
		list = append(list, m.Descriptor.String()+": "+m.From.Version+" → "+m.To.Version)
	}
	return list
}

func TestPlan(t *testing.T) {
	three := []string{
		"x@npm:^1.0.0 = x@npm:1.0.0",
		"x@npm:^1.1.0 = x@npm:1.1.0",
		"x@npm:^1.2.0 = x@npm:1.2.0",
	}
	release := map[string]string{"x": "1.1.0"}
	yes := func(string) bool { return true }
	for _, tt := range []struct {
		name string
		lock *yarnlock.Lock
		opts Options
		want []string
	}{
		{"highest", lock(t, three...), Options{Strategy: Highest},
			[]string{"x@npm:^1.0.0: 1.0.0 → 1.2.0", "x@npm:^1.1.0: 1.1.0 → 1.2.0"}},
		{"nothing is on the release yet: up to it, and no further", lock(t, three...), Options{Versions: release},
			[]string{"x@npm:^1.0.0: 1.0.0 → 1.1.0"}},
		{"a singleton does not leave the release either", lock(t, three...), Options{Versions: release, Singleton: yes},
			[]string{"x@npm:^1.0.0: 1.0.0 → 1.1.0"}},
		{"without a manifest the release strategy is highest", lock(t, three...), Options{},
			[]string{"x@npm:^1.0.0: 1.0.0 → 1.2.0", "x@npm:^1.1.0: 1.1.0 → 1.2.0"}},
		{"ahead of the release, two versions become the higher", lock(t,
			"x@npm:^1.0.0 = x@npm:1.3.0", "x@npm:^1.1.0 = x@npm:1.1.0", "x@npm:^1.2.0 = x@npm:1.4.0"), Options{Versions: release},
			[]string{"x@npm:^1.0.0: 1.3.0 → 1.4.0"}},
		{"a singleton: one that does for all, not the highest for each", lock(t,
			"x@npm:^1.1.0 = x@npm:1.1.0", "x@npm:>=1.2 <1.4 = x@npm:1.2.0", "x@npm:^1.2.0 = x@npm:1.3.0", "x@npm:latest = x@npm:1.5.0"),
			Options{Versions: release, Singleton: yes},
			[]string{"x@npm:>=1.2 <1.4: 1.2.0 → 1.3.0"}},
		{"a singleton: who is on the release has an answer and no say", lock(t,
			"x@npm:~1.1.0 = x@npm:1.1.0", "x@npm:>=1.2 <1.4 = x@npm:1.2.0", "x@npm:^1.2.0 = x@npm:1.3.0", "x@npm:latest = x@npm:1.5.0"),
			Options{Versions: release, Singleton: yes},
			[]string{"x@npm:>=1.2 <1.4: 1.2.0 → 1.3.0"}},
		{"most ranges", lock(t, "x@npm:^1.0.0 = x@npm:1.0.0", "x@npm:<1.2.0 = x@npm:1.1.0", "x@npm:>=1.0.0 = x@npm:2.0.0", "x@npm:>=1.1.0 = x@npm:2.0.1"),
			Options{Strategy: Fewer},
			[]string{"x@npm:^1.0.0: 1.0.0 → 1.1.0", "x@npm:>=1.0.0: 2.0.0 → 1.1.0", "x@npm:>=1.1.0: 2.0.1 → 1.1.0"}},
		{"a prerelease only where the range names one", lock(t, "x@npm:^1.0.0 = x@npm:1.0.0", "x@npm:^1.1.0-next.0 = x@npm:1.1.0-next.1"),
			Options{Strategy: Highest}, nil},
		{"the Backstage plugin's ranges", lock(t, "x@backstage:^::backstage=1.50.0&npm=1.1.0 = x@npm:1.1.0", "x@npm:^1.2.0 = x@npm:1.2.0"),
			Options{Strategy: Highest}, []string{"x@backstage:^::backstage=1.50.0&npm=1.1.0: 1.1.0 → 1.2.0"}},
		{"an alias goes with its own kind", lock(t, "a@npm:x@^1.0.0 = x@npm:1.0.0", "a@npm:x@^1.1.0 = x@npm:1.1.0", "a@npm:y@^1.0.0 = y@npm:1.5.0"),
			Options{Strategy: Highest}, []string{"a@npm:x@^1.0.0: 1.0.0 → 1.1.0"}},
		{"two aliases of the same version are two packages", lock(t, "a@npm:x@^1.0.0 = x@npm:1.1.0", "a@npm:y@^1.0.0 = y@npm:1.0.0", "a@npm:y@^1.1.0 = y@npm:1.1.0"),
			Options{Strategy: Highest}, []string{"a@npm:y@^1.0.0: 1.0.0 → 1.1.0"}},
		{"nothing moves to a patch or to git", lock(t, "x@npm:^1.0.0 = x@npm:1.0.0",
			"x@patch:x@npm%3A1.1.0#~/x.patch = x@patch:x@npm%3A1.1.0#~/x.patch::version=1.2.0", "x@https://host/x.git#v1.3.0 = x@https://host/x.git#v:1.3.0"),
			Options{Strategy: Highest}, nil},
		{"a range that a workspace answers stays with it, and has no say", lock(t, "x@npm:<1.2.0, x@workspace:packages/x = x@workspace:packages/x", "x@npm:^1.1.0 = x@npm:1.1.0", "x@npm:>=1.0.0 = x@npm:1.2.0"),
			Options{Strategy: Fewer}, []string{"x@npm:^1.1.0: 1.1.0 → 1.2.0"}},
		{"the Backstage plugin's range that is not bound to a version stays", lock(t, "x@backstage:^ = x@npm:1.1.0", "x@npm:^1.2.0 = x@npm:1.2.0"),
			Options{Strategy: Highest}, nil},
		{"an alias of the package itself", lock(t, "x@npm:^1.0.0 = x@npm:1.0.0", "x@npm:x@^1.1.0 = x@npm:1.1.0"),
			Options{Strategy: Highest}, []string{"x@npm:^1.0.0: 1.0.0 → 1.1.0"}},
		{"a dependency by another protocol behind npm: stays", lock(t, "x@npm:x@npm:1.0.0 = x@npm:1.0.0", "x@npm:x@workspace:* = x@npm:1.0.1", "x@npm:^1.1.0 = x@npm:1.1.0"),
			Options{Strategy: Highest}, nil},
		{"tags, patches, git and workspaces stay", lock(t,
			"x@npm:latest = x@npm:1.0.0", "x@npm:^1.2.0 = x@npm:1.2.0",
			"x@patch:x@npm%3A1.0.0#~/x.patch = x@patch:x@npm%3A1.0.0#~/x.patch::version=1.0.0&hash=ab",
			"x@https://host/x.git#main = x@https://host/x.git#commit=0123", "x@workspace:^, x@workspace:packages/x = x@workspace:packages/x"),
			Options{Strategy: Highest}, nil},
		{"out of scope", lock(t, three...), Options{Strategy: Highest, Scope: func(name string) bool { return name == "y" }}, nil},
		{"Classic", classic(t, "x@^1.0.0 = 1.0.0", "x@^1.1.0, x@^1.0.1 = 1.1.0", "y = 1.0.0", "y@latest = 2.0.0"),
			Options{Strategy: Highest}, []string{"x@^1.0.0: 1.0.0 → 1.1.0", "y: 1.0.0 → 2.0.0"}},
		{"Classic: what a resolution put higher stays", classic(t, "x@^1.0.0 = 2.0.0", "x@^1.1.0 = 1.1.0"), Options{Strategy: Highest}, nil},
		{"Classic: what a resolution put on the release stays there", classic(t, "x@^2.0.0 = 1.1.0", "x@^2.1.0 = 2.1.0"), Options{Versions: release}, nil},
		{"Classic: a version from git is a version, as for yarn-deduplicate", classic(t, "x@^1.0.0 = 1.0.0", "x@git+https://example.com/x.git#v1.1.0 = 1.1.0"),
			Options{Strategy: Highest}, []string{"x@^1.0.0: 1.0.0 → 1.1.0"}},
		{"Classic: an alias is a package of its own", classic(t, "a@npm:x@^1.0.0 = 1.0.0", "a@npm:x@^1.1.0 = 1.1.0", "a@npm:y@^1.0.0 = 1.5.0"),
			Options{Strategy: Highest}, []string{"a@npm:x@^1.0.0: 1.0.0 → 1.1.0"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			moves := Plan(tt.lock, tt.opts)
			if diff := cmp.Diff(tt.want, show(moves)); diff != "" {
				t.Error(diff)
			}
			before := string(tt.lock.Format())
			Apply(tt.lock, moves)
			if (string(tt.lock.Format()) != before) != (len(moves) > 0) {
				t.Error("the lock changed without a move, or not with one")
			}
			if again := Plan(tt.lock, tt.opts); len(again) > 0 {
				t.Errorf("a second run: %v", show(again))
			}
			for _, m := range moves {
				if e := tt.lock.Lookup(m.Descriptor); e == nil || e.Version != m.To.Version {
					t.Errorf("%s did not move", m.Descriptor)
				}
			}
		})
	}
}

// A patch follows its source; where the lock has no such patch of the other
// version, the source stays.
func TestPatchesFollow(t *testing.T) {
	const builtin = "#optional!builtin<compat/resolve>"
	at := func(v string) string {
		return "resolve@patch:resolve@npm%3A" + v + builtin + "::version=" + v + "&hash=c3c19d"
	}
	l := lock(t,
		"resolve@npm:^1.1.0 = resolve@npm:1.22.0", "resolve@npm:^1.10.0 = resolve@npm:1.20.0", "resolve@npm:~1.20.0 = resolve@npm:1.20.1",
		"resolve@patch:resolve@npm%3A^1.1.0"+builtin+" = "+at("1.22.0"),
		"resolve@patch:resolve@npm%3A^1.10.0"+builtin+" = "+at("1.20.0"),
	)
	moves := Plan(l, Options{Strategy: Highest})
	if diff := cmp.Diff([]string{"resolve@npm:^1.10.0: 1.20.0 → 1.22.0"}, show(moves)); diff != "" {
		t.Error(diff)
	}
	Apply(l, moves)
	want := yarnlock.Descriptor{Name: "resolve", Range: "patch:resolve@npm%3A^1.10.0" + builtin}
	if e := l.Lookup(want); e == nil || e.Resolution.String() != at("1.22.0") || len(e.Keys) != 2 {
		t.Errorf("the patch is at %+v", e)
	}

	// 1.22.0 is not patched: moving ^1.10.0 there would need a new patch.
	l = lock(t, "resolve@npm:^1.1.0 = resolve@npm:1.22.0", "resolve@npm:^1.10.0 = resolve@npm:1.20.0",
		"resolve@patch:resolve@npm%3A^1.10.0"+builtin+" = "+at("1.20.0"))
	if moves := Plan(l, Options{Strategy: Highest}); len(moves) > 0 {
		t.Errorf("moves %v", show(moves))
	}
}

// Whatever the strategy Release does: nothing leaves the release's version,
// and nothing gets less than it had.
func TestReleaseNeverMovesOff(t *testing.T) {
	for _, v := range []string{"1.0.0", "1.1.0", "1.2.0"} {
		l := lock(t,
			"x@npm:^1.0.0 = x@npm:1.0.0", "x@npm:~1.0.0 = x@npm:1.0.1", "x@npm:^1.1.0 = x@npm:1.1.0",
			"x@npm:>=1 <1.2 = x@npm:1.1.1", "x@npm:^1.2.0 = x@npm:1.2.0", "x@npm:* = x@npm:1.3.0")
		had := map[yarnlock.Descriptor]string{}
		for _, e := range l.Entries {
			for _, k := range e.Keys {
				had[k] = e.Version
			}
		}
		Apply(l, Plan(l, Options{Versions: map[string]string{"x": v}, Singleton: func(string) bool { return true }}))
		for k, before := range had {
			if now := l.Lookup(k).Version; now < before || before == v && now != v {
				t.Errorf("release %s: %s went from %s to %s", v, k, before, now)
			}
		}
	}
}
