package yarnlock

import (
	"slices"
	"testing"

	"github.com/portalctl/portalctl/internal/jstext"
)

// The expectations were printed by @yarnpkg/parsers 3.1.0 and
// @yarnpkg/lockfile 1.1.0, except where said.
func TestQuote(t *testing.T) {
	for _, tt := range []struct{ in, berry, classic string }{
		{"1.2.3", `1.2.3`, `"1.2.3"`},
		{"v1.2.3", `v1.2.3`, `v1.2.3`},
		{"^1.0.0 || ^2.0.0", `^1.0.0 || ^2.0.0`, `"^1.0.0 || ^2.0.0"`},
		{">=1", `">=1"`, `">=1"`},
		{"*", `"*"`, `"*"`},
		{"a*", `a*`, `a*`},
		{"npm:^1", `"npm:^1"`, `"npm:^1"`},
		{"@a/b", `"@a/b"`, `"@a/b"`},
		{"10c0/ab", `10c0/ab`, `"10c0/ab"`},
		{"true", `true`, `"true"`},
		{"trueish", `trueish`, `"trueish"`},
		{"falsehood", `falsehood`, `"falsehood"`},
		{"os=darwin & cpu=x64", `os=darwin & cpu=x64`, `"os=darwin & cpu=x64"`},
		{"(os=a | os=b)", `(os=a | os=b)`, `"(os=a | os=b)"`},
		{"./bin/x.js", `./bin/x.js`, `"./bin/x.js"`},
		{"-x", `"-x"`, `"-x"`},
		{"a-x", `a-x`, `a-x`},
		{"a#b", `"a#b"`, `a#b`},
		{"a\tb", "a\tb", `"a\tb"`},
		{"a ", `"a "`, `"a "`},
		{"", `""`, `""`},
		{`a"b\`, `a"b\`, `"a\"b\\"`},
		{"a\nb\r\b\f\x01", `"a\nb\r\b\f\u0001"`, `"a\nb\r\b\f\u0001"`},
		{"é", "é", `"é"`},
		{"aé", "aé", "aé"},
		{"a\u2028b", "\"a\u2028b\"", "\"a\u2028b\""},
		{"a\u00a0b", "a\u00a0b", "\"a\u00a0b\""},
		{"a[b]", `"a[b]"`, `"a[b]"`},
		{"a,b", `"a,b"`, `"a,b"`},
		// Yarn prints a bare control character, and cannot read it back.
		{"a\x01", `"a\u0001"`, `"a\u0001"`},
	} {
		if got := string(Berry.appendScalar(nil, tt.in)); got != tt.berry {
			t.Errorf("Berry prints %q as %s, want %s", tt.in, got, tt.berry)
		}
		if got := string(Classic.appendScalar(nil, tt.in)); got != tt.classic {
			t.Errorf("Classic prints %q as %s, want %s", tt.in, got, tt.classic)
		}
	}
}

func TestUnquote(t *testing.T) {
	for _, tt := range []struct {
		in, want string
		n        int
	}{
		{`"a": b`, "a", 3},
		{`"a\"b" x`, `a"b`, 6},
		{`"\\"`, `\`, 4},
		{`"\u00e9\/\ud83d\ude00"`, "é/😀", 22},
		{`"a`, "", 0},
		{`"a\"`, "", 0},
		{`"\ud83d"`, "", 0},
		{`"\ud83d\u0041"`, "", 0},
		{`"\uzzzz"`, "", 0},
		{`"\x41"`, "", 0},
	} {
		got, n, why := unquote(tt.in)
		if got != tt.want || n != tt.n || (why == "") != (n > 0) {
			t.Errorf("%s: %q, %d bytes, %q", tt.in, got, n, why)
		}
	}
}

// TestOrder sorts as JavaScript compares: by UTF-16 unit, special names first.
func TestOrder(t *testing.T) {
	want := []string{"", "@a", "@a/b", "A", "_", "a", "a-b", "a.b", "aB", "ab", "é", "\ud7ff", "😀", "\U0010ffff", "\ue000", "\uffff"}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, jstext.Compare)
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	berry := []string{"__metadata", "version", "resolution", "dependencies", "peerDependencies",
		"dependenciesMeta", "peerDependenciesMeta", "binaries", "@a/b", "a", "bin", "resolved"}
	got = slices.Clone(berry)
	slices.Reverse(got)
	slices.SortFunc(got, Berry.compare)
	if !slices.Equal(got, berry) {
		t.Errorf("%q", got)
	}
	classic := []string{"name", "version", "uid", "resolved", "integrity", "registry", "dependencies", "@a/b", "a", "optionalDependencies"}
	got = slices.Clone(classic)
	slices.Reverse(got)
	slices.SortFunc(got, Classic.compare)
	if !slices.Equal(got, classic) {
		t.Errorf("%q", got)
	}
}
