package osv

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func parse(t *testing.T, id string) *Advisory {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("testdata", "records", id+".json"))
	if err != nil {
		t.Fatal(err)
	}
	a, err := ParseAdvisory(src)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAdvisory(t *testing.T) {
	type facts struct {
		Score     float64
		Rating    string
		Malicious bool
		URL       string
	}
	for id, want := range map[string]facts{
		"GHSA-aaaa-aaaa-aaaa": {9.8, "critical", false, "https://github.com/advisories/GHSA-aaaa-aaaa-aaaa"},
		"GHSA-bbbb-bbbb-bbbb": {6.9, "medium", false, "https://github.com/advisories/GHSA-bbbb-bbbb-bbbb"}, // the higher of v3 and v4
		"GHSA-cccc-cccc-cccc": {-1, "medium", false, "https://github.com/advisories/GHSA-cccc-cccc-cccc"},  // MODERATE
		"GHSA-eeee-eeee-eeee": {-1, "", true, "https://github.com/advisories/GHSA-eeee-eeee-eeee"},
		"MAL-2026-1":          {-1, "", true, "https://osv.dev/vulnerability/MAL-2026-1"},
	} {
		a := parse(t, id)
		if got := (facts{a.Score, a.Rating, a.Malicious, a.URL}); got != want {
			t.Errorf("%s: %+v, want %+v", id, got, want)
		}
		if a.Score >= 0 != (a.Vector != "") {
			t.Errorf("%s: score %g of vector %q", id, a.Score, a.Vector)
		}
	}
	a := parse(t, "GHSA-aaaa-aaaa-aaaa")
	if a.Summary == "" || a.Details == "" || a.Published.IsZero() || a.Modified.IsZero() || len(a.Aliases) != 1 {
		t.Errorf("%+v", a)
	}
}

// TestScores are the worked examples of FIRST's CVSS documents.
func TestScores(t *testing.T) {
	for vector, want := range map[string]float64{
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N":                    6.1,
		"CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N":                    7.5,
		"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H": 10,
		"AV:N/AC:L/Au:N/C:N/I:N/A:C":                                      7.8,
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N":                    0,
		"CVSS:3.1/nonsense":                                               -1,
		"CVSS:9.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N":                    -1,
		"7.5": -1,
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:U/RL:O/RC:C":               9.8, // the base score
		"CVSS:4.0/AV:L/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N":          0,
		"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H/XX:broke": -1,
	} {
		got, ok := baseScore(vector)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%s: %g, want %g", vector, got, want)
		}
	}
}

func TestFixed(t *testing.T) {
	for _, test := range []struct {
		id, name, version string
		affects           bool
		fixed             []string
	}{
		{"GHSA-aaaa-aaaa-aaaa", "two-lines", "0.1.0", true, []string{"1.4.2", "2.1.0"}},
		{"GHSA-aaaa-aaaa-aaaa", "two-lines", "1.4.2-rc.1", true, []string{"1.4.2", "2.1.0"}},
		{"GHSA-aaaa-aaaa-aaaa", "two-lines", "1.4.2", false, []string{"1.4.2", "2.1.0"}},
		{"GHSA-aaaa-aaaa-aaaa", "two-lines", "2.0.0-rc.1", false, []string{"1.4.2", "2.1.0"}},
		{"GHSA-aaaa-aaaa-aaaa", "two-lines", "2.0.5", true, []string{"1.4.2", "2.1.0"}},
		{"GHSA-aaaa-aaaa-aaaa", "another", "2.0.5", false, nil},
		{"GHSA-bbbb-bbbb-bbbb", "last-one", "1.5.0", true, nil},
		{"GHSA-bbbb-bbbb-bbbb", "last-one", "1.5.1", false, nil},
		{"GHSA-cccc-cccc-cccc", "@scope/pkg", "2.9.9", true, []string{"3.0.0-rc.1"}},
		{"GHSA-cccc-cccc-cccc", "org.example:lib", "1.0.0", false, nil},
		{"MAL-2026-1", "@portal/parser", "3.4.1", true, nil},
		{"MAL-2026-1", "@portal/parser", "3.4.2", false, nil},
		{"GHSA-eeee-eeee-eeee", "stolen", "not a version", false, []string{"5.0.2"}},
	} {
		a, p := parse(t, test.id), Package{test.name, test.version}
		if got := a.Affects(p); got != test.affects {
			t.Errorf("%s affects %v: %t", test.id, p, got)
		}
		if diff := cmp.Diff(test.fixed, a.Fixed(p.Name)); diff != "" {
			t.Errorf("%s: %s", test.id, diff)
		}
	}
}

// TestIntervals: events come in any order, and do not always pair.
func TestIntervals(t *testing.T) {
	record := func(kind string) *Advisory {
		a, err := ParseAdvisory([]byte(`{"id": "X-1", "affected": [{"package": {"ecosystem": "npm", "name": "p"}, "ranges": [{"type": "` + kind + `", "events": [
			{"fixed": "3.2.0"}, {"introduced": "1.0.0"}, {"fixed": "1.5.0"}, {"introduced": "3.0.0"}, {"fixed": "1.6.0"}, {"introduced": "1.2.0"},
			{"introduced": "5.0.0"}, {"last_affected": "5.0.0"}, {"introduced": "6.0.0"}, {"fixed": "no version"}]}]}]}`))
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	a := record("SEMVER")
	for version, want := range map[string]bool{
		"0.9.0": false, "1.0.0": true, "1.4.9": true, "1.5.0": false, "1.6.0": false, "3.0.0": true, "3.2.0": false,
		"5.0.0": true, "5.0.1": false, "6.0.0": true, "99.0.0": true,
	} {
		if got := a.Affects(Package{"p", version}); got != want {
			t.Errorf("%s: %t", version, got)
		}
	}
	if got := a.Fixed("p"); !cmp.Equal(got, []string{"1.5.0", "3.2.0"}) {
		t.Error(got)
	}
	if record("GIT").Affects(Package{"p", "1.0.0"}) {
		t.Error("a range of commits has no versions")
	}
}

func TestValidID(t *testing.T) {
	for id, want := range map[string]bool{
		"GHSA-jf85-cpcp-j695": true, "MAL-2026-1": true, "RHSA-2024:1234": true,
		"": false, "x": false, "../../admin": false, "GHSA-1?x": false, "-GHSA": false, "GHSA 1": false, "GHSA-1/": false, "GHSA-é": false,
	} {
		if validID(id) != want {
			t.Errorf("%q: %t", id, !want)
		}
	}
}
