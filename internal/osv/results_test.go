package osv

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/osv-scanner/v2/pkg/models"
	"github.com/ossf/osv-schema/bindings/go/osvschema"
)

func vulnerability(id string, aliases ...string) *osvschema.Vulnerability {
	return &osvschema.Vulnerability{Id: id, Aliases: aliases}
}

// TestGroups has the cases of osv-scanner's own test of its grouper, and the
// order of what is in a group.
func TestGroups(t *testing.T) {
	upstream := vulnerability("GHSA-9")
	upstream.Upstream = []string{"CVE-9"}
	for name, test := range map[string]struct {
		vulns []*osvschema.Vulnerability
		want  [][]string
	}{
		"none": {},
		"an id among the aliases": {
			[]*osvschema.Vulnerability{vulnerability("CVE-1", "FOO-1"), vulnerability("FOO-1"), vulnerability("FOO-2", "FOO-1")},
			[][]string{{"CVE-1", "FOO-1", "FOO-2"}},
		},
		"an alias in common": {
			[]*osvschema.Vulnerability{vulnerability("BAR-1", "CVE-2", "CVE-3"), vulnerability("BAR-2", "CVE-3", "CVE-4"), vulnerability("BAR-3", "CVE-4")},
			[][]string{{"BAR-1", "BAR-2", "BAR-3"}},
		},
		"nothing in common": {
			[]*osvschema.Vulnerability{vulnerability("UNRELATED-1", "BAR-1337"), vulnerability("UNRELATED-2", "BAR-1338"), vulnerability("UNRELATED-3"), vulnerability("UNRELATED-4")},
			[][]string{{"UNRELATED-1"}, {"UNRELATED-2"}, {"UNRELATED-3"}, {"UNRELATED-4"}},
		},
		"CVE first, GHSA last": {
			[]*osvschema.Vulnerability{vulnerability("GHSA-1", "CVE-1"), vulnerability("MAL-1", "GHSA-1"), vulnerability("CVE-1")},
			[][]string{{"CVE-1", "MAL-1", "GHSA-1"}},
		},
		"upstream": {
			[]*osvschema.Vulnerability{upstream, vulnerability("CVE-9")},
			[][]string{{"CVE-9", "GHSA-9"}},
		},
	} {
		var got [][]string
		for _, g := range groups(test.vulns) {
			got = append(got, g.IDs)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestRecordScore(t *testing.T) {
	const (
		v2   = "AV:N/AC:L/Au:N/C:P/I:P/A:P"
		v30  = "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
		v31  = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"
		v40  = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"
		none = -1.0
	)
	for _, test := range []struct {
		kind osvschema.Severity_Type
		text string
		want float64
	}{
		{osvschema.Severity_CVSS_V2, v2, 7.5},
		{osvschema.Severity_CVSS_V3, v30, 9.8},
		{osvschema.Severity_CVSS_V3, v31, 7.5},
		{osvschema.Severity_CVSS_V4, v40, 9.3},
		{osvschema.Severity_CVSS_V3, "CVSS:3.2/AV:N", none},
		{osvschema.Severity_CVSS_V4, v31, none},
		{osvschema.Severity_CVSS_V3, "CVSS:3.1/nonsense", none},
		{osvschema.Severity_Ubuntu, "negligible", none},
	} {
		v := &osvschema.Vulnerability{Severity: []*osvschema.Severity{{Type: test.kind, Score: test.text}}}
		if got := recordScore(v); got != test.want {
			t.Errorf("%v %s: %v, want %v", test.kind, test.text, got, test.want)
		}
	}
	// One that cannot be read takes the others with it, as it does there.
	both := &osvschema.Vulnerability{Severity: []*osvschema.Severity{{Type: osvschema.Severity_CVSS_V3, Score: v31}, {Type: osvschema.Severity_CVSS_V4, Score: "x"}}}
	if got := recordScore(both); got != none {
		t.Errorf("%v", got)
	}
}

// TestWriteResults: a record that is newer than the schema, twice the same hit,
// and what is read back by osv-scanner's own types.
func TestWriteResults(t *testing.T) {
	a, err := ParseAdvisory([]byte(`{"id":"GHSA-1","modified":"2026-01-01T00:00:00Z","no_such_field":{"a":1},"severity":[{"type":"CVSS_V9","score":"9"}],` +
		`"references":[{"type":"BLOG","url":"https://example.com"}],"affected":[{"package":{"ecosystem":"Nobody Knows","name":"a"}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	err = WriteResults(&b, []Source{
		{Path: "z/yarn.lock", Hits: []Hit{{Package{"b", "1.0.0"}, a}, {Package{"a", "1.0.0"}, a}, {Package{"a", "1.0.0"}, a}}},
		{Path: "empty/yarn.lock"},
		{Path: "a/yarn.lock", Hits: []Hit{{Package{"a", "1.0.0"}, a}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "no_such_field") {
		t.Error(b.String())
	}
	var doc models.VulnerabilityResults
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range doc.Flatten() {
		got = append(got, strings.Join([]string{f.Source.String(), f.Package.Name, f.Package.Version, f.Package.Ecosystem, f.Vulnerability.GetId(), f.GroupInfo.IndexString()}, " "))
	}
	want := []string{
		"lockfile:a/yarn.lock a 1.0.0 npm GHSA-1 GHSA-1",
		"lockfile:z/yarn.lock a 1.0.0 npm GHSA-1 GHSA-1",
		"lockfile:z/yarn.lock b 1.0.0 npm GHSA-1 GHSA-1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	a.text = []byte(`{"id":"GHSA-1","modified":1}`)
	if err := WriteResults(&b, []Source{{Path: "yarn.lock", Hits: []Hit{{Package{"a", "1.0.0"}, a}}}}); err == nil || !strings.Contains(err.Error(), "GHSA-1") {
		t.Error(err)
	}
}
