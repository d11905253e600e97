package spec

import "strings"

// Pattern is what a resolutions key selects: all dependencies on Name, or only
// those asked for as Range, or only those of Parent, or only those of Parent at
// the reference ParentRange.
type Pattern struct {
	Parent      string // of the deep paths of Classic ("a/b/name") the last
	ParentRange string
	Name        string // "" when Yarn would not understand the key, and skip it
	Range       string
	// Glob says that the key has a form with "**/" or more than one parent.
	// Classic takes it; Yarn 2 and later warn and ignore the entry.
	Glob bool
}

// ParsePattern reads a resolutions key by the grammar of @yarnpkg/parsers:
//
//	pattern   = [ specifier "/" ] specifier
//	specifier = name [ "@" range ]      name = [ "@" ident "/" ] ident
//	ident     = one or more of anything but "/" and "@"
//	range     = one or more of anything but "/"
//
// and, with Glob set, the path forms of Classic.
func ParsePattern(key string) Pattern {
	first, rest, ok := cutSpecifier(key)
	switch {
	case ok && rest == "":
		return Pattern{Name: first.name, Range: first.rng}
	case ok && rest[0] == '/':
		if second, rest, ok := cutSpecifier(rest[1:]); ok && rest == "" {
			return Pattern{Parent: first.name, ParentRange: first.rng, Name: second.name, Range: second.rng}
		}
	}
	return classicPattern(key)
}

// classicPattern reads paths: "**/name", "a/**/name", "a/b/name". The last
// name is what is resolved, names before it are parents.
func classicPattern(key string) Pattern {
	p := Pattern{Glob: true}
	for rest := key; rest != ""; {
		if after, ok := cutGlob(rest); ok {
			rest = after
			continue
		}
		one, after, ok := cutSpecifier(rest)
		if !ok || (after != "" && (after[0] != '/' || after == "/")) {
			return Pattern{Glob: true}
		}
		if after == "" {
			p.Name, p.Range = one.name, one.rng
			return p
		}
		p.Parent, p.ParentRange = one.name, one.rng
		rest = after[1:]
	}
	return Pattern{Glob: true}
}

func cutGlob(s string) (rest string, ok bool) {
	if rest, ok = strings.CutPrefix(s, "**/"); ok {
		return rest, true
	}
	return strings.CutPrefix(s, "*/")
}

type specifier struct{ name, rng string }

// cutSpecifier takes the longest specifier off the front of s.
func cutSpecifier(s string) (one specifier, rest string, ok bool) {
	n := 0
	if strings.HasPrefix(s, "@") {
		i := identLen(s[1:])
		if i == 0 || !strings.HasPrefix(s[1+i:], "/") {
			return one, s, false
		}
		n = 1 + i + 1
	}
	base := identLen(s[n:])
	if base == 0 || s[n:n+base] == "*" || s[n:n+base] == "**" {
		return one, s, false
	}
	n += base
	one.name, rest = s[:n], s[n:]
	if strings.HasPrefix(rest, "@") {
		end := strings.IndexByte(rest, '/')
		if end < 0 {
			end = len(rest)
		}
		if end > 1 {
			one.rng, rest = rest[1:end], rest[end:]
		}
	}
	return one, rest, true
}

func identLen(s string) int {
	if i := strings.IndexAny(s, "/@"); i >= 0 {
		return i
	}
	return len(s)
}
