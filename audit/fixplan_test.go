package audit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/relock"
)

// shelf is a registry: by package and version, what the version asks for. A
// version is a day old unless young names it.
type shelf map[string]map[string]map[string]string

var errNotOnShelf = errors.New("not found")

func (s shelf) published(name string) ([]Version, bool) {
	var out []Version
	for v, deps := range s[name] {
		out = append(out, Version{v, deps})
	}
	return out, out != nil
}

// source answers the solver from a shelf.
type source struct {
	shelf shelf
	young []string // name@version
}

type shelved struct {
	source
	name string
}

func (s source) Packument(_ context.Context, name string) (relock.Packument, error) {
	if s.shelf[name] == nil {
		return nil, fmt.Errorf("%s: %w", name, errNotOnShelf)
	}
	return shelved{s, name}, nil
}

func (s source) Checksum(_ context.Context, req relock.ChecksumRequest) (string, error) {
	return req.CacheKey + "/" + strings.Repeat("a", 128), nil
}

func (s source) PatchHash(context.Context, string, string, string) (string, error) {
	return "", errNotOnShelf
}

func (p shelved) Versions() []string        { return slices.Collect(maps.Keys(p.shelf[p.name])) }
func (p shelved) Tag(string) (string, bool) { return "", false }
func (p shelved) Deprecated(string) bool    { return false }
func (p shelved) Published(version string) (time.Time, bool) {
	if slices.Contains(p.young, p.name+"@"+version) {
		return today.Add(-time.Hour), true
	}
	return today.AddDate(0, -1, 0), true
}

func (p shelved) Manifest(version string) (*relock.Manifest, error) {
	deps, ok := p.shelf[p.name][version]
	if !ok {
		return nil, errNotOnShelf
	}
	return relock.NewManifest(&registry.Manifest{Dependencies: deps}), nil
}

// planned is the plan for locks of files, over a shelf.
func planned(t *testing.T, files map[string]string, src source, reach Reach, change func(*FixInput), list ...*osv.Advisory) (*FixPlan, *Report) {
	t.Helper()
	head := load(t, files)
	in := Input{Head: head, Hits: matched(list, head), Published: src.shelf.published}
	r := reported(t, in, Defaults())
	f := FixInput{Input: in, Options: Defaults(), Report: r, Reach: reach, Match: func(_ context.Context, packages []osv.Package) ([]osv.Hit, error) {
		var out []osv.Hit
		for _, p := range packages {
			for _, a := range list {
				if a.Affects(p) {
					out = append(out, osv.Hit{Package: p, Advisory: a})
				}
			}
		}
		return out, nil
	}}
	f.Options.Now = today
	for _, l := range head {
		f.Locks = append(f.Locks, FixLock{Lock: l, Source: src, Released: func(name, version string) (time.Time, bool) { return shelved{src, name}.Published(version) }})
	}
	if change != nil {
		change(&f)
	}
	p, err := NewFixPlan(context.Background(), f)
	if err != nil {
		t.Fatal(err)
	}
	after := p.After
	after.Published = nil
	return p, reported(t, after, Defaults())
}

// steps are the fixes of a plan in short.
func (p *FixPlan) steps() []string {
	var out []string
	for _, f := range p.Fixes {
		text := string(f.Kind) + ": " + f.title()
		for _, l := range f.Lines {
			text += " | " + l.text()
		}
		out = append(out, text+" | "+endsWords(f.Findings))
	}
	for _, l := range p.Left {
		text := "left " + string(l.Kind) + ": " + l.text()
		if l.Next != "" {
			text += " → " + l.Next
		}
		out = append(out, text)
	}
	return out
}

func TestFixPlan(t *testing.T) {
	t.Parallel()
	a := func(ranges ...string) *osv.Advisory { return advisory(t, "GHSA-a", "a", high, ranges...) }
	tests := []struct {
		name  string
		deps  []string
		lock  []string
		shelf shelf
		young []string
		reach Reach
		rc    string
		list  []*osv.Advisory
		// change is made to the input.
		change func(*FixInput)
		want   []string
		// left are the findings of the lock that the plan leaves.
		left []string
	}{
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
			deps: []string{"a ^1.0.0"}, lock: []string{"a@npm:^1.0.0 = 1.0.0"}, rc: "npmMinimalAgeGate: 2d\n",
			shelf: shelf{"a": {"1.0.0": nil, "1.0.1": nil}}, young: []string{"a@1.0.1"}, list: []*osv.Advisory{a("0 1.0.1")},
			want: []string{`left held: a 1.0.0: a 1.0.1, of 2026-09-01, is too new for npmMinimalAgeGate → wait, or add "a@1.0.1" to npmPreapprovedPackages in .yarnrc.yml`},
			left: []string{"GHSA-a a 1.0.0 present block"},
		},
		{
			name: "that line, and it is taken",
			deps: []string{"a ^1.0.0"}, lock: []string{"a@npm:^1.0.0 = 1.0.0"}, rc: "npmMinimalAgeGate: 2d\nnpmPreapprovedPackages: [a@1.0.1]\n",
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
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			files := monorepo(nil, tt.deps, tt.lock...)
			if tt.rc != "" {
				files[".yarnrc.yml"] = tt.rc
			}
			p, after := planned(t, files, source{tt.shelf, tt.young}, tt.reach, tt.change, tt.list...)
			if got := p.steps(); !slices.Equal(got, tt.want) {
				t.Errorf("the plan:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(tt.want, "\n  "))
			}
			if got := lines(after); !slices.Equal(got, tt.left) {
				t.Errorf("left:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(tt.left, "\n  "))
			}
		})
	}
}
