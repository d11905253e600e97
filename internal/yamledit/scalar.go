package yamledit

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// spellings are ways to write s, the preferred one first: the style of the old
// scalar when it can hold s, then the given quotes, then double quotes. bare
// says that a plain s may read as a number or boolean because the old one did.
func spellings(s string, style, quotes yaml.Style, bare bool) []string {
	var out []string
	switch style & quoted {
	case 0:
		if plainSafe(s) && (bare || !looksTyped(s)) {
			out = append(out, s)
		}
	default:
		quotes = style & quoted
	}
	if quotes == yaml.SingleQuotedStyle && singleSafe(s) {
		out = append(out, "'"+strings.ReplaceAll(s, "'", "''")+"'")
	}
	return append(out, doubleQuoted(s))
}

// plainSafe reports whether every YAML reader takes s, unquoted, for s: block
// or flow context, YAML 1.1 or 1.2.
func plainSafe(s string) bool {
	if s == "" || s[0] == ' ' || s[len(s)-1] == ' ' || s[len(s)-1] == ':' {
		return false
	}
	if strings.IndexByte("-?:,[]{}#&*!|>'\"%@`=<", s[0]) >= 0 {
		return false // <, = and -x are legal, but rare enough to quote
	}
	if strings.HasPrefix(s, "...") || strings.Contains(s, ": ") || strings.Contains(s, " #") {
		return false
	}
	return singleSafe(s) && !strings.ContainsAny(s, "[]{},")
}

func singleSafe(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !printable(r) })
}

// printable leaves out line ends, tabs and what readers may normalise.
func printable(r rune) bool {
	switch {
	case r >= 0x20 && r < 0x7f:
		return true
	case r < 0xa0, r == 0x2028, r == 0x2029, r == 0xfeff, r == utf8.RuneError, r >= 0xfffe && r <= 0xffff:
		return false
	}
	return true
}

// looksTyped reports whether a plain s is not text to some reader: YAML 1.1
// booleans, dates and base-60 numbers included.
func looksTyped(s string) bool {
	n := yaml.Node{Kind: yaml.ScalarNode, Value: s}
	if tag := n.ShortTag(); tag != "!!str" {
		return true
	}
	switch strings.ToLower(s) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null":
		return true
	}
	return strings.Trim(s, "0123456789_:.+-") == "" && !isVersion(s)
}

// isVersion reports whether s is digits with at least two dots, which no
// reader takes for a number.
func isVersion(s string) bool {
	return strings.Count(s, ".") >= 2 && strings.Trim(s, "0123456789.") == "" && !strings.Contains(s, "..")
}

// doubleQuoted is s with the escapes that YAML 1.1, 1.2 and JSON share where
// possible. Bytes that are not UTF-8 become U+FFFD.
func doubleQuoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case printable(r):
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08X`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
