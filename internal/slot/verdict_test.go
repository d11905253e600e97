package slot

import (
	"slices"
	"strings"
	"testing"
)

// says are the kinds of the reasons that have a text.
func (v *verdict) says(text string) (kinds []Kind) {
	for _, r := range v.Reasons {
		if strings.Contains(r.Text, text) {
			kinds = append(kinds, r.Kind)
		}
	}
	return kinds
}

// What check finds on the base is not the upgrade's: it is named, and asks for no hands.
func TestErrorsOfTheBase(t *testing.T) {
	const doc = `{"schema":"portalctl.check/v1","findings":[`
	const old, fresh = `{"rule":"duplicate","severity":"error","fingerprint":"a"}`, `{"rule":"peer","severity":"error","fingerprint":"b"}`
	for name, c := range map[string]struct {
		base, branch string
		fails        string
		want         map[string]Kind
	}{
		"only old":  {old, old, "", map[string]Kind{"check finds 1 error that the base has, too (duplicate)": quiet}},
		"gone":      {old, "", "", nil},
		"both":      {old, old + "," + fresh, "", map[string]Kind{"check finds 1 error that the base has, too (duplicate)": quiet, "check finds 1 error that the upgrade brings (peer)": needsHands}},
		"not known": {old, old, "check --format", map[string]Kind{"check finds 1 error on the branch; which of them the base has is not known": needsHands}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPortal(t)
			p.prints["check --format"], p.fails = doc+c.base+"]}", c.fails
			if _, err := p.run(func(o *Options) { o.Plan = true }); err != nil {
				t.Fatal(err)
			}
			p.prints["check --format"], p.fails = doc+c.branch+"]}", ""
			r, err := p.run(nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := len(r.Verdict.says("check finds")); got != len(c.want) {
				t.Errorf("%d reasons of check: %+v", got, r.Verdict.Reasons)
			}
			for text, kind := range c.want {
				if got := r.Verdict.says(text); !slices.Equal(got, []Kind{kind}) {
					t.Errorf("%q is of %q: %+v", text, got, r.Verdict.Reasons)
				}
			}
		})
	}
}

// A release by name that is older than the portal's is refused before anything is asked
// about it; where main is older the portal stays, and that is said.
func TestNoStepDown(t *testing.T) {
	p := newPortal(t)
	p.prints["versions status"] = `{"schema":"portalctl.status/v1","current":"1.54.0-next.1","main":"1.53.0"}`
	p.prints["versions bump"] = `{"schema":"portalctl.bump/v1","from":"1.54.0-next.1","to":"1.53.0"}`
	r, err := p.run(func(o *Options) { o.Plan = true })
	if err != nil || r.Step(Where).State != Failed || r.Step(Where).Why != "the portal is on 1.54.0-next.1, which is newer than 1.53.0" ||
		!strings.Contains(r.Step(Where).Next, "portalctl versions bump --allow-downgrade --release 1.53.0") || len(p.ran) != 1 {
		t.Errorf("%v, %+v, ran %q", err, r.Step(Where), p.ran)
	}
	p.ran = nil
	r, err = p.run(func(o *Options) { o.Plan, o.Release = true, "main" })
	if err != nil || r.To != "1.54.0-next.1" || !slices.Equal(r.Verdict.says("the portal is on 1.54.0-next.1, ahead of 1.53.0, and stays"), []Kind{quiet}) {
		t.Errorf("%v, to %s, %+v", err, r.To, r.Verdict)
	}
	if slices.ContainsFunc(p.ran, func(line string) bool { return strings.Contains(line, "--release 1.53.0") }) {
		t.Errorf("asked about the older one: %q", p.ran)
	}
}
