package jstext

import (
	"math"
	"testing"
	"unicode/utf8"
)

// What Node 20 says: Buffer.from(bytes).toString("utf8").
func TestDecodeUTF8(t *testing.T) {
	for in, want := range map[string]string{
		"":                         "",
		"plain é 😀":                "plain é 😀",
		"\xef\xbb\xbfbom":          "\ufeffbom",
		"\xff\xfe":                 "\ufffd\ufffd",
		"a\xc3":                    "a\ufffd",
		"\xc3(":                    "\ufffd(",
		"\xe2\x82":                 "\ufffd",
		"\xe2\x82x":                "\ufffdx",
		"\xe2x":                    "\ufffdx",
		"\xf0\x9f\x98":             "\ufffd",
		"\xf0\x9f\x98\xf0":         "\ufffd\ufffd",
		"\xf0\x90x":                "\ufffdx",
		"\xed\xa0\x80":             "\ufffd\ufffd\ufffd",
		"\xc0\xaf":                 "\ufffd\ufffd",
		"\xe0\x80\x80":             "\ufffd\ufffd\ufffd",
		"\xf4\x90\x80\x80":         "\ufffd\ufffd\ufffd\ufffd",
		"\xf0\x8f\xbf\xbf":         "\ufffd\ufffd\ufffd\ufffd",
		"\xf5\x80":                 "\ufffd\ufffd",
		"\x80\xbf":                 "\ufffd\ufffd",
		"\xe1\x80\xe2\xf0\x91\x92": "\ufffd\ufffd\ufffd",
	} {
		if got := DecodeUTF8([]byte(in)); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func FuzzDecodeUTF8(f *testing.F) {
	f.Add([]byte("a\xe2\x82"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := DecodeUTF8(b)
		if !utf8.ValidString(s) || utf8.Valid(b) && s != string(b) {
			t.Errorf("%q became %q", b, s)
		}
	})
}

// What Node 20 says: s.trim() and s.trimEnd().
func TestTrim(t *testing.T) {
	const white = "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
	const text = "\u0085a" + white + "b\u200b"
	for in, want := range map[string]string{
		"": "", "a": "a", white: "", white + text + white: text, "a ": "a", " é": "é", "\u180e": "\u180e", "\xff ": "\xff",
	} {
		if got := Trim(in); got != want {
			t.Errorf("Trim(%q) = %q, want %q", in, got, want)
		}
	}
	if got := TrimEnd(white + text + white); got != white+text {
		t.Errorf("TrimEnd left %q", got)
	}
}

func TestCutNUL(t *testing.T) {
	for in, want := range map[string]string{
		"abc":                    "abc",
		"a\x00b":                 "a",
		"\x00":                   "",
		"a\x00b\nc\x00d":         "a\nc\x00d",
		"a\x00\rc":               "a\rc",
		"a\x00b\u2028c\u2029d":   "a\u2028c\u2029d",
		"line\nname\x00\x00\x00": "line\nname",
	} {
		if got := CutNUL(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestParseInt(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		in   string
		base float64
		want float64
	}{
		{"0000644\x00", 8, 0o644}, {"  755 ", 8, 0o755}, {"89", 8, nan}, {"18", 8, 1}, {"", 8, nan}, {"\x00\x00", 8, nan},
		{"-17", 8, -15}, {"+7", 8, 7}, {"- 7", 8, nan}, {"\u00a0\ufeff\u20287", 8, 7}, {"\u0085" + "7", 8, nan}, {"\xff7", 8, nan},
		{"30 path=x", 10, 30}, {"\t12", 10, 12}, {"x12", 10, nan}, {"0x1f", 10, 0}, {"9007199254740993", 10, 9007199254740992},
	} {
		got, ok := ParseInt(c.in, c.base)
		bytes, okBytes := ParseInt([]byte(c.in), c.base)
		if ok == math.IsNaN(c.want) || ok && got != c.want || got != bytes || ok != okBytes {
			t.Errorf("parseInt(%q, %v) = %v, %v; want %v", c.in, c.base, got, ok, c.want)
		}
	}
}

func TestToInt(t *testing.T) {
	for in, want := range map[float64]int64{0: 0, 493: 493, -5: -5, 1e30: math.MaxInt64 / 2, math.Inf(-1): math.MinInt64 / 2} {
		if got := ToInt(in); got != want {
			t.Errorf("%v: got %d, want %d", in, got, want)
		}
	}
}
