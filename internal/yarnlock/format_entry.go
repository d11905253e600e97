package yarnlock

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// appendEntry prints e as Yarn does, Berry's stringifySyml or the stringify of
// Yarn 1's lockfile: the known fields in their order, and between them by their
// names those that are kept as they stand.
func (k Kind) appendEntry(b []byte, e *Entry) []byte {
	keys := keyTexts(e.Keys)
	if k == Berry {
		keys = []string{strings.Join(keys, ", ")} // one key to YAML
	}
	for i, key := range keys {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = k.appendName(b, "", key)
	}
	b = append(b, ":\n"...)
	extra := e.Extra
	if len(extra) > 0 {
		extra = sortedBy(k, extra, func(f Field) string { return f.Name })
	}
	for _, f := range k.fields() {
		for len(extra) > 0 && k.compare(extra[0].Name, f.name) < 0 {
			b = k.appendExtra(b, extra[0])
			extra = extra[1:]
		}
		switch at := f.at(e).(type) {
		case *string:
			if *at != "" {
				b = k.appendLine(b, "  ", f.name, *at)
			}
		case *Locator:
			b = k.appendLine(b, "  ", f.name, at.String())
		case *[]Dep:
			b = k.appendDeps(b, f.name, *at)
		case *[]Bin:
			deps := make([]Dep, len(*at))
			for i, x := range *at {
				deps[i] = Dep{Name: x.Name, Range: x.Path}
			}
			b = k.appendDeps(b, f.name, deps)
		case *[]Meta:
			b = k.appendMeta(b, f.name, *at)
		}
	}
	for _, f := range extra {
		b = k.appendExtra(b, f)
	}
	return b
}

// appendLine prints "name: value", on Classic without the colon.
func (k Kind) appendLine(b []byte, indent, name, value string) []byte {
	b = k.appendName(b, indent, name)
	if k == Berry {
		b = append(b, ':')
	}
	b = k.appendScalar(append(b, ' '), value)
	return append(b, '\n')
}

// appendName prints a key. YAML 1.2 wants keys over 1024 characters (UTF-16
// units here) to be marked.
func (k Kind) appendName(b []byte, indent, name string) []byte {
	b = append(b, indent...)
	from := len(b)
	b = k.appendScalar(b, name)
	if k == Berry && len(b)-from > 1024 && utf16Len(b[from:]) > 1024 {
		b = slices.Insert(b, from, '?', ' ')
		b = append(b, '\n')
		b = append(b, indent...)
	}
	return b
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

func (k Kind) appendDeps(b []byte, field string, list []Dep) []byte {
	if len(list) == 0 {
		return b
	}
	b = append(append(append(b, "  "...), field...), ":\n"...)
	for _, d := range sortedBy(k, list, func(d Dep) string { return d.Name }) {
		b = k.appendLine(b, "    ", d.Name, d.Range)
	}
	return b
}

func (k Kind) appendMeta(b []byte, field string, list []Meta) []byte {
	if !slices.ContainsFunc(list, func(m Meta) bool { return len(m.Flags) > 0 }) {
		return b
	}
	b = append(append(append(b, "  "...), field...), ":\n"...)
	for _, m := range sortedBy(k, list, func(m Meta) string { return m.Name }) {
		if len(m.Flags) == 0 {
			continue
		}
		b = append(k.appendName(b, "    ", m.Name), ":\n"...)
		for _, f := range sortedBy(k, m.Flags, func(f Flag) string { return f.Name }) {
			b = k.appendLine(b, "      ", f.Name, f.Value)
		}
	}
	return b
}

func (k Kind) appendExtra(b []byte, f Field) []byte {
	if f.Block == "" {
		return k.appendLine(b, "  ", f.Name, f.Value)
	}
	b = append(k.appendName(b, "  ", f.Name), ":\n"...)
	return append(append(b, f.Block...), '\n')
}
