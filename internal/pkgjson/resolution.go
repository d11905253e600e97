package pkgjson

import (
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/jsonedit"
	"github.com/portalctl/portalctl/internal/spec"
)

// Resolution is one entry of resolutions.
type Resolution struct {
	Key     string
	Pattern Pattern
	Value   string
	Parsed  spec.Spec // Value taken apart
	Pos     fault.Pos // of the value
	KeyPos  fault.Pos
}

// Pattern is what a resolutions key selects: all dependencies on Name, or only
// those asked for as Range, or only those of Parent, or only those of Parent at
// the reference ParentRange.
type Pattern struct {
	Parent      string // with slashes for the deep paths of Classic: "a/b"
	ParentRange string
	Name        string // "" when Yarn would not understand the key, and skip it
	Range       string
	// Glob says that the key has a form with "**/" or more than one parent.
	// Classic takes it; Yarn 2 and later warn and ignore the entry.
	Glob bool
}

// Resolutions lists the entries of resolutions in file order.
func (f *File) Resolutions() []Resolution { return f.resolutions }

// SetResolution changes the value of a resolutions entry, or adds the entry.
func (f *File) SetResolution(key, value string) error {
	path := []string{"resolutions", key}
	return f.Edit(func(d *jsonedit.Doc) error {
		if _, ok := d.Get(path...); ok {
			return d.SetString(path, value)
		}
		return d.InsertString(path, value)
	})
}

// RemoveResolution takes an entry out of resolutions.
func (f *File) RemoveResolution(key string) error {
	return f.Edit(func(d *jsonedit.Doc) error { return d.Remove([]string{"resolutions", key}) })
}

func loadResolutions(root jsonedit.Value) ([]Resolution, error) {
	v, ok := field(root, "resolutions")
	if !ok {
		return nil, nil
	}
	if err := want(v, jsonedit.Object, "resolutions", `{"name": "^1.0.0"}`); err != nil {
		return nil, err
	}
	var out []Resolution
	for _, m := range last(v.Members()) {
		value, err := text(m.Value, "the resolution of "+m.Name, `"^1.0.0"`)
		if err != nil {
			return nil, err
		}
		out = append(out, Resolution{Key: m.Name, Pattern: ParsePattern(m.Name), Value: value, Parsed: spec.Read(value), Pos: m.Value.Pos(), KeyPos: m.Pos()})
	}
	return out, nil
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
	var parents []string
	for rest := key; rest != ""; {
		if after, ok := cutGlob(rest); ok {
			rest = after
			continue
		}
		spec, after, ok := cutSpecifier(rest)
		if !ok || (after != "" && (after[0] != '/' || after == "/")) {
			return Pattern{Glob: true}
		}
		if after == "" {
			p.Name, p.Range = spec.name, spec.rng
			break
		}
		parents, p.ParentRange = append(parents, spec.name), spec.rng
		rest = after[1:]
	}
	p.Parent = strings.Join(parents, "/")
	if p.Name == "" {
		return Pattern{Glob: true}
	}
	return p
}

func cutGlob(s string) (rest string, ok bool) {
	if rest, ok = strings.CutPrefix(s, "**/"); ok {
		return rest, true
	}
	return strings.CutPrefix(s, "*/")
}

type specifier struct{ name, rng string }

// cutSpecifier takes the longest specifier off the front of s.
func cutSpecifier(s string) (spec specifier, rest string, ok bool) {
	n := 0
	if strings.HasPrefix(s, "@") {
		i := identLen(s[1:])
		if i == 0 || !strings.HasPrefix(s[1+i:], "/") {
			return spec, s, false
		}
		n = 1 + i + 1
	}
	base := identLen(s[n:])
	if base == 0 || s[n:n+base] == "*" || s[n:n+base] == "**" {
		return spec, s, false
	}
	n += base
	spec.name, rest = s[:n], s[n:]
	if strings.HasPrefix(rest, "@") {
		end := strings.IndexByte(rest, '/')
		if end < 0 {
			end = len(rest)
		}
		if end > 1 {
			spec.rng, rest = rest[1:end], rest[end:]
		}
	}
	return spec, rest, true
}

func identLen(s string) int {
	if i := strings.IndexAny(s, "/@"); i >= 0 {
		return i
	}
	return len(s)
}
