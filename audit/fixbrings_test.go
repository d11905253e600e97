package audit

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/portalctl/portalctl/internal/osv"
)

// Of the versions that end a finding, the one that brings the fewest package versions
// which the lock does not have.
func TestFixPlanFewest(t *testing.T) {
	t.Parallel()
	a := func(ranges ...string) *osv.Advisory { return advisory(t, "GHSA-a", "a", high, ranges...) }
	tests := []planCase{
		{
			name: "a version that the lock has comes before a lower one that it lacks",
			deps: []string{"a ^1.0.0", "p ^1.0.0"}, lock: []string{"a@npm:^1.0.0 = 1.0.0", "a@npm:^1.2.0 = 1.2.0", "p@npm:^1.0.0 = 1.0.0 > a npm:^1.2.0"},
			shelf: shelf{"a": {"1.0.0": nil, "1.0.1": nil, "1.2.0": nil, "1.3.0": nil}, "p": {"1.0.0": {"a": "^1.2.0"}}},
			list:  []*osv.Advisory{a("0 1.0.1")},
			want:  []string{"lock: a 1.0.0 → 1.2.0 | GHSA-a"},
		},
		{
			name: "one that asks for what the lock has before a lower one that asks for more",
			deps: []string{"a ^1.0.0", "b ^1.0.0"}, lock: []string{"a@npm:^1.0.0 = 1.0.0", "b@npm:^1.0.0 = 1.1.0"},
			shelf: shelf{"a": {"1.0.0": nil, "1.0.1": {"b": "^2.0.0"}, "1.0.2": {"b": "^1.1.0"}, "1.0.3": nil}, "b": {"1.1.0": nil, "2.0.0": nil}},
			list:  []*osv.Advisory{a("0 1.0.1")},
			want:  []string{"lock: a 1.0.0 → 1.0.2 | GHSA-a"},
		},
		{
			name: "and what comes with what comes counts, too",
			deps: []string{"a ^1.0.0", "b ^2.0.0", "c ^1.0.0"}, lock: []string{"a@npm:^1.0.0 = 1.0.0", "b@npm:^2.0.0 = 2.0.1", "c@npm:^1.0.0 = 1.0.0"},
			shelf: shelf{"a": {"1.0.0": nil, "1.0.1": {"b": "^5.0.0"}, "1.0.2": {"b": "^2.0.2"}},
				"b": {"2.0.1": nil, "2.0.2": {"c": "^1.0.0"}, "5.0.0": {"c": "^4.0.0"}}, "c": {"1.0.0": nil, "4.0.0": nil}},
			list: []*osv.Advisory{a("0 1.0.1")},
			want: []string{"lock: a 1.0.0 → 1.0.2 | GHSA-a"},
		},
		{
			name: "but never by a breaking step",
			deps: []string{"a >=1.0.0", "p ^1.0.0"}, lock: []string{"a@npm:>=1.0.0 = 1.0.0", "a@npm:^2.0.0 = 2.0.0", "p@npm:^1.0.0 = 1.0.0 > a npm:^2.0.0"},
			shelf: shelf{"a": {"1.0.0": nil, "1.0.1": nil, "2.0.0": nil}, "p": {"1.0.0": {"a": "^2.0.0"}}},
			list:  []*osv.Advisory{a("0 1.0.1")},
			want:  []string{"lock: a 1.0.0 → 1.0.1 | GHSA-a"},
		},
		{
			name: "who asks goes to the version that what comes with it asks for",
			deps: []string{"p ^1.0.0"}, lock: []string{"a@npm:1.0.0 = 1.0.0", "m@npm:^1.0.0 = 1.0.0 > a npm:1.0.0", "o@npm:^1.0.0 = 1.0.0 > m npm:^1.0.0",
				"p@npm:^1.0.0 = 1.0.0 > a npm:1.0.0, m npm:^1.0.0, o npm:^1.0.0"},
			shelf: shelf{"a": {"1.0.0": nil, "1.0.1": nil}, "m": {"1.0.0": {"a": "1.0.0"}, "1.0.1": {"a": "1.0.1"}, "1.0.2": {"a": "1.0.1"}, "1.0.3": {"a": "1.0.1"}},
				"o": {"1.0.0": {"m": "^1.0.0"}, "1.0.1": {"m": "^1.0.2"}}, "p": {"1.0.0": {"a": "1.0.0", "m": "^1.0.0", "o": "^1.0.0"}, "1.0.1": {"a": "1.0.1", "m": "^1.0.1", "o": "^1.0.1"}}},
			list: []*osv.Advisory{a("0 1.0.1")},
			want: []string{"lock: a 1.0.0 → 1.0.1, m 1.0.0 → 1.0.3, p 1.0.0 → 1.0.1 | GHSA-a"},
		},
		{
			name: "the lowest after all, where what the lock has brings a finding",
			deps: []string{"a ^1.0.0", "b ^1.0.0"}, lock: []string{"a@npm:^1.0.0 = 1.0.0", "b@npm:^1.0.0 = 1.1.0"},
			shelf: shelf{"a": {"1.0.0": nil, "1.0.1": {"c": "^1.0.0", "d": "^1.0.0"}, "1.0.2": {"e": "^1.0.0"}}, "b": {"1.1.0": nil}, "c": {"1.0.0": nil}, "d": {"1.0.0": nil}, "e": {"1.0.0": nil}},
			list:  []*osv.Advisory{a("0 1.0.1"), advisory(t, "GHSA-e", "e", low, "0")},
			want:  []string{"lock: a 1.0.0 → 1.0.1 | GHSA-a"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, tt.run)
	}
}

// A @backstage package never leaves the release for a fix; one that is off it may join
// a version that the lock has besides.
func TestFixPlanOffRelease(t *testing.T) {
	t.Parallel()
	const name = "@backstage/x"
	advised := []*osv.Advisory{advisory(t, "GHSA-x", name, high, "0 1.0.2")}
	on := func(version string) func(*FixInput) {
		return func(f *FixInput) {
			f.Locks[0].Release, f.Locks[0].BackstageVersion = map[string]string{name: version}, "1.50.0"
		}
	}
	onFile := map[string]string{"backstage.json": `{"version": "1.50.0"}`}
	versions := shelf{name: {"1.0.0": nil, "1.0.1": nil, "1.0.2": nil, "1.0.3": nil, "2.0.0": nil},
		"p": {"1.0.0": {name: "^1.0.0"}}, "q": {"1.0.0": {name: "^1.0.2"}}, "r": {"1.0.0": {name: "^2.0.0"}}}
	old, newer, release := name+"@npm:^1.0.0 = 1.0.0", name+"@npm:^1.0.2 = 1.0.2", name+"@npm:^2.0.0 = 2.0.0"
	deps := []string{"p ^1.0.0", "q ^1.0.0", "r ^1.0.0"}
	askers := []string{"p@npm:^1.0.0 = 1.0.0 > @backstage/x npm:^1.0.0", "q@npm:^1.0.0 = 1.0.0 > @backstage/x npm:^1.0.2", "r@npm:^1.0.0 = 1.0.0 > @backstage/x npm:^2.0.0"}
	const left, brought = "GHSA-x @backstage/x 1.0.0 present block", "left release: @backstage/x 1.0.0: "
	tests := []planCase{
		{
			name: "what is off it joins another that is", deps: deps, lock: append([]string{old, newer, release}, askers...),
			shelf: versions, list: advised, files: onFile, change: on("2.0.0"),
			want: []string{"lock: @backstage/x 1.0.0 → 1.0.2 | GHSA-x"},
		},
		{
			name: "there is none to join", deps: []string{"p ^1.0.0", "r ^1.0.0"}, lock: []string{old, release, askers[0], askers[2]},
			shelf: versions, list: advised, files: onFile, change: on("2.0.0"),
			want: []string{brought + "@backstage/x 1.0.2 comes with a newer Backstage release → portalctl versions bump"}, left: []string{left},
		},
		{
			name: "the release's own joins none", deps: deps, lock: append([]string{old, newer, release}, askers...),
			shelf: versions, list: advised, files: onFile, change: on("1.0.0"),
			want: []string{brought + "@backstage/x 1.0.2 comes with a newer Backstage release → portalctl versions bump"}, left: []string{left},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, tt.run)
	}
}

// A plan that nobody waits for any more asks for nothing and tries nothing further.
func TestFixPlanStops(t *testing.T) {
	t.Parallel()
	versions, lock := shelf{}, []string{"p0@npm:^1.0.0 = 1.0.0 > p1 npm:1.0.0"}
	for i := range 8 {
		versions[fmt.Sprintf("p%d", i)] = map[string]map[string]string{}
		for minor := range 4 {
			versions[fmt.Sprintf("p%d", i)][fmt.Sprintf("1.%d.0", minor)] = map[string]string{fmt.Sprintf("p%d", i+1): fmt.Sprintf("1.%d.0", minor)}
		}
		lock = append(lock, fmt.Sprintf("p%d@npm:1.0.0 = 1.0.0 > p%d npm:1.0.0", i+1, i+2))
	}
	versions["p8"] = map[string]map[string]string{"1.0.0": nil, "1.1.0": nil}
	lock[8] = "p8@npm:1.0.0 = 1.0.0"
	list := []*osv.Advisory{advisory(t, "GHSA-a", "p8", high, "0 1.1.0")}
	head := load(t, monorepo(nil, []string{"p0 ^1.0.0"}, lock...))
	asked := func(after int) (int, error) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		n := 0
		in := Input{Head: head, Hits: matched(list, head)}
		in.Published = func(name string) ([]publishedVersion, bool) {
			if n++; n == after {
				cancel()
			}
			return versions.published(name)
		}
		f := FixInput{Input: in, Options: Defaults(), Report: reported(t, in, Defaults()), Match: func(context.Context, []osv.Package) ([]osv.Hit, error) { return nil, nil }}
		n = 0
		for _, l := range head {
			src := source{versions, nil}
			f.Locks = append(f.Locks, FixLock{Lock: l, Source: src, Released: func(name, version string) (time.Time, bool) { return shelved{src, name}.Published(version) }})
		}
		_, err := NewFixPlan(ctx, f)
		return n, err
	}
	all, err := asked(-1)
	if err != nil || all < 6 {
		t.Fatalf("a whole plan: %d questions, %v", all, err)
	}
	if n, err := asked(2); !errors.Is(err, context.Canceled) || n > 3 {
		t.Errorf("ended at the second question: %d of %d questions, %v", n, all, err)
	}
}
