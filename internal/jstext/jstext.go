// Package jstext reads, orders and quotes text as JavaScript does, where Go's
// own rules differ and the difference would show: in a checksum, a range or a
// setting.
package jstext

import (
	"math"
	"strings"
	"unicode/utf8"
)

// DecodeUTF8 is Buffer.toString("utf8"): every maximal subpart of an invalid
// sequence becomes one U+FFFD (the WHATWG rule; Go would replace each byte).
func DecodeUTF8(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	var s strings.Builder
	s.Grow(len(b) + 8)
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n <= 1 {
			n = maximalSubpart(b)
		}
		s.WriteRune(r)
		b = b[n:]
	}
	return s.String()
}

// maximalSubpart is the length of the longest prefix of b, at least one byte,
// that could begin a UTF-8 sequence. b begins with an invalid sequence.
func maximalSubpart(b []byte) int {
	var more int
	lo, hi := byte(0x80), byte(0xBF)
	switch c := b[0]; {
	case c >= 0xC2 && c <= 0xDF:
		more = 1
	case c == 0xE0:
		more, lo = 2, 0xA0
	case c == 0xED:
		more, hi = 2, 0x9F
	case c >= 0xE1 && c <= 0xEF:
		more = 2
	case c == 0xF0:
		more, lo = 3, 0x90
	case c == 0xF4:
		more, hi = 3, 0x8F
	case c >= 0xF1 && c <= 0xF3:
		more = 3
	default:
		return 1
	}
	n := 1
	for n <= more && n < len(b) && lo <= b[n] && b[n] <= hi {
		n++
		lo, hi = 0x80, 0xBF
	}
	return n
}

// CutNUL is s.replace(/\0.*/, ""): from the first NUL to the end of the line,
// for "." matches no line terminator.
func CutNUL(s string) string {
	i := strings.IndexByte(s, 0)
	if i < 0 {
		return s
	}
	j := strings.IndexAny(s[i:], "\n\r\u2028\u2029")
	if j < 0 {
		return s[:i]
	}
	return s[:i] + s[i+j:]
}

// ParseInt is JavaScript's parseInt(s, base) for base 8 or 10: what can be
// read as a number at the beginning of s, after white space. ok is false
// where JavaScript says NaN.
func ParseInt[T string | []byte](s T, base float64) (n float64, ok bool) {
	i := 0
	for i < len(s) {
		r, w := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, w = utf8.DecodeRuneInString(string(s[i:]))
		}
		if !IsSpace(r) {
			break
		}
		i += w
	}
	negative := false
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		negative = s[i] == '-'
		i++
	}
	for ; i < len(s) && s[i] >= '0' && float64(s[i]-'0') < base; i++ {
		n = n*base + float64(s[i]-'0')
		ok = true
	}
	if negative {
		n = -n
	}
	return n, ok
}

// Trim is String.prototype.trim.
func Trim(s string) string {
	if s == "" || s[0] > ' ' && s[0] < utf8.RuneSelf && s[len(s)-1] > ' ' && s[len(s)-1] < utf8.RuneSelf {
		return s
	}
	return strings.TrimFunc(s, IsSpace)
}

// TrimEnd is String.prototype.trimEnd.
func TrimEnd(s string) string { return strings.TrimRightFunc(s, IsSpace) }

// IsSpace is JavaScript's white space: \s, and what trim removes. Unlike
// unicode.IsSpace it has U+FEFF and not U+0085.
func IsSpace(r rune) bool {
	switch {
	case r == ' ', r >= '\t' && r <= '\r':
		return true
	case r < 0xA0:
		return false
	case r == 0xA0, r == 0x1680, r >= 0x2000 && r <= 0x200A, r == 0x2028, r == 0x2029,
		r == 0x202F, r == 0x205F, r == 0x3000, r == 0xFEFF:
		return true
	}
	return false
}

// MaxSafe is Number.MAX_SAFE_INTEGER.
const MaxSafe = 1<<53 - 1

// ToInt turns a JavaScript number without fraction into an int64, clamped.
func ToInt(n float64) int64 {
	switch {
	case n >= math.MaxInt64/2:
		return math.MaxInt64 / 2
	case n <= math.MinInt64/2:
		return math.MinInt64 / 2
	}
	return int64(n)
}
