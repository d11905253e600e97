package yarnlock

// classicFields is the order in which Yarn 1 prints what an entry may have.
var classicFields = []string{"version", "resolved", "integrity", "dependencies", "optionalDependencies"}

// appendClassicEntry prints e as Yarn 1's lockfile stringify does.
func appendClassicEntry(b []byte, e *Entry) []byte {
	for i, key := range keyTexts(e.Keys) {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = appendClassic(b, key)
	}
	b = append(b, ":\n"...)
	return appendFields(b, e, Classic, classicFields, appendClassicField, appendClassicExtra)
}

func appendClassicField(b []byte, e *Entry, name string) []byte {
	value := ""
	switch name {
	case "version":
		value = e.Version
	case "resolved":
		value = e.Resolved
	case "integrity":
		value = e.Integrity
	case "dependencies":
		return appendClassicDeps(b, name, e.Dependencies)
	case "optionalDependencies":
		return appendClassicDeps(b, name, e.OptionalDependencies)
	}
	if value == "" {
		return b
	}
	return appendClassicLine(b, "  ", name, value)
}

func appendClassicLine(b []byte, indent, name, value string) []byte {
	b = append(b, indent...)
	b = appendClassic(b, name)
	b = append(b, ' ')
	b = appendClassic(b, value)
	return append(b, '\n')
}

func appendClassicDeps(b []byte, field string, list []Dep) []byte {
	if len(list) == 0 {
		return b
	}
	b = append(append(append(b, "  "...), field...), ":\n"...)
	for _, d := range sortedBy(Classic, list, func(d Dep) string { return d.Name }) {
		b = appendClassicLine(b, "    ", d.Name, d.Range)
	}
	return b
}

func appendClassicExtra(b []byte, f Field) []byte {
	if f.Block == "" {
		return appendClassicLine(b, "  ", f.Name, f.Value)
	}
	b = append(b, "  "...)
	b = appendClassic(b, f.Name)
	b = append(b, ":\n"...)
	return append(append(b, f.Block...), '\n')
}
