package audit

import (
	"testing"

	"github.com/portalctl/portalctl/internal/osv"
)

func TestFixPlan(t *testing.T) {
	t.Parallel()
	a := func(ranges ...string) *osv.Advisory { return advisory(t, "GHSA-a", "a", high, ranges...) }
	tests := []planCase{
		{
			name: "the lowest version that ends all, not the newest",
			deps: []string{"a ^1.0.0"}, lock: []string{"a@npm:^1.0.0 = 1.0.0"},
			shelf: shelf{"a": {"1.0.0": nil, "1.0.1": nil, "1.0.2": nil, "1.5.0": nil}},
			list:  []*osv.Advisory{a("0 1.0.1"), advisory(t, "GHSA-b", "a", low, "0 1.0.2")},
			want:  []string{"lock: a 1.0.0 → 1.0.2 | GHSA-a, GHSA-b"},
		},
		{
			name: "a version that has another advisory is passed over",
			deps: []string{"a ^1.0.0"}, lock: []string{"a@npm:^1.0.0 = 1.0.0"},
			shelf: shelf{"a": {"1.0.0": nil, "1.0.1": nil, "1.0.2": nil}},
			list:  []*osv.Advisory{a("0 1.0.1"), advisory(t, "GHSA-b", "a", low, "1.0.1 1.0.2")},
			want:  []string{"lock: a 1.0.0 → 1.0.2 | GHSA-a"},
		},
		{
			name: "nothing else moves, and what the new version asks for is taken from the lock",
			deps: []string{"a ^1.0.0", "b ^1.0.0"}, lock: []string{"a@npm:^1.0.0 = 1.0.0", "b@npm:^1.0.0 = 1.1.0"},
			shelf: shelf{"a": {"1.0.0": nil, "1.0.1": {"b": "^1.1.0"}}, "b": {"1.1.0": nil, "1.9.0": nil}},
			list:  []*osv.Advisory{a("0 1.0.1")},
			want:  []string{"lock: a 1.0.0 → 1.0.1 | GHSA-a"},
		},
		{
			name: "who asks goes up, within the range that asks for it",
			deps: []string{"p ^1.0.0"}, lock: []string{"p@npm:^1.0.0 = 1.0.0 > a npm:1.0.0", "a@npm:1.0.0 = 1.0.0"},
			shelf: shelf{"a": {"1.0.0": nil, "1.1.0": nil}, "p": {"1.0.0": {"a": "1.0.0"}, "1.0.1": {"a": "1.0.0"}, "1.2.0": {"a": "^1.1.0"}, "1.3.0": {"a": "^1.1.0"}}},
			list:  []*osv.Advisory{a("0 1.1.0")},
			want:  []string{"lock: a 1.0.0 → 1.1.0, p 1.0.0 → 1.2.0 | GHSA-a"},
		},
		{
			name: "one move for two who come with it",
			deps: []string{"p ^1.0.0"}, lock: []string{"p@npm:^1.0.0 = 1.0.0 > a npm:1.0.0, b npm:1.0.0", "a@npm:1.0.0 = 1.0.0", "b@npm:1.0.0 = 1.0.0"},
			shelf: shelf{"a": {"1.0.0": nil, "1.1.0": nil}, "b": {"1.0.0": nil, "1.1.0": nil}, "p": {"1.0.0": {"a": "1.0.0", "b": "1.0.0"}, "1.2.0": {"a": "^1.1.0", "b": "^1.1.0"}}},
			list:  []*osv.Advisory{a("0 1.1.0"), advisory(t, "GHSA-b", "b", high, "0 1.1.0")},
			want:  []string{"lock: a 1.0.0 → 1.1.0, p 1.0.0 → 1.2.0 | GHSA-a, GHSA-b"},
		},
		{
			name: "a line of package.json within a major",
			deps: []string{"a 1.0.0"}, lock: []string{"a@npm:1.0.0 = 1.0.0"},
			shelf: shelf{"a": {"1.0.0": nil, "1.1.0": nil, "1.2.0": nil}},
			list:  []*osv.Advisory{a("0 1.1.0")},
			want:  []string{`package.json: a 1.0.0 → 1.1.0 | packages/backend/package.json:6: "a": "1.0.0" → "1.1.0" | GHSA-a`},
		},
		{
			name: "with =lock no line",
			deps: []string{"a 1.0.0"}, lock: []string{"a@npm:1.0.0 = 1.0.0"}, reach: ReachLock,
			shelf: shelf{"a": {"1.0.0": nil, "1.1.0": nil}}, list: []*osv.Advisory{a("0 1.1.0")},
			want: []string{"left reach: a 1.0.0: packages/backend/package.json:6:10 asks for a 1.0.0 → --fix without =lock also moves lines of package.json"},
			left: []string{"GHSA-a a 1.0.0 present block"},
		},
		{
			name: "no major step unasked",
			deps: []string{"a ^1.0.0"}, lock: []string{"a@npm:^1.0.0 = 1.0.0"},
			shelf: shelf{"a": {"1.0.0": nil, "2.0.0": nil}}, list: []*osv.Advisory{a("0 2.0.0")},
			want: []string{"left breaking: a 1.0.0: the step to 2.0.0 is a breaking one; packages/backend/package.json:6:10 asks for a ^1.0.0 → --fix=manifest makes such steps, too"},
			left: []string{"GHSA-a a 1.0.0 present block"},
		},
		{
			name: "a major step that was asked for",
			deps: []string{"a ^1.0.0"}, lock: []string{"a@npm:^1.0.0 = 1.0.0"}, reach: ReachManifest,
			shelf: shelf{"a": {"1.0.0": nil, "2.0.0": nil}}, list: []*osv.Advisory{a("0 2.0.0")},
			want: []string{`package.json: a 1.0.0 → 2.0.0 | packages/backend/package.json:6: "a": "^1.0.0" → "^2.0.0" | GHSA-a`},
		},
		{
			name: "a registry that lacks the fix",
			deps: []string{"a ^1.0.0"}, lock: []string{"a@npm:^1.0.0 = 1.0.0"},
			shelf: shelf{"a": {"0.9.0": nil, "1.0.0": nil, "1.0.1": nil}}, list: []*osv.Advisory{a("0 1.2.0")},
			want: []string{"left unfixed: a 1.0.0: the registry has no version of a that ends it (0 versions of 1.2.0 or newer) → a mirror may lag behind"},
			left: []string{"GHSA-a a 1.0.0 present block"},
		},
		{
			name: "a range that no version of who asks widens",
			deps: []string{"p ^1.0.0"}, lock: []string{"p@npm:^1.0.0 = 1.0.0 > a npm:~1.0.0", "a@npm:~1.0.0 = 1.0.0"},
			shelf: shelf{"a": {"1.0.0": nil, "1.1.0": nil}, "p": {"1.0.0": {"a": "~1.0.0"}}}, list: []*osv.Advisory{a("0 1.1.0")},
			want: []string{"left pinned: a 1.0.0: p 1.0.0 asks for a ~1.0.0 → --fix=resolutions overrules the range in package.json"},
			left: []string{"GHSA-a a 1.0.0 present block"},
		},
		{
			name: "is overruled where that was asked for",
			deps: []string{"p ^1.0.0"}, lock: []string{"p@npm:^1.0.0 = 1.0.0 > a npm:~1.0.0", "a@npm:~1.0.0 = 1.0.0"}, reach: ReachResolutions,
			shelf: shelf{"a": {"1.0.0": nil, "1.1.0": nil, "1.2.0": nil}, "p": {"1.0.0": {"a": "~1.0.0"}}}, list: []*osv.Advisory{a("0 1.1.0")},
			want: []string{`resolution: a 1.0.0 → 1.1.0 | package.json: resolutions gets "a@~1.0.0": "npm:^1.1.0" | GHSA-a`},
		},
		{
			name: "but not by a major",
			deps: []string{"p ^1.0.0"}, lock: []string{"p@npm:^1.0.0 = 1.0.0 > a npm:^1.0.0", "a@npm:^1.0.0 = 1.0.0"}, reach: ReachResolutions,
			shelf: shelf{"a": {"1.0.0": nil, "2.0.0": nil}, "p": {"1.0.0": {"a": "^1.0.0"}}}, list: []*osv.Advisory{a("0 2.0.0")},
			want: []string{"left pinned: a 1.0.0: p 1.0.0 asks for a ^1.0.0, and the step to 2.0.0 is a breaking one → move what asks for it; to overrule its range may break it"},
			left: []string{"GHSA-a a 1.0.0 present block"},
		},
		{
			name: "the age gate, and the line that admits it",
			deps: []string{"a ^1.0.0"}, lock: []string{"a@npm:^1.0.0 = 1.0.0"}, files: map[string]string{".yarnrc.yml": "npmMinimalAgeGate: 2d\n"},
			shelf: shelf{"a": {"1.0.0": nil, "1.0.1": nil}}, young: []string{"a@1.0.1"}, list: []*osv.Advisory{a("0 1.0.1")},
			want: []string{`left held: a 1.0.0: a 1.0.1, of 2026-09-01, is too new for npmMinimalAgeGate → wait, or add "a@1.0.1" to npmPreapprovedPackages in .yarnrc.yml`},
			left: []string{"GHSA-a a 1.0.0 present block"},
		},
		{
			name: "that line, and it is taken",
			deps: []string{"a ^1.0.0"}, lock: []string{"a@npm:^1.0.0 = 1.0.0"}, files: map[string]string{".yarnrc.yml": "npmMinimalAgeGate: 2d\nnpmPreapprovedPackages: [a@1.0.1]\n"},
			shelf: shelf{"a": {"1.0.0": nil, "1.0.1": nil}}, young: []string{"a@1.0.1"}, list: []*osv.Advisory{a("0 1.0.1")},
			want: []string{"lock: a 1.0.0 → 1.0.1 | GHSA-a"},
		},
		{
			name: "no finding in the place of another",
			deps: []string{"a ^1.0.0"}, lock: []string{"a@npm:^1.0.0 = 1.0.0"},
			shelf: shelf{"a": {"1.0.0": nil, "1.0.1": {"b": "^1.0.0"}}, "b": {"1.0.0": nil}},
			list:  []*osv.Advisory{a("0 1.0.1"), advisory(t, "GHSA-b", "b", low, "0 2.0.0")},
			want:  []string{"left refused: a 1.0.0: a 1.0.0 → 1.0.1: it would bring GHSA-b, for b 1.0.0"},
			left:  []string{"GHSA-a a 1.0.0 present block"},
		},
		{
			name: "no second copy of what must be one",
			deps: []string{"a ^1.0.0", "s ^1.0.0"}, lock: []string{"a@npm:^1.0.0 = 1.0.0", "s@npm:^1.0.0 = 1.0.0"},
			shelf:  shelf{"a": {"1.0.0": nil, "1.0.1": {"s": "^2.0.0"}}, "s": {"1.0.0": nil, "2.0.0": nil}},
			list:   []*osv.Advisory{a("0 1.0.1")},
			change: func(f *FixInput) { f.Locks[0].Singleton = func(name string) bool { return name == "s" } },
			want:   []string{"left refused: a 1.0.0: a 1.0.0 → 1.0.1: it would bring a second copy of s (1.0.0, 2.0.0), of which there must be one"},
			left:   []string{"GHSA-a a 1.0.0 present block"},
		},
		{
			name: "no fix",
			deps: []string{"a ^1.0.0"}, lock: []string{"a@npm:^1.0.0 = 1.0.0"},
			shelf: shelf{"a": {"1.0.0": nil, "1.0.1": nil}}, list: []*osv.Advisory{a("0")},
			want: []string{"left unfixed: a 1.0.0: no version fixes it → replace what asks for it, or decide on an ignore with an end in .portalctl.yaml"},
			left: []string{"GHSA-a a 1.0.0 present warn"},
		},
		{
			name: "what can be ended is, what cannot is said",
			deps: []string{"a ^1.0.0"}, lock: []string{"a@npm:^1.0.0 = 1.0.0"},
			shelf: shelf{"a": {"1.0.0": nil, "1.0.1": nil}}, list: []*osv.Advisory{a("0 1.0.1"), advisory(t, "GHSA-b", "a", low, "0")},
			want: []string{"lock: a 1.0.0 → 1.0.1 | GHSA-a", "left unfixed: a 1.0.0: no version fixes it → replace what asks for it, or decide on an ignore with an end in .portalctl.yaml"},
			left: []string{"GHSA-b a 1.0.1 present allow"},
		},
		{
			name: "the part that a range admits is ended, where all takes a breaking step",
			deps: []string{"a ^1.0.0"}, lock: []string{"a@npm:^1.0.0 = 1.0.0"},
			shelf: shelf{"a": {"1.0.0": nil, "1.0.1": nil, "1.0.2": nil, "1.0.3": nil, "2.0.0": nil}},
			list:  []*osv.Advisory{a("0 2.0.0"), advisory(t, "GHSA-b", "a", low, "0 1.0.1"), advisory(t, "GHSA-c", "a", low, "0 1.0.2")},
			want: []string{"lock: a 1.0.0 → 1.0.2 | GHSA-b, GHSA-c",
				"left breaking: a 1.0.0: the step to 2.0.0 is a breaking one; packages/backend/package.json:6:10 asks for a ^1.0.0 → --fix=manifest makes such steps, too"},
			left: []string{"GHSA-a a 1.0.2 present block"},
		},
		{
			name: "the part that a range admits, where who asks pins the rest",
			deps: []string{"p ^1.0.0"}, lock: []string{"p@npm:^1.0.0 = 1.0.0 > a npm:~1.0.0", "a@npm:~1.0.0 = 1.0.0"},
			shelf: shelf{"a": {"1.0.0": nil, "1.0.1": nil, "1.1.0": nil}, "p": {"1.0.0": {"a": "~1.0.0"}}},
			list:  []*osv.Advisory{a("0 1.1.0"), advisory(t, "GHSA-b", "a", low, "0 1.0.1")},
			want: []string{"lock: a 1.0.0 → 1.0.1 | GHSA-b",
				"left pinned: a 1.0.0: p 1.0.0 asks for a ~1.0.0 → --fix=resolutions overrules the range in package.json"},
			left: []string{"GHSA-a a 1.0.1 present block"},
		},
		{
			name: "all of it, where the breaking step was asked for",
			deps: []string{"a ^1.0.0"}, lock: []string{"a@npm:^1.0.0 = 1.0.0"}, reach: ReachManifest,
			shelf: shelf{"a": {"1.0.0": nil, "1.0.1": nil, "2.0.0": nil}},
			list:  []*osv.Advisory{a("0 2.0.0"), advisory(t, "GHSA-b", "a", low, "0 1.0.1")},
			want:  []string{`package.json: a 1.0.0 → 2.0.0 | packages/backend/package.json:6: "a": "^1.0.0" → "^2.0.0" | GHSA-a, GHSA-b`},
		},
		{
			name: "what ends with another's move is put to that of who asks for it, not to one of its name",
			deps: []string{"p ^6.2.0", "z ^1.0.0"}, lock: []string{"p@npm:^6.2.0 = 6.2.1", "p@npm:0.1.7 = 0.1.7", "z@npm:^1.0.0 = 1.0.0 > p npm:0.1.7"},
			shelf: shelf{"p": {"0.1.7": nil, "0.1.12": nil, "6.2.1": nil, "6.3.0": nil}, "z": {"1.0.0": {"p": "0.1.7"}, "1.1.0": {"p": "0.1.12"}}},
			list:  []*osv.Advisory{advisory(t, "GHSA-p0", "p", high, "0 0.1.12"), advisory(t, "GHSA-p6", "p", high, "6.0.0 6.3.0"), advisory(t, "GHSA-z", "z", high, "0 1.1.0")},
			want:  []string{"lock: z 1.0.0 → 1.1.0 | GHSA-p0, GHSA-z", "lock: p 6.2.1 → 6.3.0 | GHSA-p6"},
		},
		{
			name: "malware is not a matter of an update",
			deps: []string{"a ^1.0.0"}, lock: []string{"a@npm:^1.0.0 = 1.0.0"},
			shelf: shelf{"a": {"1.0.0": nil, "1.0.1": nil}}, list: []*osv.Advisory{advisory(t, "MAL-2026-1", "a", "", "0 1.0.1")},
			want: []string{"left malware: a 1.0.0: it is malware → do what the report says about it: an update is not enough"},
			left: []string{"MAL-2026-1 a 1.0.0 present block"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, tt.run)
	}
}
