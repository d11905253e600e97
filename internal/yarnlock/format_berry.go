package yarnlock

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// appendBerryEntry prints e as stringifySyml does: fields in the order of
// specialObjectKeys, then by name.
func appendBerryEntry(b []byte, e *Entry) []byte {
	b = appendBerryName(b, "", strings.Join(keyTexts(e.Keys), ", "))
	b = append(b, '\n')
	return appendFields(b, e, Berry, berryFields, appendBerryField, appendBerryExtra)
}

// appendFields prints the fields of an entry in the order of names, and between them by
// their names those that are kept as they stand.
func appendFields(b []byte, e *Entry, k Kind, names []string, known func([]byte, *Entry, string) []byte, other func([]byte, Field) []byte) []byte {
	extra := e.Extra
	if len(extra) > 0 {
		extra = sortedBy(k, extra, func(f Field) string { return f.Name })
	}
	for _, name := range names {
		for len(extra) > 0 && k.compare(extra[0].Name, name) < 0 {
			b = other(b, extra[0])
			extra = extra[1:]
		}
		b = known(b, e, name)
	}
	for _, f := range extra {
		b = other(b, f)
	}
	return b
}

// berryFields is the order in which Berry prints what an entry may have.
var berryFields = []string{"version", "resolution", "dependencies", "peerDependencies", "dependenciesMeta",
	"peerDependenciesMeta", "bin", "checksum", "conditions", "languageName", "linkType"}

func appendBerryField(b []byte, e *Entry, name string) []byte {
	switch name {
	case "version":
		return appendBerryPair(b, "  ", name, e.Version)
	case "resolution":
		return appendBerryPair(b, "  ", name, e.Resolution.String())
	case "dependencies":
		return appendBerryDeps(b, name, e.Dependencies)
	case "peerDependencies":
		return appendBerryDeps(b, name, e.PeerDependencies)
	case "dependenciesMeta":
		return appendBerryMeta(b, name, e.DependenciesMeta)
	case "peerDependenciesMeta":
		return appendBerryMeta(b, name, e.PeerDependenciesMeta)
	case "bin":
		deps := make([]Dep, len(e.Bin))
		for i, x := range e.Bin {
			deps[i] = Dep{Name: x.Name, Range: x.Path}
		}
		return appendBerryDeps(b, name, deps)
	case "checksum":
		return appendBerryPair(b, "  ", name, e.Checksum)
	case "conditions":
		return appendBerryPair(b, "  ", name, e.Conditions)
	case "languageName":
		return appendBerryPair(b, "  ", name, e.LanguageName)
	}
	return appendBerryPair(b, "  ", name, e.LinkType)
}

// appendBerryPair prints "name: value", or nothing for a value that is not
// there.
func appendBerryPair(b []byte, indent, name, value string) []byte {
	if value == "" {
		return b
	}
	return appendBerryLine(b, indent, name, value)
}

func appendBerryLine(b []byte, indent, name, value string) []byte {
	b = appendBerryName(b, indent, name)
	b = append(b, ' ')
	b = appendBerry(b, value)
	return append(b, '\n')
}

// appendBerryName prints a key with its colon. YAML 1.2 wants keys over 1024
// characters (UTF-16 units here) to be marked.
func appendBerryName(b []byte, indent, name string) []byte {
	b = append(b, indent...)
	from := len(b)
	b = appendBerry(b, name)
	if len(b)-from > 1024 && utf16Len(b[from:]) > 1024 {
		b = slices.Insert(b, from, '?', ' ')
		b = append(b, '\n')
		b = append(b, indent...)
	}
	return append(b, ':')
}

func utf16Len(b []byte) int {
	n := utf8.RuneCount(b)
	for _, c := range b {
		if c >= 0xF0 { // leads a rune beyond the basic plane
			n++
		}
	}
	return n
}

func appendBerryDeps(b []byte, field string, list []Dep) []byte {
	if len(list) == 0 {
		return b
	}
	b = append(append(append(b, "  "...), field...), ":\n"...)
	for _, d := range sortedBy(Berry, list, func(d Dep) string { return d.Name }) {
		b = appendBerryLine(b, "    ", d.Name, d.Range)
	}
	return b
}

func appendBerryMeta(b []byte, field string, list []Meta) []byte {
	if !slices.ContainsFunc(list, func(m Meta) bool { return len(m.Flags) > 0 }) {
		return b
	}
	b = append(append(append(b, "  "...), field...), ":\n"...)
	for _, m := range sortedBy(Berry, list, func(m Meta) string { return m.Name }) {
		if len(m.Flags) == 0 {
			continue
		}
		b = appendBerryName(b, "    ", m.Name)
		b = append(b, '\n')
		for _, f := range sortedBy(Berry, m.Flags, func(f Flag) string { return f.Name }) {
			b = appendBerryLine(b, "      ", f.Name, f.Value)
		}
	}
	return b
}

func appendBerryExtra(b []byte, f Field) []byte {
	if f.Block == "" {
		return appendBerryLine(b, "  ", f.Name, f.Value)
	}
	b = appendBerryName(b, "  ", f.Name)
	b = append(b, '\n')
	return append(append(b, f.Block...), '\n')
}
