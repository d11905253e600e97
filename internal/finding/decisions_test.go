package finding

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/fault"
)

func TestConfig(t *testing.T) {
	cfg := parse(t, `# decisions
check:
  rules:
    bad: info
    odd: off
  ignore:
    - rule: bad
      package: "@s/*"
      file: "**/yarn.lock"
      reason: waits for a release
      expires: 2026-12-31
  singletons: ["@acme/*", one]
audit: {anything: [goes, here]}
`)
	if diff := cmp.Diff(map[string]Severity{"bad": Info, "odd": Off}, cfg.Severities); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"@acme/*", "one"}, cfg.Texts("singletons")); diff != "" {
		t.Error(diff)
	}
	ig := cfg.Ignores[0]
	if ig.Rule != "bad" || ig.Package != "@s/*" || ig.Path != "**/yarn.lock" || ig.Reason != "waits for a release" || ig.Expires != "2026-12-31" || ig.Pos.Line != 7 {
		t.Errorf("%+v", ig)
	}
	r := finished(t, cfg, nil)
	if len(r.Findings) != 0 || len(r.Ignored) != 1 || r.Ignored[0].Reason != "waits for a release" {
		t.Errorf("%s; ignored %d", names(r.Findings), len(r.Ignored))
	}
	if s, ok := cfg.Severity("odd"); !ok || s != Off {
		t.Error("Severity does not know what is off")
	}
	var none *Config
	if _, ok := none.Severity("odd"); ok || none.Texts("x") != nil {
		t.Error("no configuration says something")
	}
	for _, text := range []string{"", "\n# nothing\n", "check:\n", "check: {rules: , ignore: , singletons: }\n"} {
		if r := finished(t, parse(t, text), nil); len(r.Findings) != 3 {
			t.Errorf("%q: %s", text, names(r.Findings))
		}
	}
}

// Bare off is a word to people and false to YAML 1.1; both turn a rule off.
func TestOffIsAWord(t *testing.T) {
	for _, word := range []string{"off", "Off", "'off'", "false"} {
		if word == "Off" {
			continue // upper case is not how severities are written
		}
		if cfg := parse(t, "check: {rules: {bad: "+word+"}}"); cfg.Severities["bad"] != Off {
			t.Errorf("%s: %v", word, cfg.Severities)
		}
	}
}

func TestConfigFaults(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"chekc: {}", ".portalctl.yaml:1:1: there is no setting \"chekc\""},
		{"- check", ".portalctl.yaml:1:1: the file is a list, but must be a mapping"},
		{"check: no", ".portalctl.yaml:1:8: check is a"},
		{"check:\n  rulse: {}", ".portalctl.yaml:2:3: there is no setting \"rulse\""},
		{"check: {rules: {bda: error}}", ".portalctl.yaml:1:17: there is no rule \"bda\""},
		{"check: {rules: {bad: fatal}}", ".portalctl.yaml:1:22: \"fatal\" is not a valid severity"},
		{"check: {rules: {bad: true}}", ".portalctl.yaml:1:22: \"true\" is not a valid severity"},
		{"check: {rules: [bad]}", ".portalctl.yaml:1:16: rules is a list"},
		{"check: {singletons: x}", ".portalctl.yaml:1:21: singletons is a text, but must be a list"},
		{"check: {singletons: [{a: b}]}", ".portalctl.yaml:1:22: an entry of singletons is a mapping"},
		{"check: {singletons: ['']}", "an entry of singletons"},
		{"check: {singletons: ['[']}", "is not a valid glob"},
		{"check: {ignore: {}}", ".portalctl.yaml:1:17: ignore is a mapping"},
		{"check: {ignore: [x]}", "an ignore is a text"},
		{"check: {ignore: [{rule: nope}]}", "there is no rule \"nope\""},
		{"check: {ignore: [{rules: bad}]}", "there is no setting \"rules\""},
		{"check: {ignore: [{rule: bad, package: x, expires: 2026-12-31}]}", "the ignore has no reason"},
		{"check: {ignore: [{rule: bad, package: x, reason: r}]}", "the ignore has no expires"},
		{"check: {ignore: [{rule: bad, reason: r, expires: 2026-12-31}]}", "the ignore of bad has no package and no path"},
		{"check: {ignore: [{package: x, reason: r, expires: 2026-12-31}]}", "the ignore has no rule"},
		{"check: {ignore: [{rule: bad, package: x, reason: r, expires: soon}]}", "expires is \"soon\", which is not a date"},
		{"check: {ignore: [{rule: bad, package: x, reason: r, expires: 2026-02-30}]}", "which is not a date"},
		{"check: {ignore: [{rule: bad, file: '[', reason: r, expires: 2026-12-31}]}", "is not a valid glob"},
		{"check: {ignore: [{rule: bad, path: a, file: b, reason: r, expires: 2026-12-31}]}", "both a path and a file"},
		{"check: {ignore: [{rule: bad, package: [a], reason: r, expires: 2026-12-31}]}", "package is a list, but must be a text"},
		{"check: {ignore: [{id: GHSA-1, reason: r, owner: o, expires: 2026-12-31}]}", "there is no setting \"id\""},
		{"check: {ignore: [{rule: ignore-unused, package: x, reason: r, expires: 2026-12-31}]}", "there is no rule \"ignore-unused\""},
		{"check: {rules: {ignore-expired: off}}", "there is no rule \"ignore-expired\""},
		{"check: {max-ignore-days: 181}", "max-ignore-days is \"181\", but must be a number from 1 to 180"},
		{"snapshot: {}", ".portalctl.yaml:1:1: there is no setting \"snapshot\""},
		{"check: {a: 1, a: 2}", ".portalctl.yaml:1:"},
		{"check: {", ".portalctl.yaml:2:1: not valid YAML"},
	} {
		_, err := ParseConfig(".portalctl.yaml", []byte(tt.text), Schema{Section: "check", Rules: testRules, Lists: []string{"singletons"}})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s\n got %v\nwant %s", tt.text, err, tt.want)
		} else if fault.NextOf(err) == "" {
			t.Errorf("%s: no next step", tt.text)
		}
	}
}

// An ignore counts through its last day, then it fails by itself.
func TestIgnoreExpires(t *testing.T) {
	cfg := parse(t, "check:\n  ignore:\n    - {rule: bad, package: '@s/z', reason: because, expires: 2026-09-01}\n")
	for day, want := range map[string]string{
		"2026-09-01T23:59:59Z": "warning x, info y",
		"2026-09-02T00:00:00Z": "error @s/z, error @s/z, warning x, info y",
	} {
		now, err := time.Parse(time.RFC3339, day)
		if err != nil {
			t.Fatal(err)
		}
		r := sample()
		r.Finish(cfg, nil, now)
		if got := names(r.Findings); got != want {
			t.Errorf("%s: %s, want %s", day, got, want)
		}
		for _, f := range r.Findings {
			if f.Rule == IgnoreRule.ID && (f.Pos.File != ".portalctl.yaml" || f.Pos.Line != 3 || f.Fingerprint == "" || !strings.Contains(f.Message, "because")) {
				t.Errorf("%+v", f)
			}
		}
	}
}

// How far ahead an ignore may end is the same for all commands, and the error
// says the last day that may be written.
func TestIgnoreWindow(t *testing.T) {
	for _, section := range []string{"check", "audit"} {
		for _, tt := range []struct{ extra, expires, want string }{
			{"", "2027-02-28", ""},
			{"", "2027-03-01", ": expires is 2027-03-01, more than 180 days ahead"},
			{"\n  max-ignore-days: 30", "2026-10-01", ""},
			{"\n  max-ignore-days: 30", "2026-10-02", ": expires is 2026-10-02, more than 30 days ahead"},
		} {
			text := section + ":\n  ignore:\n    - {rule: bad, package: x, reason: r, expires: " + tt.expires + "}" + tt.extra + "\n"
			schema := Schema{Section: section, Rules: testRules, Now: today}
			_, err := ParseConfig(ConfigFile, []byte(text), schema)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("%s\n got %v\nwant %s", text, err, tt.want)
			}
			if err != nil && !strings.Contains(fault.NextOf(err), "or an earlier day") {
				t.Errorf("%s: %s", text, fault.NextOf(err))
			}
			// Who only reads what must be one copy is not kept by a day.
			if schema.Now = (time.Time{}); tt.want != "" {
				if _, err := ParseConfig(ConfigFile, []byte(text), schema); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

// An ignore that nothing needs is told, unless the run did not look.
func TestIgnoreUnused(t *testing.T) {
	const none = "check:\n  ignore:\n    - {rule: bad, package: gone, reason: because, expires: 2026-09-30}\n"
	unused := func(text string, change func(*Report)) []Finding {
		r := sample()
		r.Unknown = nil
		if change != nil {
			change(r)
		}
		r.Finish(parse(t, text), nil, today)
		return slices.DeleteFunc(r.Findings, func(f Finding) bool { return f.Rule != UnusedRule.ID })
	}
	got := unused(none, nil)
	if len(got) != 1 || got[0].Severity != Info || got[0].Pos.Line != 3 || got[0].Message != "the ignore of bad for gone is no longer needed (because)" ||
		got[0].Next != "Remove it" || got[0].Fingerprint == "" {
		t.Errorf("%+v", got)
	}
	if got := unused("check:\n  rules: {ignore-unused: error}\n"+strings.TrimPrefix(none, "check:\n"), nil); len(got) != 1 || got[0].Severity != Error {
		t.Errorf("%+v", got)
	}
	for name, tt := range map[string]struct {
		text   string
		change func(*Report)
	}{
		"used by two":  {"check:\n  ignore:\n    - {rule: bad, package: '@s/z', reason: a, expires: 2026-09-30}\n    - {rule: bad, path: yarn.lock, reason: b, expires: 2026-09-30}\n", nil},
		"workspace":    {"check:\n  ignore:\n    - {rule: odd, path: b, reason: a, expires: 2026-09-30}\n", nil},
		"rule off":     {"check:\n  rules: {bad: off}\n" + strings.TrimPrefix(none, "check:\n"), nil},
		"unused off":   {"check:\n  rules: {ignore-unused: off}\n" + strings.TrimPrefix(none, "check:\n"), nil},
		"not judged":   {none, func(r *Report) { r.Unknown = []Unknown{{Rule: "bad"}} }},
		"not in scope": {none, func(r *Report) { r.Unjudged = func(ig Ignore) bool { return ig.Package == "gone" } }},
	} {
		if got := unused(tt.text, tt.change); len(got) != 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestBaseline(t *testing.T) {
	src := NewBaseline(finished(t, nil, nil), nil).Bytes()
	base, err := ParseBaseline("base.json", src)
	if err != nil {
		t.Fatal(err)
	}
	r := sample()
	r.Findings[0].Pos.Line = 1000
	r.Findings[1].Name = "new"
	r.Finish(nil, base, today)
	if got := names(r.Findings); got != "info new" || len(r.Known) != 2 || r.Gone != 1 {
		t.Errorf("%s; %d known, %d gone", got, len(r.Known), r.Gone)
	}
	// Written anew it has what is there now, and is the same every time.
	again := NewBaseline(r, nil)
	if len(again.Findings) != 3 || !bytes.Equal(again.Bytes(), NewBaseline(r, nil).Bytes()) {
		t.Errorf("%+v", again)
	}
	// What another command recorded stays, and is neither known nor gone here.
	other := &Report{Command: "audit", Findings: []Finding{{Rule: "bad", Fingerprint: base.Findings[0].Fingerprint, Name: "theirs"}}}
	both := NewBaseline(other, base)
	if len(both.Findings) != 4 || !both.Of("audit")[base.Findings[0].Fingerprint] || len(both.Of("audit")) != 1 || len(both.Of("")) != 3 {
		t.Errorf("%+v", both)
	}
	r = sample()
	if r.Finish(nil, NewBaseline(other, nil), today); len(r.Known) != 0 || r.Gone != 0 {
		t.Errorf("%d known, %d gone", len(r.Known), r.Gone)
	}
	if again := NewBaseline(finished(t, nil, both), both); !bytes.Equal(again.Bytes(), both.Bytes()) {
		t.Errorf("%s", again.Bytes())
	}
	// An ignore that ran out is due now.
	r = &Report{Rules: testRules, Findings: []Finding{{Rule: IgnoreRule.ID, Severity: Error}}}
	r.Finish(nil, nil, today)
	if b := NewBaseline(r, nil); len(b.Findings) != 0 {
		t.Errorf("%+v", b.Findings)
	}
	for _, bad := range []string{"", "{", "[]", `{"schema": "x/v1"}`, `{"schema": 1}`, "\x00"} {
		if _, err := ParseBaseline("base.json", []byte(bad)); err == nil || !strings.HasPrefix(err.Error(), "base.json") || fault.NextOf(err) == "" {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestPrefix(t *testing.T) {
	r := finished(t, parse(t, "check: {ignore: [{rule: bad, package: '*/*', reason: r, expires: 2026-12-31}]}"), nil)
	before := r.Findings[0].Fingerprint
	r.Prefix("portal")
	r.Prefix(".")
	if r.Findings[0].Pos.File != "portal/b/package.json" || r.Ignored[0].Pos.File != "portal/yarn.lock" || r.Findings[0].Fingerprint != before {
		t.Errorf("%+v", r.Findings[0])
	}
}

func FuzzParseConfig(f *testing.F) {
	for _, s := range []string{"", "check: {rules: {bad: off}}", "check:\n  ignore:\n    - {rule: bad, package: x, reason: r, expires: 2026-12-31}\n", "check: &a [*a]", "a: !!binary x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		cfg, err := ParseConfig("c", []byte(s), Schema{Section: "check", Rules: testRules, Lists: []string{"singletons"}})
		if err != nil {
			return
		}
		sample().Finish(cfg, nil, today)
	})
}
