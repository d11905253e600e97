package osv

import (
	"strings"
	"testing"

	"github.com/ossf/osv-schema/bindings/go/osvschema"

	"github.com/portalctl/portalctl/internal/fault"
)

// TestEngineBreaksDown: the engine panics at an ecosystem that it does not
// know. trim keeps such from it; if one comes through, it is an error.
func TestEngineBreaksDown(t *testing.T) {
	v := &osvschema.Vulnerability{Id: "GHSA-1", Affected: []*osvschema.Affected{
		{Package: &osvschema.Package{Ecosystem: "Nobody Knows", Name: "a"}, Versions: []string{"1.0.0"}},
	}}
	yes, err := engineAffects(v, Package{"a", "1.0.0"})
	if yes || err == nil || !strings.Contains(err.Error(), "failed at GHSA-1 and a@1.0.0") {
		t.Errorf("%v, %v", yes, err)
	}
	c := candidate{file: "GHSA-1.json", engine: v, advisory: &Advisory{ID: "GHSA-1"}}
	_, err = judge(t.Context(), []candidate{c}, []Package{{"a", "1.0.0"}})
	if err == nil || !strings.Contains(err.Error(), "the advisories are incomplete: the record GHSA-1.json cannot be judged") || fault.NextOf(err) == "" {
		t.Error(err)
	}
}

// TestDisagreement: two answers to one question are not an answer, whoever says yes.
func TestDisagreement(t *testing.T) {
	text := func(events string) []byte {
		return []byte(`{"id":"GHSA-1","modified":"2026-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"npm","name":"a"},` +
			`"ranges":[{"type":"SEMVER","events":[` + events + `]}]}]}`)
	}
	narrow, wide := text(`{"introduced":"0"},{"fixed":"1.0.0"}`), text(`{"introduced":"0"},{"fixed":"2.0.0"}`)
	read := func(engine, own []byte) candidate {
		c, err := newCandidate("GHSA-1.json", engine)
		if err != nil {
			t.Fatal(err)
		}
		other, err := newCandidate("GHSA-1.json", own)
		if err != nil {
			t.Fatal(err)
		}
		c.advisory, c.withdrawn = other.advisory, other.withdrawn
		return c
	}
	gone := []byte(strings.Replace(string(wide), `"modified"`, `"withdrawn":"0001-01-01T00:00:00Z","modified"`, 1))
	asked := []Package{{"a", "0.9.0"}, {"a", "1.5.0"}, {"b", "1.5.0"}}
	for _, test := range []struct {
		name        string
		engine, own []byte
		what        string
	}{
		{"agree", wide, wide, ""},
		{"agree that it is withdrawn", gone, gone, ""},
		{"engine", wide, narrow, "GHSA-1 applies to a@1.5.0 is not certain: osv-scanner's matcher says yes, portalctl's own"},
		{"own", narrow, wide, "GHSA-1 applies to a@1.5.0 is not certain: portalctl's own reading of the record says yes, osv-scanner's"},
		{"withdrawn for one", wide, gone, "GHSA-1 applies to a@0.9.0 is not certain"},
		{"withdrawn for the other", gone, wide, "GHSA-1 applies to a@0.9.0 is not certain"},
	} {
		t.Run(test.name, func(t *testing.T) {
			hits, err := judge(t.Context(), []candidate{read(test.engine, test.own)}, asked)
			switch {
			case test.what == "" && err != nil:
				t.Error(err)
			case test.what == "":
			case err == nil:
				t.Errorf("%v: this is how a gate fails open", hits)
			case !strings.Contains(err.Error(), "the advisories are incomplete") || !strings.Contains(err.Error(), test.what):
				t.Errorf("%v, want %q", err, test.what)
			case !strings.Contains(fault.NextOf(err), "https://github.com/advisories/GHSA-1"):
				t.Errorf("next step %q", fault.NextOf(err))
			}
		})
	}
}

// TestTwoReaders: a key that only one of the two readers takes for its own.
func TestTwoReaders(t *testing.T) {
	for _, text := range []string{
		`{"id":"GHSA-1","ID":"GHSA-2","affected":[]}`,
		`{"id":"GHSA-1","Withdrawn":"2026-01-01T00:00:00Z","affected":[]}`,
		`{"id":"GHSA-1","withdrawn":"yesterday","affected":[]}`,
	} {
		if c, err := newCandidate("x", []byte(text)); err == nil {
			t.Errorf("%s: %+v", text, c)
		}
	}
}
