package audit

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/audit/trust"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/ui"
)

// What a full audit recorded does not count, what comes does; malware always
// does, and so does what another advisory says about the same package.
func TestBaseline(t *testing.T) {
	a, mal := advisory(t, "GHSA-aaaa", "a", high, "0 2.0.0"), advisory(t, "MAL-1", "evil", "", "0")
	head := load(t, monorepo(nil, []string{"a *", "evil *"}, "a@npm:* = 1.0.0", "evil@npm:* = 1.0.0"))
	in := Input{Head: head, Hits: matched([]*osv.Advisory{a, mal}, head)}
	ruled := trust.Finding{Finding: finding.Finding{Rule: "git-source", Severity: finding.Warning, Pos: fault.Pos{File: "yarn.lock", Line: 3}, Name: "a", Message: "a comes from git"}}
	in.Trust = &trust.Result{Findings: []trust.Finding{ruled}}

	before := reported(t, in, Defaults())
	if !before.Failed() || before.counts().Warnings != 1 {
		t.Fatalf("%v %+v", lines(before), before.counts())
	}
	others := &finding.Baseline{Schema: finding.BaselineSchema, Findings: []finding.Known{{Fingerprint: "1", Rule: "duplicate", Name: "theirs"}}}
	in.Baseline = before.NewBaseline(others)
	if len(in.Baseline.Of("audit")) != 2 || len(in.Baseline.Of("")) != 1 || bytes.Contains(in.Baseline.Bytes(), []byte("MAL-1")) {
		t.Fatalf("%s", in.Baseline.Bytes())
	}
	got := reported(t, in, Defaults())
	want := []string{"MAL-1 evil 1.0.0 present block", "GHSA-aaaa a 1.0.0 present allow"}
	if diff := cmp.Diff(want, lines(got)); diff != "" || got.counts().Baseline != 2 || got.counts().Warnings != 0 || got.Gone != 0 {
		t.Errorf("%s%+v, %d gone", diff, got.counts(), got.Gone)
	}
	if again := got.NewBaseline(in.Baseline); !bytes.Equal(again.Bytes(), in.Baseline.Bytes()) {
		t.Errorf("a second update changes the file:\n%s", cmp.Diff(string(in.Baseline.Bytes()), string(again.Bytes())))
	}

	// A new one counts, moving to another vulnerable version does not, and what is
	// repaired is told.
	b := advisory(t, "GHSA-bbbb", "a", high, "0 3.0.0")
	next := load(t, monorepo(nil, []string{"a *"}, "a@npm:* = 1.5.0"))
	now := in
	now.Head, now.Hits = next, matched([]*osv.Advisory{a, b}, next)
	got = reported(t, now, Defaults())
	if diff := cmp.Diff([]string{"GHSA-bbbb a 1.5.0 present block", "GHSA-aaaa a 1.5.0 present allow"}, lines(got)); diff != "" {
		t.Error(diff)
	}
	now.Trust = nil
	if got = reported(t, now, Defaults()); got.Gone != 1 {
		t.Errorf("%d gone", got.Gone)
	}
	if got = reported(t, now, Options{FailOn: "high", NoScore: Warn, Prod: true}); got.Gone != 0 {
		t.Error("what was not looked at is called gone")
	}
	// With a base, the base decides.
	now.Base = &Base{Name: "main", Locks: next}
	if got = reported(t, now, Defaults()); got.counts().Baseline != 0 {
		t.Errorf("%v", lines(got))
	}
}

// The text forms say in one line what the baseline has, and SARIF sets it aside.
func TestBaselineForms(t *testing.T) {
	a, b := advisory(t, "GHSA-aaaa", "a", high, "0 2.0.0"), advisory(t, "GHSA-bbbb", "b", high, "0 2.0.0")
	head := load(t, monorepo(nil, []string{"a *", "b *"}, "a@npm:* = 1.0.0", "b@npm:* = 1.0.0"))
	in := Input{Head: head, Hits: matched([]*osv.Advisory{a}, head)}
	in.Baseline = reported(t, in, Defaults()).NewBaseline(nil)
	in.Hits = matched([]*osv.Advisory{a, b}, head)
	r := reported(t, in, Defaults())
	for name, write := range map[string]func(*bytes.Buffer) error{
		"table":    func(w *bytes.Buffer) error { return r.WriteTable(w, ui.Style{}) },
		"markdown": func(w *bytes.Buffer) error { return r.WriteMarkdown(w) },
	} {
		var w bytes.Buffer
		if err := write(&w); err != nil {
			t.Fatal(err)
		}
		if s := w.String(); strings.Contains(s, "GHSA-aaaa") || !strings.Contains(s, "GHSA-bbbb") || !strings.Contains(s, "1 in the baseline") || !strings.Contains(s, "In the baseline:") {
			t.Errorf("%s:\n%s", name, s)
		}
	}
	var sarif bytes.Buffer
	if err := r.Shared("").WriteSARIF(&sarif, "v1"); err != nil {
		t.Fatal(err)
	}
	if s := sarif.String(); strings.Count(s, `"baselineState": "unchanged"`) != 1 || strings.Count(s, `"justification": "in the baseline"`) != 1 {
		t.Error(s)
	}
	var doc bytes.Buffer
	if err := r.WriteJSON(&doc); err != nil {
		t.Fatal(err)
	}
	if s := doc.String(); strings.Count(s, `"baseline": true`) != 1 || !strings.Contains(s, `"why": "in the baseline"`) {
		t.Error(s)
	}
}

// With a base, annotations are of what is new, and GitLab gets all: it compares
// itself. A word of a database alone has a number for code scanning, too.
func TestChangeForms(t *testing.T) {
	a, b := advisory(t, "GHSA-aaaa", "a", high, "0 2.0.0"), advisory(t, "GHSA-bbbb", "b", "", "0 2.0.0")
	mal := advisory(t, "MAL-1", "evil", "", "0")
	b.Rating = "critical"
	with := func(deps ...string) []*Lock {
		var lock, asks []string
		for _, d := range deps {
			lock, asks = append(lock, d+"@npm:* = 1.0.0"), append(asks, d+" *")
		}
		return load(t, monorepo(nil, asks, lock...))
	}
	r := audited(t, with("a", "b", "evil"), with("a", "evil"), Defaults(), a, b, mal)
	github := render(t, func(w *bytes.Buffer) error { return r.Shared("portal").WriteGitHub(w) })
	for _, want := range []string{"::error file=portal/packages/backend/package.json,line=", "title=MAL-1::", "title=GHSA-bbbb::",
		"Not annotated: 1 finding that the base has, too.\n", "portalctl audit: " + r.Sentence()} {
		if !strings.Contains(github, want) {
			t.Errorf("%q is not in\n%s", want, github)
		}
	}
	if strings.Contains(github, "GHSA-aaaa") {
		t.Error(github)
	}
	quality := render(t, func(w *bytes.Buffer) error { return r.Shared("portal").WriteCodeQuality(w) })
	for _, want := range []string{`"severity": "blocker"`, `"severity": "critical"`, `"severity": "info"`, `"path": "portal/packages/backend/package.json"`} {
		if !strings.Contains(quality, want) {
			t.Errorf("%s is not in\n%s", want, quality)
		}
	}
	sarif := render(t, func(w *bytes.Buffer) error { return r.Shared("").WriteSARIF(w, "v1") })
	for _, want := range []string{`"security-severity": "7.5"`, `"security-severity": "9.5"`, `"security-severity": "10.0"`} {
		if !strings.Contains(sarif, want) {
			t.Errorf("%s is not in\n%s", want, sarif)
		}
	}
}
