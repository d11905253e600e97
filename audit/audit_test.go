package audit

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/osv"
)

// monorepo is a root, a frontend and a backend; lock gives the rest.
func monorepo(app, backend []string, lock ...string) map[string]string {
	return map[string]string{
		"package.json":                  pkg("root", ""),
		"packages/app/package.json":     pkg("app", "frontend", app...),
		"packages/backend/package.json": pkg("backend", "backend", backend...),
		"yarn.lock": berry(append(lock, "root@workspace:.", "app@workspace:packages/app"+wants(app),
			"backend@workspace:packages/backend"+wants(backend))...),
	}
}

func wants(deps []string) string {
	var out []string
	for _, d := range deps {
		name, rng, _ := strings.Cut(strings.TrimPrefix(d, "dev "), " ")
		if !strings.Contains(rng, ":") {
			rng = "npm:" + rng
		}
		out = append(out, name+" "+rng)
	}
	if len(out) == 0 {
		return ""
	}
	return " > " + strings.Join(out, ", ")
}

func TestStatus(t *testing.T) {
	a := advisory(t, "GHSA-aaaa", "a", high, "0 2.0.0")
	mal := advisory(t, "MAL-1", "evil", "", "0")
	old := advisory(t, "GHSA-old", "a", high, "0 2.0.0")
	renamed := advisory(t, "GHSA-new", "a", high, "0 2.0.0")
	renamed.Aliases = []string{"GHSA-old"}
	with := func(version string) map[string]string {
		return monorepo(nil, []string{"a *"}, "a@npm:* = "+version)
	}
	nested := func(dir string) map[string]string {
		return map[string]string{
			dir + "/package.json": `{"name":"tool","workspaces":[],"dependencies":{"a":"*"}}`,
			dir + "/yarn.lock":    berry("tool@workspace:. > a npm:*", "a@npm:* = 1.0.0"),
		}
	}
	b := advisory(t, "GHSA-bbbb", "b", high, "0 2.0.0")
	unfixed := advisory(t, "GHSA-unfixed", "a", critical, "0")
	// alone is a package with a lock of its own.
	alone := func(dir, name string, lock ...string) map[string]string {
		return map[string]string{
			dir + "/package.json": `{"name":"` + name + `","workspaces":[],"dependencies":{"a":"*"}}`,
			dir + "/yarn.lock":    berry(append(lock, name+"@workspace:. > a npm:*")...),
		}
	}
	merged := func(some, more map[string]string) map[string]string {
		maps.Copy(some, more)
		return some
	}
	for name, tt := range map[string]struct {
		base, head map[string]string
		opts       Options
		list       []*osv.Advisory
		want       []string
	}{
		"added":   {base: monorepo(nil, nil), head: with("1.0.0"), list: []*osv.Advisory{a}, want: []string{"GHSA-aaaa a 1.0.0 new block"}},
		"stays":   {base: with("1.0.0"), head: with("1.0.0"), list: []*osv.Advisory{a}, want: []string{"GHSA-aaaa a 1.0.0 present allow"}},
		"bumped":  {base: with("1.0.0"), head: with("1.1.0"), list: []*osv.Advisory{a}, want: []string{"GHSA-aaaa a 1.1.0 present allow"}},
		"removed": {base: with("1.0.0"), head: monorepo(nil, nil), list: []*osv.Advisory{a}, want: []string{"GHSA-aaaa a 1.0.0 fixed allow"}},
		"fixed":   {base: with("1.0.0"), head: with("2.0.0"), list: []*osv.Advisory{a}, want: []string{"GHSA-aaaa a 1.0.0 fixed allow"}},
		// An advisory that has another name for the new version is the same.
		"renamed": {base: with("1.0.0"), head: with("1.1.0"), list: []*osv.Advisory{renamed, old},
			want: []string{"GHSA-new a 1.1.0 present allow", "GHSA-old a 1.1.0 present allow"}},
		"a lock that moves": {base: nested("tools/a"), head: nested("elsewhere"), list: []*osv.Advisory{a}, want: []string{"GHSA-aaaa a 1.0.0 present allow"}},
		"a lock more": {base: monorepo(nil, nil), head: func() map[string]string {
			m := monorepo(nil, nil)
			for k, v := range nested("tools/a") {
				m[k] = v
			}
			return m
		}(), list: []*osv.Advisory{a}, want: []string{"GHSA-aaaa a 1.0.0 new block"}},
		// The package is renamed with its folder, and one of its dependencies.
		"a lock that moves with a new name": {
			base: alone("tools/old", "old", "a@npm:* = 1.0.0", "b@npm:* = 1.0.0", "c@npm:* = 1.0.0", "d@npm:* = 1.0.0"),
			head: alone("tools/new", "new", "a@npm:* = 1.0.0", "b@npm:* = 1.0.0", "c@npm:* = 1.0.0", "e@npm:* = 1.0.0"),
			list: []*osv.Advisory{a}, want: []string{"GHSA-aaaa a 1.0.0 present allow"}},
		"another lock in its place": {
			base: alone("tools/old", "old", "a@npm:* = 1.0.0", "b@npm:* = 1.0.0", "c@npm:* = 1.0.0", "d@npm:* = 1.0.0"),
			head: alone("tools/new", "new", "a@npm:* = 1.0.0", "b@npm:* = 2.0.0", "c@npm:* = 1.0.0", "e@npm:* = 1.0.0"),
			list: []*osv.Advisory{a}, want: []string{"GHSA-aaaa a 1.0.0 new block", "GHSA-aaaa a 1.0.0 fixed allow"}},
		// A workspace gets a lock of its own, and one that had its own joins.
		"a monorepo that is split": {
			base: monorepo([]string{"evil *"}, []string{"a *"}, "a@npm:* = 1.0.0", "evil@npm:* = 1.0.0"),
			head: merged(alone("packages/backend", "backend", "a@npm:* = 1.0.0", "b@npm:* = 1.0.0"), map[string]string{
				"package.json":              pkg("root", ""),
				"packages/app/package.json": pkg("app", "frontend", "evil *"),
				"yarn.lock":                 berry("root@workspace:.", "app@workspace:packages/app > evil npm:*", "evil@npm:* = 1.0.0"),
			}),
			list: []*osv.Advisory{a, b, mal},
			want: []string{"MAL-1 evil 1.0.0 present block", "GHSA-bbbb b 1.0.0 new block", "GHSA-aaaa a 1.0.0 present allow", "GHSA-aaaa a 1.0.0 fixed allow"}},
		"a monorepo that is put together": {
			base: merged(alone("packages/backend", "backend", "a@npm:* = 1.0.0"), map[string]string{
				"package.json":              pkg("root", ""),
				"packages/app/package.json": pkg("app", "frontend"),
				"yarn.lock":                 berry("root@workspace:.", "app@workspace:packages/app"),
			}),
			head: monorepo(nil, []string{"a *", "b *"}, "a@npm:* = 1.0.0", "b@npm:* = 1.0.0"),
			list: []*osv.Advisory{a, b},
			want: []string{"GHSA-bbbb b 1.0.0 new block", "GHSA-aaaa a 1.0.0 present allow", "GHSA-aaaa a 1.0.0 fixed allow"}},
		// Malware is in the portal, whoever brought it.
		"malware stays": {base: monorepo(nil, []string{"evil *"}, "evil@npm:* = 1.0.0"), head: monorepo(nil, []string{"evil *"}, "evil@npm:* = 1.0.0"),
			opts: Options{FailOn: None, NoScore: Allow}, list: []*osv.Advisory{mal}, want: []string{"MAL-1 evil 1.0.0 present block"}},
		// What was for development only is new in production.
		"into production": {base: monorepo(nil, []string{"dev a *"}, "a@npm:* = 1.0.0"), head: with("1.0.0"),
			opts: Options{FailOn: "high", NoScore: Warn, Prod: true}, list: []*osv.Advisory{a}, want: []string{"GHSA-aaaa a 1.0.0 new block"}},
		"development left out": {base: monorepo(nil, nil), head: monorepo(nil, []string{"dev a *", "dev evil *"}, "a@npm:* = 1.0.0", "evil@npm:* = 1.0.0"),
			opts: Options{FailOn: "high", NoScore: Warn, Prod: true}, list: []*osv.Advisory{a, mal}, want: []string{"MAL-1 evil 1.0.0 new block"}},
		// A copy that is worse than what the base has counts as new: lower, in a
		// part of the portal that had none, or one more.
		"a second copy that is lower": {base: with("1.2.0"), head: monorepo([]string{"a ^1.0.0"}, []string{"a *"}, "a@npm:* = 1.2.0", "a@npm:^1.0.0 = 1.0.0"),
			list: []*osv.Advisory{a}, want: []string{"GHSA-aaaa a 1.0.0 new block", "GHSA-aaaa a 1.2.0 present allow"}},
		"a lower copy in its place": {base: with("1.2.0"), head: with("1.0.0"), list: []*osv.Advisory{a}, want: []string{"GHSA-aaaa a 1.0.0 new block"}},
		"one copy more": {base: with("1.0.0"), head: monorepo(nil, []string{"a *", "a2 *"}, "a@npm:* = 1.0.0", "a2@npm:* = 1.0.0 > a npm:^1.0.0", "a@npm:^1.0.0 = 1.1.0"),
			list: []*osv.Advisory{a}, want: []string{"GHSA-aaaa a 1.1.0 new block", "GHSA-aaaa a 1.0.0 present allow"}},
		"a copy that splits off": {base: monorepo(nil, []string{"a *", "a2 *"}, "a@npm:*, a@npm:^1.0.0 = 1.0.0", "a2@npm:* = 1.0.0 > a npm:^1.0.0"),
			head: monorepo(nil, []string{"a *", "a2 *"}, "a@npm:* = 1.0.0", "a2@npm:* = 1.1.0 > a npm:^1.1.0", "a@npm:^1.1.0 = 1.1.0"),
			list: []*osv.Advisory{a}, want: []string{"GHSA-aaaa a 1.0.0 present allow", "GHSA-aaaa a 1.1.0 present allow"}},
		"a copy that moves on": {base: monorepo(nil, []string{"a *", "a2 *"}, "a@npm:* = 1.0.0", "a2@npm:* = 1.0.0 > a npm:^1.0.0", "a@npm:^1.0.0 = 1.1.0"),
			head: monorepo(nil, []string{"a *", "a2 *"}, "a@npm:* = 1.0.0", "a2@npm:* = 1.0.0 > a npm:^1.0.0", "a@npm:^1.0.0 = 1.2.0"),
			list: []*osv.Advisory{a}, want: []string{"GHSA-aaaa a 1.0.0 present allow", "GHSA-aaaa a 1.2.0 present allow"}},
		"tooling that becomes production": {base: monorepo(nil, []string{"dev a *"}, "a@npm:* = 1.0.0"), head: with("1.0.0"),
			list: []*osv.Advisory{a}, want: []string{"GHSA-aaaa a 1.0.0 new block"}},
		"from the frontend into the backend": {base: monorepo([]string{"a *"}, nil, "a@npm:* = 1.0.0"), head: monorepo([]string{"a *"}, []string{"a *"}, "a@npm:* = 1.0.0"),
			list: []*osv.Advisory{a}, want: []string{"GHSA-aaaa a 1.0.0 new block"}},
		"out of the backend": {base: monorepo([]string{"a *"}, []string{"a *"}, "a@npm:* = 1.0.0"), head: monorepo([]string{"a *"}, nil, "a@npm:* = 1.0.0"),
			list: []*osv.Advisory{a}, want: []string{"GHSA-aaaa a 1.0.0 present allow"}},
		// A base whose lock is out of line: what asks for a range that is not there
		// got what there is of the name.
		"the lock comes in line": {base: monorepo([]string{"b ^1.1.0"}, []string{"dev a *"}, "a@npm:* = 1.0.0", "b@npm:^1.0.0 = 1.0.0 > c npm:^2.0.0", "c@npm:^1.0.0 = 1.0.0 > a npm:*"),
			head: monorepo([]string{"b ^1.1.0"}, []string{"dev a *"}, "a@npm:* = 1.0.0", "b@npm:^1.1.0 = 1.1.0 > c npm:^2.0.0", "c@npm:^2.0.0 = 2.0.0 > a npm:*"),
			list: []*osv.Advisory{a}, want: []string{"GHSA-aaaa a 1.0.0 present allow"}},
		"the lock comes in line, and a gets further": {base: monorepo([]string{"b ^1.1.0"}, nil, "a@npm:* = 1.0.0", "b@npm:^1.0.0 = 1.0.0 > a npm:*"),
			head: monorepo([]string{"b ^1.1.0"}, []string{"a *"}, "a@npm:* = 1.0.0", "b@npm:^1.1.0 = 1.1.0 > a npm:*"),
			list: []*osv.Advisory{a}, want: []string{"GHSA-aaaa a 1.0.0 new block"}},
		"the lock comes in line, and a was for development": {base: monorepo([]string{"dev b ^1.1.0"}, nil, "a@npm:* = 1.0.0", "b@npm:^1.0.0 = 1.0.0 > a npm:*"),
			head: monorepo([]string{"b ^1.1.0"}, nil, "a@npm:* = 1.0.0", "b@npm:^1.1.0 = 1.1.0 > a npm:*"),
			list: []*osv.Advisory{a}, want: []string{"GHSA-aaaa a 1.0.0 new block"}},
		// Nobody asks for it any more, and nothing installs it.
		"left over": {base: monorepo(nil, []string{"dev a *"}, "a@npm:* = 1.0.0"), head: monorepo(nil, nil, "a@npm:* = 1.0.0"),
			list: []*osv.Advisory{a}, want: []string{"GHSA-aaaa a 1.0.0 present allow"}},
		// Leniency about what nobody has fixed is for what was there.
		"new, and no version fixes it":       {base: monorepo(nil, nil), head: with("1.0.0"), list: []*osv.Advisory{unfixed}, want: []string{"GHSA-unfixed a 1.0.0 new block"}},
		"was there, and no version fixes it": {base: with("1.0.0"), head: with("1.1.0"), list: []*osv.Advisory{unfixed}, want: []string{"GHSA-unfixed a 1.1.0 present allow"}},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.opts.FailOn == "" {
				tt.opts = Defaults()
			}
			r := audited(t, load(t, tt.head), load(t, tt.base), tt.opts, tt.list...)
			if diff := cmp.Diff(tt.want, lines(r)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestVerdicts(t *testing.T) {
	head := load(t, monorepo(nil, []string{"a *"}, "a@npm:* = 1.0.0"))
	fixed, unfixed := "0 2.0.0", "0"
	for name, tt := range map[string]struct {
		cvss, ranges string
		opts         Options
		want         Verdict
	}{
		"critical":                 {critical, fixed, Defaults(), verdictBlocks},
		"high":                     {high, fixed, Defaults(), verdictBlocks},
		"medium":                   {medium, fixed, Defaults(), verdictAllowed},
		"medium, fails from there": {medium, fixed, Options{FailOn: "medium", NoScore: Warn}, verdictBlocks},
		"low, fails from there":    {low, fixed, Options{FailOn: "low", NoScore: Warn}, verdictBlocks},
		"high, only critical":      {high, fixed, Options{FailOn: "critical", NoScore: Warn}, verdictAllowed},
		"critical, none":           {critical, fixed, Options{FailOn: None, NoScore: Warn}, verdictAllowed},
		"no score":                 {"", fixed, Defaults(), verdictWarns},
		"no score, block":          {"", fixed, Options{FailOn: "high", NoScore: Block}, verdictBlocks},
		"no score, allow":          {"", fixed, Options{FailOn: "high", NoScore: Allow}, verdictAllowed},
		"no fix":                   {critical, unfixed, Defaults(), verdictWarns},
		"no fix, all the same":     {critical, unfixed, Options{FailOn: "high", NoScore: Warn, FailOnUnfixable: true}, verdictBlocks},
		"no fix, no score":         {"", unfixed, Options{FailOn: "high", NoScore: Block}, verdictWarns},
	} {
		r := audited(t, head, nil, tt.opts, advisory(t, "GHSA-1", "a", tt.cvss, tt.ranges))
		if got := r.Findings[0]; got.Verdict != tt.want || r.Failed() != (tt.want == verdictBlocks) {
			t.Errorf("%s: %s (%s), want %s", name, got.Verdict, got.Why, tt.want)
		}
	}
	for _, opts := range []Options{{FailOn: "bad", NoScore: Warn}, {FailOn: "high", NoScore: "maybe"}, {}} {
		if _, err := NewReport(Input{Head: head}, opts); err == nil {
			t.Errorf("%+v: no error", opts)
		}
	}
}

func TestPackages(t *testing.T) {
	head := load(t, map[string]string{
		"package.json":              pkg("root", ""),
		"packages/app/package.json": pkg("app", "frontend"),
		"yarn.lock": berry("root@workspace:.", "app@workspace:packages/app",
			"alias@npm:real@^1.0.0 = real@npm:1.0.0",
			"linked@link:./x::locator=root%40workspace%3A. = linked@link:./x::locator=root%40workspace%3A.",
			"ported@portal:./x::locator=root%40workspace%3A. = ported@portal:./x::locator=root%40workspace%3A.",
			"filed@file:./x::locator=root%40workspace%3A. = filed@file:./x#./x::hash=1&locator=root%40workspace%3A.",
			"resolve@patch:resolve@npm%3A^1.0.0#optional!builtin<compat/resolve> = resolve@patch:resolve@npm%3A1.22.0#optional!builtin<compat/resolve>::version=1.22.0&hash=1",
			"resolve@npm:^1.0.0 = 1.22.0",
			"@backstage/x@backstage:^::backstage=1.50.0&npm=1.1.0 = 1.1.0",
			"elsewhere@npm:^2.0.0 = elsewhere@npm:2.0.0::__archiveUrl=https%3A%2F%2Fx.example%2Fy.tgz",
		),
	})
	var got []string
	for _, p := range Packages(head) {
		got = append(got, p.Name+" "+p.Version)
	}
	want := []string{"@backstage/x 1.1.0", "elsewhere 2.0.0", "real 1.0.0", "resolve 1.22.0"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhere(t *testing.T) {
	files := monorepo([]string{"p *", "backend workspace:^"}, []string{"dev a *", "q *"},
		"p@npm:* = 1.0.0 > q npm:*", "q@npm:* = 1.0.0 > a npm:*", "a@npm:* = 1.0.0", "d@npm:* = 1.0.0", "o@npm:* = 1.0.0")
	files["packages/tool/package.json"] = pkg("tool", "", "dev d *")
	files["yarn.lock"] += "\n\"tool@workspace:packages/tool\":\n  version: 0.0.0-use.local\n  resolution: \"tool@workspace:packages/tool\"\n  dependencies:\n    d: \"npm:*\"\n  languageName: unknown\n  linkType: soft\n"
	m := newModel(load(t, files)[0])
	for name, want := range map[string]struct {
		parts string
		prod  bool
		paths []string
	}{
		"a": {"backend frontend", true, []string{"app → p@1.0.0 → q@1.0.0 → a@1.0.0", "backend → a@1.0.0"}},
		"p": {"frontend", true, []string{"app → p@1.0.0"}},
		"d": {"tooling", false, []string{"tool → d@1.0.0"}},
		"o": {"tooling", true, nil}, // nobody asks: it counts
	} {
		w := m.where(osv.Package{Name: name, Version: "1.0.0"})
		var paths []string
		for _, p := range w.Paths {
			paths = append(paths, p.String())
		}
		if diff := cmp.Diff(want.paths, paths); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if got := strings.Join(w.Parts, " "); got != want.parts || w.Production != want.prod {
			t.Errorf("%s: %s, production %v", name, got, w.Production)
		}
	}
	if pos := m.where(osv.Package{Name: "a", Version: "1.0.0"}).Pos.String(); pos != "packages/backend/package.json:9:10" {
		t.Errorf("asked for directly at %s", pos)
	}
	if pos := m.where(osv.Package{Name: "q", Version: "1.0.0"}).Pos.File; pos != "packages/backend/package.json" {
		t.Errorf("q at %s", pos)
	}
}
