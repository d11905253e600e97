package finding

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/fault"
)

var (
	testRules = []Rule{
		{ID: "bad", Title: "what is bad", Severity: Error},
		{ID: "odd", Title: "what is odd", Severity: Warning},
		IgnoreRule,
		UnusedRule,
	}
	today = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
)

func at(file string, line int) fault.Pos { return fault.Pos{File: file, Line: line, Col: 3} }

func sample() *Report {
	r := &Report{Schema: "portalctl.test/v1", Title: "portalctl test", Rules: testRules, Extra: []Member{{"release", "1.53.0"}},
		Unknown: []Unknown{{"odd", "no manifest", "Run it with --online"}},
		Findings: []Finding{
			{Rule: "odd", Severity: Warning, Pos: at("b/package.json", 9), Name: "x", Message: "x is odd: a|b", Next: "Look at it", Fixes: []Fix{FixManifest}, FixedBy: ByManifests},
			{Rule: "odd", Severity: Info, Pos: at("a/package.json", 2), Name: "y", Message: "y is odd", Next: "Look"},
			{Rule: "bad", Severity: Error, Pos: at("yarn.lock", 7), Name: "@s/z", Message: "@s/z is <bad>", Next: "Run it, 100%", Fixes: []Fix{FixLock}, FixedBy: ByFix,
				Lines: []string{"1.0.0: app"}, Details: map[string]any{"versions": []string{"1.0.0"}}},
		}}
	return r
}

func finished(t testing.TB, cfg *Config, base *Baseline) *Report {
	t.Helper()
	r := sample()
	r.Finish(cfg, base, today)
	return r
}

func parse(t testing.TB, text string) *Config {
	t.Helper()
	cfg, err := ParseConfig(".portalctl.yaml", []byte(text), Schema{Section: "check", Rules: testRules, Lists: []string{"singletons"}})
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func names(list []Finding) string {
	var out []string
	for _, f := range list {
		out = append(out, string(f.Severity)+" "+f.Name)
	}
	return strings.Join(out, ", ")
}

func TestFinish(t *testing.T) {
	r := finished(t, nil, nil)
	if got := names(r.Findings); got != "error @s/z, warning x, info y" {
		t.Errorf("order: %s", got)
	}
	want := Counts{Errors: 1, Warnings: 1, Infos: 1, Fixable: 1, FixableInManifests: 1}
	if diff := cmp.Diff(want, r.Counts()); diff != "" || !r.Failed() {
		t.Error(diff)
	}
	only := &Report{Rules: testRules, Findings: []Finding{{Rule: "odd", Severity: Info}}}
	if only.Finish(nil, nil, today); only.Failed() {
		t.Error("what is for information only makes it fail")
	}
}

func TestFingerprints(t *testing.T) {
	f := func(rule, file, name, key string, line int) Finding {
		return Finding{Rule: rule, Severity: Error, Pos: at(file, line), Name: name, Key: key}
	}
	print := func(list ...Finding) []string {
		r := &Report{Rules: testRules, Findings: list}
		r.Finish(nil, nil, today)
		var out []string
		for _, f := range r.Findings {
			out = append(out, f.Fingerprint)
		}
		return out
	}
	one := print(f("bad", "a", "n", "k", 1))[0]
	if len(one) != 16 {
		t.Errorf("%q", one)
	}
	if moved := print(f("bad", "a", "n", "k", 99))[0]; moved != one {
		t.Error("a finding that moved is another one")
	}
	for _, other := range []Finding{f("odd", "a", "n", "k", 1), f("bad", "b", "n", "k", 1), f("bad", "a", "m", "k", 1), f("bad", "a", "n", "l", 1), f("bad", "an", "", "k", 1)} {
		if print(other)[0] == one {
			t.Errorf("%+v has the same fingerprint", other)
		}
	}
	twice := print(f("bad", "a", "n", "k", 1), f("bad", "a", "n", "k", 2))
	if twice[0] != one || twice[1] == one {
		t.Errorf("two of a kind: %v, one %s", twice, one)
	}
}
