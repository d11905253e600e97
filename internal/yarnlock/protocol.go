package yarnlock

import "strings"

// Range is a Berry range or reference taken apart:
//
//	<protocol><selector>::<bindings>
//	<protocol><source>#<selector>::<bindings>
//
// as structUtils.parseRange does, percent escapes decoded.
type Range struct {
	Protocol string // with its colon, "" if there is none
	Source   string
	// HasSource tells an empty source from none.
	HasSource bool
	Selector  string
	Bindings  []Binding
}

// Binding is one key=value after the "::" of a range.
type Binding struct{ Key, Value string }

// ParseRange never fails: what it cannot take apart is the Selector.
func ParseRange(s string) Range {
	var r Range
	if i := strings.IndexByte(s, ':'); i >= 0 && !hasPrefix(s[i:], "::") && strings.IndexByte(s[:i], '#') < 0 {
		r.Protocol, s = s[:i+1], s[i+1:]
	}
	body, params, bound := strings.Cut(s, "::")
	if bound {
		r.Bindings = parseBindings(params)
	}
	source, selector, ok := strings.Cut(body, "#")
	if !ok {
		r.Selector = unescape(source, false)
		return r
	}
	r.Source, r.HasSource = unescape(source, false), true
	r.Selector = unescape(selector, false)
	return r
}

// Bind is the value of a binding, or "".
func (r Range) Bind(key string) string {
	for _, b := range r.Bindings {
		if b.Key == key {
			return b.Value
		}
	}
	return ""
}

// Alias is the real package behind npm:name@range, as in an alias's range.
func (r Range) Alias() (Descriptor, bool) {
	if r.Protocol != "npm:" || r.HasSource {
		return Descriptor{}, false
	}
	return ParseDescriptor(r.Selector)
}

// PatchSource is the descriptor that a patch: range patches.
func (r Range) PatchSource() (Descriptor, bool) {
	if r.Protocol != "patch:" {
		return Descriptor{}, false
	}
	return ParseDescriptor(r.Source)
}

// WithLocator binds a relative range (file:, link:, portal:, patch:) to the
// package that asks for it, as structUtils.bindDescriptor does. A range that
// is bound already stays.
func WithLocator(rng string, parent Locator) string {
	if strings.Contains(rng, "::") {
		return rng
	}
	return rng + "::locator=" + escapeQuery(parent.String())
}

// PatchRange is the range that wraps d in a patch, as structUtils.makeRange
// writes it.
func PatchRange(d Descriptor, selector string) string {
	return "patch:" + escapeRange(d.String()) + "#" + escapeRange(selector)
}

// escapeRange is structUtils' encodeUnsafeCharacters.
func escapeRange(s string) string {
	if !strings.ContainsAny(s, "%:#") {
		return s
	}
	return strings.NewReplacer("%", "%25", ":", "%3A", "#", "%23").Replace(s)
}

// escapeQuery is Node's querystring.escape.
func escapeQuery(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-_.!~*'()", c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}

func parseBindings(s string) []Binding {
	var list []Binding
	for part := range strings.SplitSeq(s, "&") {
		if part == "" {
			continue
		}
		k, v, _ := strings.Cut(part, "=")
		list = append(list, Binding{unescape(k, true), unescape(v, true)})
	}
	return list
}

// unescape decodes percent escapes; a broken escape stays as it is.
func unescape(s string, plus bool) string {
	if strings.IndexByte(s, '%') < 0 && strings.IndexByte(s, '+') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '%' && i+2 < len(s) && unhex(s[i+1]) >= 0 && unhex(s[i+2]) >= 0:
			b = append(b, byte(unhex(s[i+1])<<4|unhex(s[i+2])))
			i += 2
		case c == '+' && plus:
			b = append(b, ' ')
		default:
			b = append(b, c)
		}
	}
	return string(b)
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
