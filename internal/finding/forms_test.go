package finding

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/ui"
)

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
