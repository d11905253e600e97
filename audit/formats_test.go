package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/ui"
)

// hostile is what an advisory could say to break a report.
const hostile = "a | b\r\n<script>alert(1)</script> [x](https://evil.example) `code` @octocat ```\n# head\x1b[31mred\u202eder\u2066 {0} *bold*"

func hostileReport(t *testing.T) *Report {
	t.Helper()
	a := advisory(t, "GHSA-1", "a", high, "0 2.0.0")
	a.Summary, a.URL = hostile, "https://evil.example/)[x](javascript:1"
	b := advisory(t, "GHSA-2", "b", critical, "0")
	mal := advisory(t, "MAL-1", "evil", "", "0")
	mal.Summary = hostile
	base := load(t, monorepo(nil, []string{"b *"}, "b@npm:* = 1.0.0"))
	head := load(t, monorepo([]string{"dev evil *"}, []string{"a ^1.0.0", "b *", "gone *"}, "a@npm:^1.0.0 = 1.0.0", "b@npm:* = 1.0.0", "evil@npm:* = 6.6.6"))
	r := audited(t, head, base, Defaults(), a, b, mal)
	r.Rules = append(r.Rules, ruleFinding{New: true, Verdict: verdictBlocks, Finding: finding.Finding{Rule: "git-source", Severity: finding.Error,
		Pos: fault.Pos{File: "a b/yarn.lock"}, Name: "x", Message: hostile, Next: hostile, Lines: []string{hostile}}})
	r.Unknown = append(r.Unknown, finding.Unknown{Rule: "lock-edited", Reason: hostile, Next: hostile})
	return r
}

func render(t *testing.T, write func(*bytes.Buffer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestMarkdownSurvives(t *testing.T) {
	text := render(t, func(b *bytes.Buffer) error { return hostileReport(t).WriteMarkdown(b) })
	for _, bad := range []string{"<script>", "[x](", "](javascript", "\x1b", "\u202e", "\u2066", "\r", "\n# head", " `code` "} {
		if strings.Contains(text, bad) {
			t.Errorf("%q is in it:\n%s", bad, text)
		}
	}
	// A code span names nobody.
	if n := strings.Count(text, "@octocat"); n == 0 || n != strings.Count(text, "`@octocat`") {
		t.Errorf("somebody is mentioned:\n%s", text)
	}
	// Every row of a table has as many cells as its head, and every fence ends.
	columns, fences := 0, 0
	for i, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "```") {
			fences++
		}
		if !strings.HasPrefix(line, "|") {
			columns = 0
			continue
		}
		n := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|")
		if columns == 0 {
			columns = n
		}
		if n != columns {
			t.Errorf("line %d has %d bars, the head %d: %s", i+1, n, columns, line)
		}
	}
	if fences%2 != 0 {
		t.Errorf("%d fences", fences)
	}
	if first := strings.Index(text, "MALWARE: Take `evil@"); first < 0 || first > strings.Index(text, "### Move a") {
		t.Errorf("malware is not first:\n%s", text)
	}
}

func TestMarkdownIsShortEnough(t *testing.T) {
	var lock, deps []string
	var list []*osv.Advisory
	for i := range 600 {
		name := fmt.Sprintf("package-with-a-long-name-%d", i)
		deps = append(deps, name+" 1.0.0")
		lock = append(lock, name+"@npm:1.0.0 = 1.0.0")
		list = append(list, advisory(t, fmt.Sprintf("GHSA-%d", i), name, high, "0 2.0.0"))
	}
	r := audited(t, load(t, monorepo(nil, deps, lock...)), nil, Defaults(), list...)
	text := render(t, func(b *bytes.Buffer) error { return r.WriteMarkdown(b) })
	if len(text) > 65_000 || !strings.Contains(text, "left out because the report would be too long") {
		t.Errorf("%d bytes", len(text))
	}
}

func TestTableSurvives(t *testing.T) {
	text := render(t, func(b *bytes.Buffer) error { return hostileReport(t).WriteTable(b, ui.Style{}) })
	if strings.ContainsAny(text, "\x1b\r\u202e\u2066") || strings.Contains(text, "\n# head") {
		t.Errorf("%q", text)
	}
}

// TestSARIF validates against the schema of SARIF 2.1.0.
func TestSARIF(t *testing.T) {
	for name, r := range map[string]*Report{
		"hostile": hostileReport(t),
		"empty":   audited(t, load(t, monorepo(nil, nil)), nil, Defaults()),
	} {
		text := render(t, func(b *bytes.Buffer) error { return r.Shared("portal dir").WriteSARIF(b, "1.2.3") })
		for _, f := range schemaFaults(t, text) {
			t.Errorf("%s: %s", name, f)
		}
		var doc sarifDoc
		if err := json.Unmarshal([]byte(text), &doc); err != nil {
			t.Fatal(err)
		}
		if results := len(doc.Runs[0].Results); len(doc.Runs) != 1 || (results == 0) != (name == "empty") {
			t.Errorf("%s: %d results", name, results)
		}
		for _, run := range doc.Runs {
			for _, res := range run.Results {
				loc := res.Locations[0].PhysicalLocation
				if uri := loc.ArtifactLocation.URI; !strings.HasPrefix(uri, "portal%20dir/") || strings.Contains(uri, " ") {
					t.Errorf("%s: at %q", name, uri)
				}
				if loc.Region == nil || loc.Region.StartLine < 1 {
					t.Errorf("%s: %s has no line", name, res.RuleID)
				}
				if res.PartialFingerprints["portalctl/v1"] == "" {
					t.Errorf("%s: %s has no fingerprint", name, res.RuleID)
				}
				if rule := run.Tool.Driver.Rules[res.RuleIndex]; rule.ID != res.RuleID {
					t.Errorf("%s: rule %d is %s, not %s", name, res.RuleIndex, rule.ID, res.RuleID)
				}
			}
		}
	}
}

// sarifDoc is the part of a SARIF document that the test looks at.
type sarifDoc struct {
	Runs []struct {
		Tool struct {
			Driver struct{ Rules []struct{ ID string } }
		}
		Results []struct {
			RuleID              string
			RuleIndex           int
			PartialFingerprints map[string]string
			Locations           []struct {
				PhysicalLocation struct {
					ArtifactLocation struct{ URI string }
					Region           *struct{ StartLine int }
				}
			}
		}
	}
}

// TestFingerprints: lines, versions and wording may change, the alert stays.
func TestFingerprints(t *testing.T) {
	a := advisory(t, "GHSA-1", "a", high, "0 9.0.0")
	print := func(files map[string]string) []string {
		var list []string
		for _, f := range audited(t, load(t, files), nil, Defaults(), a).Findings {
			list = append(list, f.Fingerprint)
		}
		return list
	}
	before := print(monorepo(nil, []string{"a *"}, "a@npm:* = 1.0.0"))
	after := print(monorepo(nil, []string{"a ^2.0.0", "b *"}, "a@npm:^2.0.0 = 2.0.0", "b@npm:* = 1.0.0"))
	if !cmp.Equal(before, after) {
		t.Errorf("%v became %v", before, after)
	}
	two := print(monorepo([]string{"a ^1.0.0"}, []string{"a ^2.0.0"}, "a@npm:^1.0.0 = 1.0.0", "a@npm:^2.0.0 = 2.0.0"))
	if len(two) != 2 || two[0] == two[1] {
		t.Errorf("two versions: %v", two)
	}
}

func TestJSON(t *testing.T) {
	var doc struct {
		Schema   string
		Failed   bool
		Findings []map[string]any
		Actions  []map[string]any
	}
	text := render(t, func(b *bytes.Buffer) error { return hostileReport(t).WriteJSON(b) })
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Schema != schemaName || !doc.Failed || len(doc.Findings) != 3 {
		t.Fatalf("%+v", doc)
	}
	for _, key := range []string{"advisory", "aliases", "severity", "package", "version", "status", "lockfile", "paths", "fixed"} {
		for _, f := range doc.Findings {
			if _, ok := f[key]; !ok {
				t.Errorf("no member %s", key)
			}
		}
	}
	if strings.Contains(text, "null") && !strings.Contains(text, `"score": null`) {
		t.Error("a list is null")
	}
	for _, f := range doc.Findings {
		if at, ok := f["action"].(float64); !ok || int(at) >= len(doc.Actions) {
			t.Errorf("%v has action %v of %d", f["advisory"], f["action"], len(doc.Actions))
		}
	}
}
