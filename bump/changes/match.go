package changes

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/portalctl/portalctl/internal/jstext"
	"github.com/portalctl/portalctl/internal/pattern"
)

// matcher finds what of the portal an entry of a changelog names.
type matcher struct {
	b      *builder
	config map[string][]place // keys of app-config
}

func newMatcher(b *builder) *matcher {
	return &matcher{b: b, config: configKeys(b.source.yaml)}
}

// weights of evidence. What is at least enough puts an entry into the first rank.
const (
	weightGone    = 8 // the name is gone or newly deprecated
	weightMember  = 6 // the element or object is used with what the entry names
	weightText    = 5 // a key, class, route or annotation is there as it stands
	weightSubject = 4 // the name is what the entry is about
	enough        = 4
)

// rank decides how close a breaking entry comes, and why.
func (m *matcher) rank(e *entry) {
	e.Rank = rankRest
	ev := evidenceOf(e.Text)
	for _, v := range e.Packages {
		if len(m.b.index.modules[v.Name]) > 0 {
			e.Rank = rankUsed
		}
		m.names(e, v.Name, ev)
	}
	for _, span := range ev.spans {
		if !ev.fresh[span] {
			m.text(e, span)
		}
	}
	if e.weight >= enough {
		e.Rank = rankImported
	}
	slices.Sort(e.Names)
	e.Places = sortedPlaces(e.Places)
	if e.Rank != rankImported {
		e.Names, e.Places = nil, nil
	}
}

// names looks for imported names of a package that the entry names.
func (m *matcher) names(e *entry, pkg string, ev *evidence) {
	for n, uses := range m.b.index.names[pkg] {
		weight := 0
		var at []place
		switch {
		case !ev.of(pkg, n.module):
		case !ev.mentions(n.name):
			if !ev.specific() {
				at = m.withDropped(n, uses, ev)
				weight = weightMember
			}
		case m.b.reported(m.b.r.Gone, n), m.b.reported(m.b.r.Deprecated, n):
			at = places(uses, byImport)
			weight = weightGone
		case ev.before[n.name] != "":
			at = places(slices.DeleteFunc(slices.Clone(uses), func(u use) bool { return !u.behind(ev.before[n.name]) }), byImport)
			weight = weightMember
		case ev.dropsParts(n.name):
			// The name stays, and the entry says what of it goes: who does not use that
			// has nothing to do.
			at = m.withDropped(n, uses, ev)
			weight = weightMember
		case ev.about(n.name) && !ev.fresh[n.name] && ev.takes():
			at = places(slices.DeleteFunc(slices.Clone(uses), func(u use) bool { return ev.done(u.file.usage(), u.local) }), byImport)
			weight = weightSubject
		}
		if len(at) == 0 {
			continue
		}
		e.weight = max(e.weight, weight)
		if !slices.Contains(e.Names, n.name) {
			e.Names = append(e.Names, n.name)
		}
		e.Places = append(e.Places, at...)
	}
}

// withDropped are the places where a name is used with something that the entry
// takes away: an attribute of its element, a property that is read or given in the
// same file.
func (m *matcher) withDropped(n importedName, uses []use, ev *evidence) []place {
	var out []place
	named := ev.mentions(n.name)
	for _, u := range uses {
		used := u.file.usage()
		attributes := used.attributes[u.local]
		for part := range ev.parts {
			name, _, _ := strings.Cut(part, "=")
			if line, ok := attributes[part]; ok && (named || distinctive(name) && name == part) {
				out = append(out, place{File: u.file.name, Line: line, How: byElement})
				continue
			}
			if !named || attributes != nil || !distinctive(part) {
				continue // what has attributes is shown and not called
			}
			for _, have := range []map[string]int{used.members, used.keys} {
				if line, ok := have[part]; ok {
					out = append(out, place{File: u.file.name, Line: line, How: byProperty})
				}
			}
		}
	}
	if len(out) > 0 {
		out = append(out, places(within(uses, out), byImport)...)
	}
	return out
}

// behind reports whether the name stands behind a word somewhere in its file.
func (u use) behind(word string) bool {
	first, _, _ := strings.Cut(u.local, ".")
	for i, t := range u.file.tokens {
		if i > 0 && t.Is(first) && u.file.tokens[i-1].Is(word) {
			return true
		}
	}
	return false
}

// within are the uses in files that a list of places has.
func within(uses []use, list []place) []use {
	return slices.DeleteFunc(slices.Clone(uses), func(u use) bool {
		return !slices.ContainsFunc(list, func(p place) bool { return p.File == u.file.name })
	})
}

func (b *builder) reported(list []takenName, n importedName) bool {
	return slices.ContainsFunc(list, func(o takenName) bool { return o.Package == n.module && o.Name == n.name })
}

func isKeyword(id string) bool {
	switch id {
	case "import", "from", "export", "const", "type", "new", "await", "async", "true", "false", "null", "undefined", "return", "function", "string", "number", "boolean", "className", "children", "key",
		"interface", "extends", "implements", "class", "let", "var", "if", "else", "item", "props", "style", "div", "span":
		return true
	}
	return false
}

var sentenceEnd = pattern.New(`[.!?](?:\s|$)|\n\n|\n[-*] `)

var shapes = sync.OnceValue(func() (s struct{ variable, class, dotted, annotation, route *regexp.Regexp }) {
	s.variable = regexp.MustCompile(`^--[a-z][\w-]+$`)
	s.class = regexp.MustCompile(`^\.[A-Za-z][\w]*-[\w-]+$`)
	s.dotted = regexp.MustCompile(`^[a-zA-Z][\w-]*(?:\.[a-zA-Z][\w-]*)+$`)
	s.annotation = regexp.MustCompile(`^[a-z][\w-]*(?:\.[a-z][\w-]*)+/[\w.-]+$`)
	s.route = regexp.MustCompile(`^/[\w-]+(?:/[\w:.{}-]+)+$`)
	return s
})

// text looks for what an entry quotes that is not a name of code: keys of the
// configuration, style classes and variables, permissions, annotations, routes.
func (m *matcher) text(e *entry, span string) {
	s := shapes()
	var at []place
	switch {
	case s.variable.MatchString(span), s.class.MatchString(span):
		at = m.inStyles(span)
	case s.annotation.MatchString(span):
		at = append(m.inYAML(span), m.inStrings(span)...)
	case s.dotted.MatchString(span):
		at = append(at, m.config[span]...)
		at = append(at, m.inStrings(span)...)
	case s.route.MatchString(span):
		at = m.inStrings(span)
	}
	if len(at) == 0 {
		return
	}
	e.weight = max(e.weight, weightText)
	if !slices.Contains(e.Names, span) {
		e.Names = append(e.Names, span)
	}
	e.Places = append(e.Places, at...)
}

// inStrings are the literals that are exactly the text.
func (m *matcher) inStrings(text string) []place {
	var out []place
	for _, f := range m.b.source.files {
		if f.tokens == nil {
			continue
		}
		if line, ok := f.usage().strings[text]; ok {
			out = append(out, place{File: f.name, Line: line, How: byText})
		}
	}
	return out
}

func (m *matcher) inYAML(text string) []place {
	var out []place
	for _, f := range m.b.source.yaml {
		if line := lineOf(f.text, text, isNameByte); line > 0 {
			out = append(out, place{File: f.name, Line: line, How: byText})
		}
	}
	return out
}

func (m *matcher) inStyles(text string) []place {
	var out []place
	for _, f := range m.b.source.styles {
		if line := lineOf(f.text, text, isStyleByte); line > 0 {
			out = append(out, place{File: f.name, Line: line, How: byStyle})
		}
	}
	// Code names a class without its dot, and a variable in a string.
	name := strings.TrimPrefix(text, ".")
	for _, f := range m.b.source.files {
		if f.tokens == nil {
			continue
		}
		for s, line := range f.usage().strings {
			if lineOf(s, name, isStyleByte) > 0 {
				out = append(out, place{File: f.name, Line: line, How: byStyle})
			}
		}
	}
	return out
}

func isNameByte(c byte) bool { return isStyleByte(c) || c == '.' || c == '/' }

func isStyleByte(c byte) bool {
	return c == '-' || c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// lineOf is the line in which a text has a word, 0 for none: no byte of a word may
// stand beside it.
func lineOf(text, word string, inWord func(byte) bool) int {
	for at := range jstext.Words(text, word, inWord) {
		return 1 + strings.Count(text[:at], "\n")
	}
	return 0
}
