package production

import (
	"slices"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/finding"
)

func TestConfigErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"production:\n  attest:\n    - itme: slo\n", ".portalctl.yaml:3:7: there is no setting \"itme\""},
		{"production:\n  attest:\n    - item: none\n", ".portalctl.yaml:3:13: there is no item \"none\""},
		{"production:\n  attest:\n    - item: slo\n", ".portalctl.yaml:3:7: the attestation has no url"},
		{"production:\n  attest:\n    - {item: slo, url: 'ftp://x'}\n", "must be a web address"},
		{"production:\n  attest:\n    - {item: slo, url: 'https://a:b@x'}\n", "without a login"},
		{"production:\n  attest:\n    - {item: slo, url: 'https://x', owner: a, expires: soon}\n", "not a date"},
		{"production:\n  attest:\n    - {item: slo, url: 'https://x', owner: a, expires: 2029-01-01}\n", "more than 400 days ahead"},
		{"production:\n  attest:\n    - {item: slo, url: 'https://x', owner: a, expires: 2026-12-01}\n    - {item: slo, url: 'https://x', owner: a, expires: 2026-12-01}\n", "attested twice"},
		{"production:\n  attest: slo\n", "must be a list"},
		{"production:\n  nothing: 1\n", "there is no setting \"nothing\""},
		{"production:\n  rules:\n    slo: loud\n", "not a valid severity"},
		{"produktion: {}\n", "there is no setting \"produktion\""},
	} {
		_, err := parseConfig([]byte(c.text), now)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, not %s", c.text, err, c.want)
		}
	}
}

// Decisions are those of all checks: severities, ignores, the baseline.
func TestDecisions(t *testing.T) {
	guest := base().with(conf("auth:\n  providers:\n    guest: {}\n"))
	report := func(text string, opts Options) *Report {
		t.Helper()
		cfg, err := parseConfig([]byte(text), now)
		if err != nil {
			t.Fatal(err)
		}
		opts.Config, opts.Now, opts.Profile = cfg, now, profileTeam
		return NewReport(guest.input(t), opts)
	}
	open := func(r *Report, id string) int {
		i := slices.IndexFunc(r.Items, func(r itemResult) bool { return r.ID == id })
		if i < 0 {
			return -1
		}
		return r.Items[i].Open
	}
	if r := report("", Options{}); open(r, "guest-provider") != 1 {
		t.Errorf("the guest has %d findings", open(r, "guest-provider"))
	}
	if r := report("production:\n  rules: {guest-provider: off}\n", Options{}); open(r, "guest-provider") != -1 {
		t.Error("an item that is off is judged")
	}
	r := report("production:\n  ignore:\n    - {rule: guest-provider, path: app-config.yaml, reason: internal, expires: 2026-07-01}\n", Options{})
	if open(r, "guest-provider") != 0 || len(r.Ignored) != 1 {
		t.Errorf("ignored it has %d findings, %d are ignored", open(r, "guest-provider"), len(r.Ignored))
	}
	// What files say is not attested away, and one that has ended is a finding.
	r = report("production:\n  attest:\n    - {item: guest-provider, url: 'https://x', owner: a, expires: 2026-12-01}\n    - {item: slo, url: 'https://x', owner: a, expires: 2026-05-01}\n", Options{})
	if open(r, "guest-provider") != 1 {
		t.Error("a guest was attested away")
	}
	if n := len(r.Findings); !slices.ContainsFunc(r.Findings, func(f finding.Finding) bool { return f.Pos.File == ".portalctl.yaml" && f.Pos.Line == 4 }) {
		t.Errorf("none of %d findings is about the attestation that has ended", n)
	}
	in := guest.input(t)
	known := NewBaseline(in, Options{Now: now, Profile: profileTeam})
	if r := NewReport(in, Options{Now: now, Profile: profileTeam, Baseline: known}); r.Failed() || len(r.Known) == 0 {
		t.Errorf("with its own baseline it has %d findings", len(r.Findings))
	}
}

func TestMaturity(t *testing.T) {
	result := func(level int, v verdict) itemResult {
		return itemResult{checkItem: checkItem{ID: "x", Level: level}, Verdict: v}
	}
	for _, c := range []struct {
		items   []itemResult
		level   int
		skipped []int
	}{
		{[]itemResult{result(1, verdictPass), result(2, verdictAttested), result(3, verdictNotApplicable), result(4, verdictPass), result(5, verdictPass)}, 5, nil},
		{[]itemResult{result(1, verdictPass), result(2, verdictUnknown), result(3, verdictPass)}, 1, []int{3}},
		{[]itemResult{result(1, verdictFail), result(2, verdictPass), result(3, verdictFail), result(4, verdictPass), result(0, verdictFail)}, 0, []int{2, 4}},
	} {
		if m := maturity(c.items); m.Level != c.level || !slices.Equal(m.Skipped, c.skipped) {
			t.Errorf("level %d, skipped %v instead of %d, %v", m.Level, m.Skipped, c.level, c.skipped)
		}
	}
}

// A pass that shows nothing is none, whichever item says so.
func TestNoPassWithoutEvidence(t *testing.T) {
	res, list := item{checkItem: checkItem{ID: "x", From: profileTeam}}.settle(pass("all is well"), Options{Profile: profileTeam, Now: now})
	if res.Verdict != verdictUnknown || res.Reason != noEvidence || len(list) > 0 {
		t.Errorf("it is %s: %s, with %d findings", res.Verdict, res.Reason, len(list))
	}
}
