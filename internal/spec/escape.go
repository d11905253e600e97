package spec

import "strings"

// escapeRange is structUtils' encodeUnsafeCharacters.
func escapeRange(s string) string {
	if !strings.ContainsAny(s, "%:#") {
		return s
	}
	return unsafeCharacters.Replace(s)
}

var unsafeCharacters = strings.NewReplacer("%", "%25", ":", "%3A", "#", "%23")

// EscapeQuery is Node's querystring.escape, in which values of bindings stand.
func EscapeQuery(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case isLetter(c), isDigit(c), strings.IndexByte("-_.!~*'()", c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}

// Unescape decodes percent escapes; a broken escape stays as it is.
func Unescape(s string) string { return unescape(s, false) }

// unescape decodes percent escapes, and with plus a "+" as a space.
func unescape(s string, plus bool) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '%' && i+2 < len(s) && Unhex(s[i+1]) >= 0 && Unhex(s[i+2]) >= 0:
			b = append(b, byte(Unhex(s[i+1])<<4|Unhex(s[i+2])))
			i += 2
		case c == '+' && plus:
			b = append(b, ' ')
		default:
			b = append(b, c)
		}
	}
	return string(b)
}

// Unhex is the value of a hexadecimal digit, -1 for anything else.
func Unhex(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
