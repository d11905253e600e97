package relock

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/yarnlock"
)

const raisePackages = `
	a@1.0.0
	a@1.1.0
	a@1.2.0 b@^1.2.0 c@^1.0.0
	a@1.9.0
	a@2.0.0
	b@1.1.0
	b@1.3.0
	b@1.9.0
	c@1.0.0
	c@1.5.0
	keeps@1.0.0 a@~1.0.0
	asks@1.0.0 a@^1.0.0
	asks@1.1.0 a@^1.2.0
`

func TestRaise(t *testing.T) {
	t.Parallel()
	root := func(deps, lock string) string {
		return "-- package.json --\n{\"name\": \"root\", \"workspaces\": [], \"dependencies\": {" + deps + "}}\n-- yarn.lock --\n" + lockOf(lock)
	}
	tests := []struct {
		name, archive string
		moves         map[string]map[string]string
		avoid         string
		want          string
	}{
		{"to the version that is named, and not the newest", root(`"a": "^1.0.0"`, "a@npm:^1.0.0 = 1.0.0\n"),
			map[string]map[string]string{"a": {"1.0.0": "1.1.0"}}, "",
			"a@npm:^1.0.0 = npm:1.1.0\n"},
		{"what is not named stays, in another version of the package too", root(`"a": "^1.0.0", "asks": "^1.0.0", "b": "^1.0.0"`,
			"a@npm:^1.0.0 = 1.0.0\nasks@npm:^1.0.0 = 1.0.0 a@^1.0.0\nb@npm:^1.0.0 = 1.1.0\n"),
			map[string]map[string]string{"a": {"1.1.0": "1.2.0"}}, "",
			"a@npm:^1.0.0 = npm:1.0.0\nasks@npm:^1.0.0 = npm:1.0.0\nb@npm:^1.0.0 = npm:1.1.0\n"},
		{"a range that does not admit it keeps what it has", root(`"a": "^1.0.0", "keeps": "^1.0.0"`,
			"a@npm:^1.0.0, a@npm:~1.0.0 = 1.0.0\nkeeps@npm:^1.0.0 = 1.0.0 a@~1.0.0\n"),
			map[string]map[string]string{"a": {"1.0.0": "1.1.0"}}, "",
			"a@npm:^1.0.0 = npm:1.1.0\na@npm:~1.0.0 = npm:1.0.0\nkeeps@npm:^1.0.0 = npm:1.0.0\n"},
		{"a new range gets what the lock has, else the newest", root(`"a": "^1.0.0", "b": "^1.0.0"`, "a@npm:^1.0.0 = 1.0.0\nb@npm:^1.0.0 = 1.3.0\n"),
			map[string]map[string]string{"a": {"1.0.0": "1.2.0"}}, "",
			"a@npm:^1.0.0 = npm:1.2.0\nb@npm:^1.0.0, b@npm:^1.2.0 = npm:1.3.0\nc@npm:^1.0.0 = npm:1.5.0\n"},
		{"but nothing that is to be avoided", root(`"a": "^1.0.0"`, "a@npm:^1.0.0 = 1.0.0\n"),
			map[string]map[string]string{"a": {"1.0.0": "1.2.0"}}, "c@1.5.0 b@1.9.0",
			"a@npm:^1.0.0 = npm:1.2.0\nb@npm:^1.2.0 = npm:1.3.0\nc@npm:^1.0.0 = npm:1.0.0\n"},
		{"a new range of what is raised gets that", root(`"asks": "^1.0.0"`, "a@npm:^1.0.0 = 1.0.0\nasks@npm:^1.0.0 = 1.0.0 a@^1.0.0\n"),
			map[string]map[string]string{"a": {"1.0.0": "1.2.0"}, "asks": {"1.0.0": "1.1.0"}}, "",
			"a@npm:^1.2.0 = npm:1.2.0\nasks@npm:^1.0.0 = npm:1.1.0\nb@npm:^1.2.0 = npm:1.9.0\nc@npm:^1.0.0 = npm:1.5.0\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := project(t, tt.archive)
			r, err := Solve(context.Background(), in, registryOf(t, raisePackages), &Raise{Moves: tt.moves,
				Avoid: func(name, version string) bool { return strings.Contains(tt.avoid, name+"@"+version) }})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, strings.ReplaceAll(brief(t, r.Lock), " -\n", "\n")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReseat(t *testing.T) {
	t.Parallel()
	const classic = `# yarn lockfile v1


a@^1.0.0, a@^1.1.0:
  version "1.0.0"
  resolved "https://registry.example/a/-/a-1.0.0.tgz#00"

asks@^1.0.0:
  version "1.0.0"
  resolved "https://registry.example/asks/-/asks-1.0.0.tgz#00"
  dependencies:
    a "^1.0.0"
`
	lock, err := yarnlock.Parse("yarn.lock", []byte(classic))
	if err != nil {
		t.Fatal(err)
	}
	source := registryOf(t, raisePackages)
	err = Reseat(context.Background(), lock, source, &Raise{Moves: map[string]map[string]string{"a": {"1.0.0": "1.2.0"}}},
		[]Bind{{Descriptor: descriptor{Name: "a", Range: "1.2.0"}, Package: "a", Version: "1.2.0"}, {Descriptor: descriptor{Name: "b", Range: "^1.2.0"}, Package: "b", Version: "1.3.0"}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := yarnlock.Parse("yarn.lock", lock.Format())
	if err != nil {
		t.Fatal(err)
	}
	a, b := got.Lookup(descriptor{Name: "a", Range: "^1.1.0"}), got.Lookup(descriptor{Name: "b", Range: "^1.2.0"})
	if a == nil || a.Version != "1.2.0" || got.Lookup(descriptor{Name: "a", Range: "1.2.0"}) != a || len(a.Keys) != 3 {
		t.Errorf("a: %+v", a)
	}
	if a != nil && (len(a.Dependencies) != 2 || !strings.Contains(a.Resolved, "a-1.2.0.tgz")) {
		t.Errorf("a asks for %v, and comes from %s", a.Dependencies, a.Resolved)
	}
	if b == nil || b.Version != "1.3.0" {
		t.Errorf("b: %+v", b)
	}
	if e := got.Lookup(descriptor{Name: "asks", Range: "^1.0.0"}); e == nil || e.Version != "1.0.0" {
		t.Errorf("asks: %+v", e)
	}
}
