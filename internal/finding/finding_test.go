package finding

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/ui"
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

func text(t testing.TB, write func(*bytes.Buffer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTable(t *testing.T) {
	r := finished(t, nil, nil)
	r.Notes = []string{"Fixed: this"}
	got := text(t, func(b *bytes.Buffer) error { return r.WriteTable(b, ui.Style{}) })
	want := `portalctl test: 1 error, 1 warning, 1 for information, 1 fixable with --fix, 1 with --fix-manifests
Fixed: this

bad  what is bad
  yarn.lock:7:3  error
    @s/z is <bad>
      1.0.0: app
    next: Run it, 100%

odd  what is odd
  b/package.json:9:3  warning
    x is odd: a|b
    next: Look at it
  a/package.json:2:3  info
    y is odd
    next: Look

Not judged
  odd: no manifest
    next: Run it with --online
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	clean := &Report{Title: "portalctl test"}
	if got := text(t, func(b *bytes.Buffer) error { return clean.WriteTable(b, ui.Style{}) }); got != "portalctl test: no problems\n" {
		t.Errorf("%q", got)
	}
}

// Long lists are cut, and say so.
func TestManyFindings(t *testing.T) {
	r := &Report{Title: "t", Rules: testRules}
	for range 300 {
		r.Findings = append(r.Findings, Finding{Rule: "bad", Severity: Error, Pos: at("f", 1), Name: "n", Message: strings.Repeat("m", 90), Next: "x"},
			Finding{Rule: "odd", Severity: Warning, Pos: at("f", 1), Name: "n", Message: "m", Next: "x"})
	}
	r.Finish(nil, nil, today)
	if got := text(t, func(b *bytes.Buffer) error { return r.WriteTable(b, ui.Style{}) }); !strings.Contains(got, "… and 275 more; --format json lists all") {
		t.Errorf("%.300s", got)
	}
	got := text(t, func(b *bytes.Buffer) error { return r.WriteGitHub(b) })
	if n := strings.Count(got, "\n::error ") + strings.Count("\n"+got, "\n::warning "); strings.Count("\n"+got, "\n::error ") != 10 || strings.Count("\n"+got, "\n::warning ") != 10 {
		t.Errorf("%d annotations:\n%s", n, got)
	}
	if !strings.Contains(got, "::error title=portalctl::291 more errors: bad 291. The step summary lists them.\n") {
		t.Errorf("%s", got)
	}
	for i := range r.Findings {
		r.Findings[i].Message = strings.Repeat("long ", 2000)
	}
	md := text(t, func(b *bytes.Buffer) error { return r.WriteMarkdown(b) })
	if len(md) > 65_000 || !strings.Contains(md, "left out because the report would be too long") {
		t.Errorf("%d characters", len(md))
	}
}

func TestGitHub(t *testing.T) {
	got := text(t, func(b *bytes.Buffer) error { return finished(t, nil, nil).WriteGitHub(b) })
	want := "::error file=yarn.lock,line=7,col=3,title=bad::@s/z is <bad>%0A1.0.0: app%0ANext: Run it, 100%25\n" +
		"::warning file=b/package.json,line=9,col=3,title=odd::x is odd: a|b%0ANext: Look at it\n" +
		"::notice file=a/package.json,line=2,col=3,title=odd::y is odd%0ANext: Look\n" +
		"portalctl test: 1 error, 1 warning, 1 for information, 1 fixable with --fix, 1 with --fix-manifests\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	evil := &Report{Title: "t", Rules: testRules, Findings: []Finding{{Rule: "bad", Severity: Error, Pos: at("a,b:c\n::error::x", 1), Name: "n", Message: "m\n::stop-commands::x"}}}
	got = text(t, func(b *bytes.Buffer) error { return evil.WriteGitHub(b) })
	if want := "::error file=a%2Cb%3Ac%0A%3A%3Aerror%3A%3Ax,line=1,col=3,title=bad::m%0A::stop-commands::x\n"; !strings.HasPrefix(got, want) {
		t.Errorf("%s", got)
	}
}

func TestMarkdown(t *testing.T) {
	got := text(t, func(b *bytes.Buffer) error { return finished(t, nil, nil).WriteMarkdown(b) })
	for _, want := range []string{
		"## portalctl test: 1 error, 1 warning",
		"### [bad](https://github.com/portalctl/portalctl/blob/main/docs/rules/bad.md)",
		"| warning | b/package.json:9:3 | x is odd: a\\|b | Look at it |\n",
		"&lt;bad&gt;; 1.0.0: app",
		"### Not judged\n\n- odd: no manifest",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	// A code span names nobody.
	if !strings.Contains(got, "@s/z") || strings.Contains(regexp.MustCompile("`[^`]*`").ReplaceAllString(got, ""), "@") {
		t.Errorf("a mention of somebody, or another name:\n%s", got)
	}
}

func TestJSON(t *testing.T) {
	cfg := parse(t, "check: {ignore: [{rule: odd, package: y, reason: r, expires: 2026-12-31}]}")
	r := finished(t, cfg, nil)
	got := text(t, func(b *bytes.Buffer) error { return r.WriteJSON(b) })
	if !strings.HasPrefix(got, "{\n  \"schema\": \"portalctl.test/v1\",\n  \"release\": \"1.53.0\",\n  \"summary\": {\n    \"errors\": 1,") {
		t.Errorf("%.200s", got)
	}
	var doc struct {
		Findings []map[string]any
		Ignored  []map[string]any
		Baseline []any
		Unknown  []map[string]any
	}
	if err := json.Unmarshal([]byte(got), &doc); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"rule": "bad", "severity": "error", "file": "yarn.lock", "line": 7.0, "column": 3.0, "name": "@s/z", "message": "@s/z is <bad>",
		"next": "Run it, 100%", "fixes": []any{"lock"}, "fixedBy": "--fix", "fingerprint": r.Findings[0].Fingerprint, "details": map[string]any{"versions": []any{"1.0.0"}}}
	if diff := cmp.Diff(want, doc.Findings[0]); diff != "" {
		t.Error(diff)
	}
	if len(doc.Ignored) != 1 || doc.Ignored[0]["reason"] != "r" || doc.Ignored[0]["expires"] != "2026-12-31" || len(doc.Unknown) != 1 {
		t.Errorf("%v %v", doc.Ignored, doc.Unknown)
	}
	if !strings.Contains(got, "\"baseline\": []") || strings.Contains(got, "null") {
		t.Error("a list is null")
	}
}

// GitLab wants five members and unique fingerprints; what is set aside is not in it.
func TestCodeQuality(t *testing.T) {
	base := NewBaseline(&Report{Findings: finished(t, nil, nil).Findings[1:2]}, nil)
	r := finished(t, nil, base)
	r.Rules[0].Tags = []string{"malware"}
	defer func() { r.Rules[0].Tags = nil }()
	r.Findings[1].Pos.Line = 0
	got := text(t, func(b *bytes.Buffer) error { return r.WriteCodeQuality(b) })
	var doc []struct {
		Description string
		CheckName   string `json:"check_name"`
		Fingerprint string
		Severity    string
		Location    struct {
			Path  string
			Lines struct{ Begin int }
		}
	}
	if err := json.Unmarshal([]byte(got), &doc); err != nil || len(doc) != 2 {
		t.Fatalf("%v\n%s", err, got)
	}
	first, second := doc[0], doc[1]
	if first.Description != "@s/z is <bad>\nNext: Run it, 100%" || first.CheckName != "bad" || first.Fingerprint != r.Findings[0].Fingerprint ||
		first.Severity != "blocker" || first.Location.Path != "yarn.lock" || first.Location.Lines.Begin != 7 {
		t.Errorf("%+v", first)
	}
	if second.Severity != "info" || second.Location.Lines.Begin != 1 || second.Fingerprint == first.Fingerprint {
		t.Errorf("%+v", second)
	}
	r.Rules[0].Tags = nil
	for severity, want := range map[Severity]string{Error: "critical", Warning: "minor", Info: "info"} {
		if got := r.quality(Finding{Rule: "bad", Severity: severity}); got != want {
			t.Errorf("%s is %s", severity, got)
		}
	}
	empty := &Report{}
	if got := text(t, func(b *bytes.Buffer) error { return empty.WriteCodeQuality(b) }); got != "[]\n" {
		t.Errorf("%q", got)
	}
}

// What the base has, too, is one line among annotations, and suppressed in SARIF;
// unless it fails all the same.
func TestUnchanged(t *testing.T) {
	r := &Report{Title: "portalctl test", Rules: testRules, Outcome: "as it says"}
	for i := range 182 {
		r.Findings = append(r.Findings, Finding{Rule: "odd", Severity: Info, Pos: at("yarn.lock", i+1), Name: "old", Message: "was there", State: Unchanged})
	}
	r.Findings = append(r.Findings,
		Finding{Rule: "bad", Severity: Error, Pos: at("yarn.lock", 1), Name: "new", Message: "is new", State: New},
		Finding{Rule: "bad", Severity: Error, Pos: at("yarn.lock", 2), Name: "worst", Message: "blocks all the same", State: Unchanged})
	got := text(t, func(b *bytes.Buffer) error { return r.WriteGitHub(b) })
	want := "::error file=yarn.lock,line=1,col=3,title=bad::is new\n::error file=yarn.lock,line=2,col=3,title=bad::blocks all the same\n" +
		"Not annotated: 182 findings that the base has, too.\nportalctl test: as it says\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got = text(t, func(b *bytes.Buffer) error { return r.WriteSARIF(b, "v1") })
	if n, m := strings.Count(got, `"baselineState": "unchanged"`), strings.Count(got, `"justification": "the base has it, too"`); n != 183 || m != 182 {
		t.Errorf("%d unchanged, %d suppressed", n, m)
	}
}

func TestSARIF(t *testing.T) {
	base := NewBaseline(&Report{Findings: finished(t, nil, nil).Findings[1:2]}, nil)
	cfg := parse(t, "check: {ignore: [{rule: odd, package: y, reason: r, expires: 2026-12-31}]}")
	r := finished(t, cfg, base)
	got := text(t, func(b *bytes.Buffer) error { return r.WriteSARIF(b, "v1") })
	var doc struct {
		Schema  string `json:"$schema"`
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Name, Version string
					Rules         []struct{ ID, HelpURI string }
				}
			}
			Results []struct {
				RuleID, Level, BaselineState string
				Message                      struct{ Text string }
				RuleIndex                    int
				PartialFingerprints          map[string]string
				Suppressions                 []struct{ Kind, Justification string }
				Locations                    []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine int }
					}
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(got), &doc); err != nil {
		t.Fatal(err)
	}
	run := doc.Runs[0]
	if doc.Version != "2.1.0" || doc.Schema == "" || run.Tool.Driver.Name != "portalctl" || run.Tool.Driver.Version != "v1" || len(run.Tool.Driver.Rules) != len(testRules) || len(run.Results) != 3 {
		t.Fatalf("%s", got)
	}
	first, known, ignored := run.Results[0], run.Results[1], run.Results[2]
	loc := first.Locations[0].PhysicalLocation
	if first.RuleID != "bad" || first.Level != "error" || first.RuleIndex != 0 || loc.ArtifactLocation.URI != "yarn.lock" || loc.Region.StartLine != 7 ||
		first.PartialFingerprints["portalctl/v1"] != r.Findings[0].Fingerprint || len(first.Suppressions) != 0 {
		t.Errorf("%+v", first)
	}
	if want := "@s/z is <bad>\n1.0.0: app\nNext: Run it, 100%"; first.Message.Text != want {
		t.Errorf("message %q, want %q", first.Message.Text, want)
	}
	if known.BaselineState != "unchanged" || len(known.Suppressions) != 1 || ignored.Level != "note" || ignored.Suppressions[0].Justification != "r (until 2026-12-31)" {
		t.Errorf("%+v\n%+v", known, ignored)
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
