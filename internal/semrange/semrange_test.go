package semrange

import (
	"errors"
	"strings"
	"testing"

	"github.com/Masterminds/semver/v3"
)

func mustVersions(t testing.TB, list ...string) []*semver.Version {
	t.Helper()
	var out []*semver.Version
	for _, s := range list {
		v, err := ParseVersion(s)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

func mustParse(t testing.TB, s string) Range {
	t.Helper()
	r, err := Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The traps that notes on Masterminds' constraints list, and Yarn's own rules.
func TestSatisfies(t *testing.T) {
	for _, tc := range []struct {
		rng, version     string
		plain, pre, peer bool
	}{
		{"^1.2.3", "1.9.0", true, true, true},
		{"^1.2.3", "2.0.0", false, false, false},
		{"^1.2.3", "2.0.0-rc.1", false, false, false},
		{"^1.2.3", "1.3.0-rc.1", false, true, true},
		{"^1.2.3", "1.2.3-rc.1", false, false, true},
		{"~0.0.0", "0.1.0", false, false, false},
		{"^1.2.3-beta.2", "1.2.3-beta.10", true, true, true},
		{"^1.2.3-beta.2", "1.2.4-beta.10", false, true, true},
		{"1||3 - 4", "2.0.0", false, false, false},
		{"1||3 - 4", "4.9.9", true, true, true},
		{"<2.0.0-0", "2.0.0-0", false, false, false},
		{">=0.0.0-0", "0.0.0-0", true, true, true},
		{">*", "1.0.0", false, false, false},
		{"* || 1.2.3-beta", "1.2.3-beta", false, true, true},
		{">=18", "18.0.0-rc.1", false, true, true},
		// Yarn strips the version's prerelease only: see SatisfiesPeer.
		{"<=1.2.3-beta.2", "1.2.3-beta.5", false, false, false},
		{">1.2.3-beta", "1.2.3-alpha", false, false, true},
		{">1.2.3-beta", "1.2.3-beta", false, false, false},
		{"1.2.3", "1.2.3-beta", false, false, true},
	} {
		r, v := mustParse(t, tc.rng), mustVersions(t, tc.version)[0]
		got := [3]bool{r.Satisfies(v), r.satisfiesPre(v), r.SatisfiesPeer(v)}
		if want := [3]bool{tc.plain, tc.pre, tc.peer}; got != want {
			t.Errorf("%s in %s: default, pre, peer = %v, want %v", tc.version, tc.rng, got, want)
		}
	}
}

func TestZeroRangeAndNilVersion(t *testing.T) {
	v := mustVersions(t, "1.0.0")[0]
	if r := (Range{}); r.Satisfies(v) || r.satisfiesPre(v) || r.SatisfiesPeer(v) || r.IsAny() {
		t.Error("the zero Range admits something")
	}
	if r := mustParse(t, "*"); r.Satisfies(nil) || r.satisfiesPre(nil) || r.SatisfiesPeer(nil) {
		t.Error("a nil version is in a range")
	}
}

func TestString(t *testing.T) {
	for in, want := range map[string]string{
		"^1.2.3": "^1.2.3", " ^1\t ||\n^2 ": "^1 || ^2", "*": "*", "": "", "\ufeff>= 1": ">= 1",
	} {
		if got := mustParse(t, in).String(); got != want {
			t.Errorf("Parse(%q).String() = %q, want %q", in, got, want)
		}
	}
}

func TestIsAny(t *testing.T) {
	for in, want := range map[string]bool{
		"": true, "*": true, "x.x": true, ">=0": true, ">=0.0.0": true, "^1 || *": true, "0 - *": true, "* *": true,
		">=0.0.0-0": false, ">=v0.0.0": false, "^0": false, "* ^1": false, "<*": false,
	} {
		if got := mustParse(t, in).IsAny(); got != want {
			t.Errorf("Parse(%q).IsAny() = %v", in, got)
		}
	}
}

func TestParseErrors(t *testing.T) {
	_, err := Parse("workspace:^")
	var e *syntaxError
	if !errors.As(err, &e) || e.Text != "workspace:^" {
		t.Fatalf("Parse: %v, want an *Error that keeps the text", err)
	}
	if got, want := err.Error(), `"workspace:^" is not a valid npm range`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err = ParseVersion(strings.Repeat("x", 300)); err == nil || len(err.Error()) > 120 {
		t.Errorf("a long text is not cut: %v", err)
	}
}

func TestParseVersion(t *testing.T) {
	for in, want := range map[string]string{
		"1.2.3": "1.2.3", " v1.2.3 ": "1.2.3", "1.2.3-beta.1+x.y": "1.2.3-beta.1+x.y", "\u00a01.0.0\ufeff": "1.0.0",
		"9007199254740991.0.0": "9007199254740991.0.0", "1.0.0--": "1.0.0--",
		"": "", "1": "", "1.2": "", "01.2.3": "", "=1.2.3": "", "vv1.2.3": "", "v 1.2.3": "", "1.2.3-01": "", "1.2.3-": "",
		"1.2.3+": "", "1.2.3.4": "", "latest": "", "9007199254740992.0.0": "", "1.2.3-" + strings.Repeat("a", 251): "",
	} {
		v, err := ParseVersion(in)
		if got := ""; err == nil {
			if got = v.Original(); got != want {
				t.Errorf("ParseVersion(%q) = %q, want %q", in, got, want)
			}
		} else if want != "" {
			t.Errorf("ParseVersion(%q): %v", in, err)
		}
	}
}

func TestCompare(t *testing.T) {
	ascending := mustVersions(t, "0.0.0-0", "0.0.0", "1.0.0-0", "1.0.0-0.0", "1.0.0-2", "1.0.0-10", "1.0.0-9007199254740993",
		"1.0.0-A", "1.0.0-a", "1.0.0-a.1", "1.0.0-a.b", "1.0.0-a1", "1.0.0", "1.0.1", "1.10.0", "2.0.0-rc", "10.0.0")
	for i, a := range ascending {
		for j, b := range ascending {
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			if got := Compare(a, b); got != want {
				t.Errorf("Compare(%s, %s) = %d, want %d", a, b, got, want)
			}
		}
	}
	equal := mustVersions(t, "1.0.0+a", "1.0.0+b")
	if Compare(equal[0], equal[1]) != 0 {
		t.Error("build metadata counts")
	}
	// Doubles cannot tell these apart, and JavaScript has doubles.
	double := mustVersions(t, "1.0.0-9007199254740993.2", "1.0.0-9007199254740992.1")
	if Compare(double[0], double[1]) != 0 {
		t.Error("9007199254740993 and 9007199254740992 differ, in JavaScript they do not")
	}
}

// A lock holds some 13,000 ranges, so what Parse allocates is a contract.
func TestParseAllocates(t *testing.T) {
	for rng, want := range map[string]float64{"^1.2.3": 1, "^17.0.0 || ^18.0.0 || ^19.0.0": 1, "1.2.3 - 2.0.0": 1, "workspace:^": 1} {
		if got := testing.AllocsPerRun(100, func() { Parse(rng) }); got > want {
			t.Errorf("Parse(%q) allocates %v times, want %v", rng, got, want)
		}
	}
	r, v := mustParse(t, ">=1.2.3-rc.1 <2 || ^3"), mustVersions(t, "1.2.3-rc.2")[0]
	if got := testing.AllocsPerRun(100, func() { r.Satisfies(v); r.satisfiesPre(v); r.SatisfiesPeer(v) }); got > 0 {
		t.Errorf("Satisfies allocates %v times", got)
	}
}

func BenchmarkParse(b *testing.B) {
	ranges := []string{"^7.23.9", "^1.0.0", "~4.1.2", "1.2.3", "*", ">=18.0.0", "^17.0.0 || ^18.0.0 || ^19.0.0", "2 || 3", ">= 0.6", "npm:x@1"}
	b.ReportAllocs()
	for i := range b.N {
		Parse(ranges[i%len(ranges)])
	}
}

func BenchmarkParseVersion(b *testing.B) {
	b.ReportAllocs()
	for range b.N {
		ParseVersion("18.3.1-next.2")
	}
}

func BenchmarkSatisfies(b *testing.B) {
	r := mustParse(b, "^16.13.1 || ^17.0.0 || ^18.0.0")
	v := mustVersions(b, "18.3.1")[0]
	b.ReportAllocs()
	for range b.N {
		r.Satisfies(v)
	}
}
