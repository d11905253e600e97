package yarnrc

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func testEnv(name string) (string, bool) {
	val, ok := map[string]string{"A": "a", "LONG_NAME": "long", "EMPTY": "", "D": "${A}"}[name]
	return val, ok
}

// The expectations were printed by Yarn's own replaceEnvVariables.
func TestSubstitute(t *testing.T) {
	for _, tt := range []struct{ in, want, err string }{
		{"plain", "plain", ""},
		{"x${A}y${LONG_NAME}", "xaylong", ""},
		{"$A $$ $", "$A $$ $", ""},
		{"${EMPTY}", "", ""},
		{"${EMPTY-d}", "", ""},
		{"${EMPTY:-d}", "d", ""},
		{"${NOPE-d}|${NOPE:-e}", "d|e", ""},
		{"${NOPE:-}", "", ""},
		{"${NOPE:-${ALSO-x${A}}y}z", "xayz", ""},
		{"${A:-${NOPE}}z", "az", ""},
		{"${A-x\\}y}z", "az", ""},
		{"${NOPE-x\\}y}z", "x}yz", ""},
		{"${D}", "${A}", ""},
		{`\${A} \\ \x`, `${A} \ \x`, ""},
		{"a}b", "a}b", ""},
		{"${A}}", "a}", ""},
		{"${NOPE}", "", "environment variable NOPE is not set"},
		{"${NOPE-${ALSO}}", "", "environment variable ALSO is not set"},
		{"${1A}", "", "${ is not followed by the name"},
		{"${_A}", "", "${ is not followed by the name"},
		{"${A b}", "", "${ is not followed by the name"},
		{"${}", "", "${ is not followed by the name"},
		{"${NOPE-x", "", "${ is not closed"},
		{"${A-x", "", "${ is not closed"},
	} {
		got, err := substitute(tt.in, testEnv)
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) || err.Next == "" {
				t.Errorf("%q: err = %v, want %q", tt.in, err, tt.err)
			}
			continue
		}
		if err != nil || got != tt.want {
			t.Errorf("%q = %q, %v; want %q", tt.in, got, err, tt.want)
		}
	}
}

// The expectations were printed by npm's own env-replace.
func TestSubstituteNPM(t *testing.T) {
	for _, tt := range []struct {
		in, want string
		missing  []string
	}{
		{"x${A}y", "xay", nil},
		{"${NOPE}", "${NOPE}", []string{"NOPE"}},
		{"${NOPE?}|${A?}", "|a", nil},
		{`\${A}`, "${A}", nil},
		{`\\${A}`, `\a`, nil},
		{`\\\${A}`, `\${A}`, nil},
		{"${}${${A}", "${}${a", nil},
		{"${EMPTY}", "", nil},
		{"${A", "${A", nil},
	} {
		got, missing := substituteNPM(tt.in, testEnv)
		if got != tt.want || !cmp.Equal(missing, tt.missing) {
			t.Errorf("%q = %q, %v; want %q, %v", tt.in, got, missing, tt.want, tt.missing)
		}
	}
}

func TestCamelCase(t *testing.T) {
	for in, want := range map[string]string{
		"npm_registry_server": "npmRegistryServer", "npm_2fa": "npm2Fa", "_x": "x", "enable__global_cache": "enableGlobalCache", "a.b-c": "aBC",
	} {
		if got := camelCase(in); got != want {
			t.Errorf("camelCase(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestParseDuration(t *testing.T) {
	for in, want := range map[string]string{
		"0": "0s", "3": "3m0s", "1.5": "1m30s", ".5": "30s", "90s": "1m30s", "250ms": "250ms", "2h": "2h0m0s", "3d": "72h0m0s", "1w": "168h0m0s",
		"99999999999999w": "1281023h53m38.427387904s",
	} {
		got, ok := parseDuration(in, 60e9)
		if !ok || got.String() != want {
			t.Errorf("%q = %v, %v; want %s", in, got, ok, want)
		}
	}
	for _, in := range []string{"", "d", "1 d", "1y", "-1", "1.", "1e3", "1dd", "1.2.3", "3D"} {
		if got, ok := parseDuration(in, 60e9); ok {
			t.Errorf("%q = %v, want an error", in, got)
		}
	}
}
