package yarnlock

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/portalctl/portalctl/internal/jstext"
	"github.com/portalctl/portalctl/internal/spec"
)

// isBare reports whether Yarn prints s without quotes in a Berry lock. It
// mirrors stringifySyml's simpleStringPattern
//
//	/^(?![-?:,\][{}#&*!|>'"%@` \t\r\n]).([ \t]*(?![,\][{}:# \t\r\n]).)*$/
//
// save that control characters are quoted: Yarn could not read them back.
func isBare(s string) bool {
	if s == "" || needsQuoteFirst(s[0]) {
		return false
	}
	all := s[0]
	for i := 1; i < len(s); i++ {
		if quoted[s[i]] {
			return false
		}
		all |= s[i]
	}
	if last := s[len(s)-1]; last == ' ' || last == '\t' {
		return false
	}
	return all < utf8.RuneSelf || !strings.ContainsFunc(s, unprintable)
}

// needsQuoteFirst tells the ASCII characters that no bare scalar starts with.
func needsQuoteFirst(c byte) bool {
	switch c {
	case '-', '?', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`', ' ', '\t':
		return true
	}
	return quoted[c]
}

// quoted tells the ASCII characters that no bare scalar contains.
var quoted = [256]bool{
	':': true, ',': true, '[': true, ']': true, '{': true, '}': true, '#': true, 0x7F: true,
	0: true, 1: true, 2: true, 3: true, 4: true, 5: true, 6: true, 7: true, 8: true,
	10: true, 11: true, 12: true, 13: true, 14: true, 15: true, 16: true, 17: true, 18: true, 19: true, 20: true,
	21: true, 22: true, 23: true, 24: true, 25: true, 26: true, 27: true, 28: true, 29: true, 30: true, 31: true,
}

// unprintable finds what JavaScript's dot does not match (the two Unicode line
// ends) and what YAML does not allow as it is.
func unprintable(r rune) bool {
	switch r {
	case '\u2028', '\u2029', 0xFFFE, 0xFFFF:
		return true
	}
	return r >= 0x80 && r < 0xA0
}

// appendScalar prints a scalar; on Classic it is Yarn 1's maybeWrap.
func (k Kind) appendScalar(b []byte, s string) []byte {
	bare := isBare
	if k == Classic {
		bare = classicBare
	}
	if bare(s) {
		return append(b, s...)
	}
	return jstext.AppendJSON(b, s)
}

// classicBare is the reverse of Yarn 1's shouldWrapKey.
func classicBare(s string) bool {
	if s == "" || !isLetter(s[0]) || hasPrefix(s, "true") || hasPrefix(s, "false") {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= utf8.RuneSelf {
			return !strings.ContainsFunc(s, classicWrapped)
		}
		if c <= ' ' || c == ':' || c == '\\' || c == '"' || c == ',' || c == '[' || c == ']' || c == 0x7F {
			return false
		}
	}
	return true
}

// classicWrapped is JavaScript's [:\s\\",\[\]], plus control characters.
func classicWrapped(r rune) bool {
	switch {
	case r <= ' ', strings.ContainsRune(":\\\",[]\u00A0\u1680\u2028\u2029\u202F\u205F\u3000\uFEFF", r),
		r >= 0x2000 && r <= 0x200A, r >= 0x7F && r < 0xA0:
		return true
	}
	return false
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// unquote reads the double-quoted string that s starts with, and returns its
// value and how many bytes it takes; why is set if there is none. Only JSON's
// escapes are known: Yarn writes no others.
func unquote(s string) (val string, n int, why string) {
	end := strings.IndexByte(s[1:], '"')
	if end < 0 {
		return "", 0, "the quoted text has no end"
	}
	if val = s[1 : 1+end]; strings.IndexByte(val, '\\') < 0 {
		return val, end + 2, ""
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; c {
		case '"':
			return b.String(), i + 1, ""
		case '\\':
			r, size := unescapeJSON(s[i:])
			if size == 0 {
				return "", 0, "the quoted text has an escape that Yarn never writes"
			}
			b.WriteRune(r)
			i += size - 1
		default:
			b.WriteByte(c)
		}
	}
	return "", 0, "the quoted text has no end"
}

// unescapeJSON decodes the escape that s starts with; size 0 means it is not
// one, or is half a surrogate pair.
func unescapeJSON(s string) (r rune, size int) {
	if len(s) < 2 {
		return 0, 0
	}
	switch s[1] {
	case '"', '\\', '/':
		return rune(s[1]), 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'u':
		r, ok := hex4(s)
		if !ok {
			return 0, 0
		}
		if !utf16.IsSurrogate(r) {
			return r, 6
		}
		if low, ok := hex4(s[6:]); ok {
			if full := utf16.DecodeRune(r, low); full != utf8.RuneError {
				return full, 12
			}
		}
	}
	return 0, 0
}

// hex4 reads \uXXXX.
func hex4(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range []byte(s[2:6]) {
		d := spec.Unhex(c)
		if d < 0 {
			return 0, false
		}
		r = r<<4 | rune(d)
	}
	return r, true
}

func hasPrefix(s, prefix string) bool {
	return len(s) >= len(prefix) && s[:len(prefix)] == prefix
}
