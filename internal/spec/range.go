// Package spec is the grammar of what asks for a package and of what answers:
// ranges, references, descriptors (name@range), locators (name@reference), and
// the specs of a package.json. It is the one place that knows the protocols and
// the escapes; what it reads it prints again without a change.
package spec

import (
	"iter"
	"strings"
)

// Range is a Berry range or reference taken apart:
//
//	<protocol><selector>::<bindings>
//	<protocol><source>#<selector>::<bindings>
//
// as structUtils.parseRange does. Its parts are pieces of the text: taking it
// apart costs no memory, and escapes are decoded when somebody asks.
type Range struct {
	// Protocol is "" if there is none.
	Protocol Protocol
	// HasSource tells an empty source from none.
	HasSource bool

	source, selector string // as written
	params           string // bindings, as written
	bound            bool   // there is a "::"
}

// Parse never fails: what it cannot take apart is the selector.
func Parse(s string) Range {
	var r Range
	r.Protocol = protocolOf(s)
	s = s[len(r.Protocol):]
	s, r.params, r.bound = strings.Cut(s, "::")
	if r.source, r.selector, r.HasSource = strings.Cut(s, "#"); !r.HasSource {
		r.source, r.selector = "", r.source
	}
	return r
}

// protocolOf is what stands before the first colon, which no "#" and no "::"
// precedes.
func protocolOf(s string) Protocol {
	for i := 0; i < len(s) && s[i] != '#'; i++ {
		if s[i] == ':' {
			if strings.HasPrefix(s[i:], "::") {
				return ""
			}
			return Protocol(s[:i+1])
		}
	}
	return ""
}

// String is the range as it was written.
func (r Range) String() string {
	s := string(r.Protocol)
	if r.HasSource {
		s += r.source + "#"
	}
	s += r.selector
	if r.bound {
		s += "::" + r.params
	}
	return s
}

// Source is what stands before "#", such as what a patch patches.
func (r Range) Source() string { return unescape(r.source, false) }

// Selector is what is asked for: a version range, a path, a commit.
func (r Range) Selector() string { return unescape(r.selector, false) }

// Bindings are the keys and values after "::".
func (r Range) Bindings() iter.Seq2[string, string] {
	return func(yield func(key, value string) bool) {
		for part := range strings.SplitSeq(r.params, "&") {
			if part == "" {
				continue
			}
			k, v, _ := strings.Cut(part, "=")
			if !yield(unescape(k, true), unescape(v, true)) {
				return
			}
		}
	}
}

// Bind is the value of a binding, or "".
func (r Range) Bind(key string) string {
	if r.params == "" {
		return ""
	}
	for k, v := range r.Bindings() {
		if k == key {
			return v
		}
	}
	return ""
}

// Alias is the real package behind npm:name@range, as in an alias's range.
func (r Range) Alias() (Descriptor, bool) {
	if r.Protocol != NPM || r.HasSource {
		return Descriptor{}, false
	}
	return ParseDescriptor(r.selector)
}

// PatchSource is the descriptor that a patch: range patches.
func (r Range) PatchSource() (Descriptor, bool) {
	if r.Protocol != Patch {
		return Descriptor{}, false
	}
	return ParseDescriptor(r.Source())
}

// WithLocator binds a relative range (file:, link:, portal:, patch:) to the
// package that asks for it, as structUtils.bindDescriptor does. A range that
// is bound already stays.
func WithLocator(rng string, parent Locator) string {
	if strings.Contains(rng, "::") {
		return rng
	}
	return rng + "::locator=" + EscapeQuery(parent.String())
}

// CompatPatched tells the packages that Yarn patches by itself, whatever the
// project says (plugin-compat).
func CompatPatched(name string) bool {
	return name == "typescript" || name == "resolve" || name == "fsevents"
}

// CompatPatch is that patch as a selector has it, without the flags before it.
func CompatPatch(name string) string { return "builtin<compat/" + name + ">" }

// PatchRange is the range that wraps d in a patch, as structUtils.makeRange
// writes it.
func PatchRange(d Descriptor, selector string) string {
	return Patch.Of(escapeRange(d.String()) + "#" + escapeRange(selector))
}
