package audit

import (
	"testing"

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
			name: "the lowest after all, where what the lock has brings a finding",
			deps: []string{"a ^1.0.0", "b ^1.0.0"}, lock: []string{"a@npm:^1.0.0 = 1.0.0", "b@npm:^1.0.0 = 1.1.0"},
			shelf: shelf{"a": {"1.0.0": nil, "1.0.1": {"c": "^1.0.0", "d": "^1.0.0"}, "1.0.2": {"e": "^1.0.0"}}, "b": {"1.1.0": nil}, "c": {"1.0.0": nil}, "d": {"1.0.0": nil}, "e": {"1.0.0": nil}},
			list:  []*osv.Advisory{a("0 1.0.1"), advisory(t, "GHSA-e", "e", low, "0")},
			want:  []string{"lock: a 1.0.0 → 1.0.1 | GHSA-a"},
		},
		{
			name: "so it is with who asks and has to go up",
			deps: []string{"p ^1.0.0"}, lock: []string{"p@npm:^1.0.0 = 1.0.0 > a npm:1.0.0", "a@npm:1.0.0 = 1.0.0"},
			shelf: shelf{"a": {"1.0.0": nil, "1.1.0": nil}, "b": {"1.0.0": nil}, "c": {"1.0.0": nil},
				"p": {"1.0.0": {"a": "1.0.0"}, "1.1.0": {"a": "^1.1.0", "b": "^1.0.0", "c": "^1.0.0"}, "1.2.0": {"a": "^1.1.0"}, "1.3.0": {"a": "^1.1.0"}}},
			list: []*osv.Advisory{a("0 1.1.0")},
			want: []string{"lock: a 1.0.0 → 1.1.0, p 1.0.0 → 1.2.0 | GHSA-a"},
		},
		{
			name: "but not with one that takes more moves",
			deps: []string{"o ^1.0.0"}, lock: []string{"o@npm:^1.0.0 = 1.0.0 > p npm:~1.0.0", "p@npm:~1.0.0 = 1.0.0 > a npm:1.0.0", "a@npm:1.0.0 = 1.0.0"},
			shelf: shelf{"a": {"1.0.0": nil, "1.1.0": nil}, "b": {"1.0.0": nil}, "c": {"1.0.0": nil}, "d": {"1.0.0": nil},
				"o": {"1.0.0": {"p": "~1.0.0"}, "1.1.0": {"p": "~1.1.0"}},
				"p": {"1.0.0": {"a": "1.0.0"}, "1.0.1": {"a": "^1.1.0", "b": "^1.0.0", "c": "^1.0.0", "d": "^1.0.0"}, "1.1.0": {"a": "^1.1.0"}}},
			list: []*osv.Advisory{a("0 1.1.0")},
			want: []string{"lock: a 1.0.0 → 1.1.0, p 1.0.0 → 1.0.1 | GHSA-a"},
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
