package spec

import "strings"

// Descriptor is a name with the range that asks for it.
type Descriptor struct{ Name, Range string }

// Locator is a name with the reference of the one package found for it.
type Locator struct{ Name, Reference string }

// NoRange is the range of a Classic key that has none, not even an empty one:
// `name:` in contrast to `"name@":`.
const NoRange = "\x00"

// String is name@range as it stands in a lock.
func (d Descriptor) String() string {
	if d.Range == NoRange {
		return d.Name
	}
	return d.Name + "@" + d.Range
}

// String is name@reference as it stands in a lock.
func (l Locator) String() string { return l.Name + "@" + l.Reference }

// ParseDescriptor splits name@range by the rule of Berry's
// structUtils.parseDescriptor (strict): a range is required.
func ParseDescriptor(s string) (Descriptor, bool) {
	name, rng, ok := splitIdent(s)
	return Descriptor{name, rng}, ok
}

// ParseLocator splits name@reference, as Berry's structUtils.parseLocator
// (strict) does.
func ParseLocator(s string) (Locator, bool) {
	name, ref, ok := splitIdent(s)
	return Locator{name, ref}, ok
}

// splitIdent is /^(?:@([^/]+?)\/)?([^@/]+?)(?:@(.+))$/.
func splitIdent(s string) (name, rest string, ok bool) {
	from := 0
	if strings.HasPrefix(s, "@") {
		slash := strings.IndexByte(s, '/')
		if slash < 2 {
			return "", "", false
		}
		from = slash + 1
	}
	at := strings.IndexByte(s[from:], '@')
	if at < 1 || from+at+1 == len(s) {
		return "", "", false
	}
	at += from
	if strings.IndexByte(s[from:at], '/') >= 0 || strings.ContainsAny(s, "\n\r") {
		return "", "", false
	}
	return s[:at], s[at+1:], true
}

// ParseClassicKey splits a Classic pattern as Yarn 1's normalizePattern does:
// at the first @ that does not start a scope. The range may be empty, or
// missing (NoRange).
func ParseClassicKey(s string) Descriptor {
	if name, rng, ok := cutName(s); ok {
		return Descriptor{name, rng}
	}
	return Descriptor{s, NoRange}
}

// SplitDescriptor is Yarn's parseDescriptor where it is not strict: "name",
// "name@range", "@scope/name@range". rng is "" where there is none.
func SplitDescriptor(s string) (name, rng string) {
	name, rng, _ = cutName(s)
	return name, rng
}

// cutName cuts s at the first @ that does not start a scope; without one name is
// all of it.
func cutName(s string) (name, rng string, ok bool) {
	if len(s) > 1 {
		if i := strings.IndexByte(s[1:], '@'); i >= 0 {
			return s[:i+1], s[i+2:], true
		}
	}
	return s, "", false
}

// SplitScope is Yarn's parseIdent: "@scope/name" or "name". base is "" when
// ident has neither form.
func SplitScope(ident string) (scope, base string) {
	if rest, ok := strings.CutPrefix(ident, "@"); ok {
		scope, base, ok = strings.Cut(rest, "/")
		if !ok || scope == "" || strings.ContainsAny(base, "/@") {
			return "", ""
		}
		return scope, base
	}
	if strings.ContainsAny(ident, "/@") {
		return "", ""
	}
	return "", ident
}

// IsIdent reports whether s is a name of the form that SplitScope reads.
func IsIdent(s string) bool {
	_, base := SplitScope(s)
	return base != ""
}

// PackageOf is the package that a module of an import belongs to: "@a/b" for
// "@a/b/alpha". "" for files, builtins, and what no package can be called.
func PackageOf(module string) string {
	if strings.HasPrefix(module, ".") || strings.HasPrefix(module, "/") || strings.Contains(module, ":") {
		return ""
	}
	parts := strings.SplitN(module, "/", 3)
	if !strings.HasPrefix(module, "@") {
		return parts[0]
	}
	if len(parts) < 2 {
		return ""
	}
	return parts[0] + "/" + parts[1]
}

// Protocol is the protocol of the range.
func (d Descriptor) Protocol() Protocol { return protocolOf(d.Range) }

// Is reports whether d asks by protocol p.
func (d Descriptor) Is(p Protocol) bool { return p.In(d.Range) }

// Alias is the real package behind npm:name@range, as Yarn's NpmRemapResolver
// reads it.
func (d Descriptor) Alias() (Descriptor, bool) {
	sel, ok := NPM.Cut(d.Range)
	if !ok || strings.IndexByte(sel, '@') < 0 { // nearly all
		return Descriptor{}, false
	}
	return ParseDescriptor(sel)
}

// PatchSource is what d asks to be patched.
func (d Descriptor) PatchSource() (Descriptor, bool) {
	if !d.Is(Patch) {
		return Descriptor{}, false
	}
	return Parse(d.Range).PatchSource()
}

// Is reports whether l is of protocol p.
func (l Locator) Is(p Protocol) bool { return p.In(l.Reference) }

// Protocol is the protocol of the reference.
func (l Locator) Protocol() Protocol { return protocolOf(l.Reference) }

// Parsed is the reference taken apart.
func (l Locator) Parsed() Range { return Parse(l.Reference) }

// Version is the version of a registry package: npm:1.2.3, or
// npm:1.2.3::__archiveUrl=… where the tarball is not where registries usually
// have it.
func (l Locator) Version() (string, bool) {
	v, ok := NPM.Cut(l.Reference)
	if !ok {
		return "", false
	}
	if i := strings.Index(v, "::"); i >= 0 {
		v = v[:i]
	}
	return v, true
}

// Workspace is the folder of a workspace, from the root of the project.
func (l Locator) Workspace() (rel string, ok bool) {
	rel, ok = Workspace.Cut(l.Reference)
	return rel, ok
}

// Patched is what l is a patch of.
func (l Locator) Patched() (Locator, bool) {
	if !l.Is(Patch) {
		return Locator{}, false
	}
	return ParseLocator(l.Parsed().Source())
}

// Unpatched is what l is made of, below all patches; ok is false where a patch
// does not say.
func (l Locator) Unpatched() (loc Locator, ok bool) {
	for loc, ok = l, true; ok && loc.Is(Patch); {
		loc, ok = loc.Patched()
	}
	return loc, ok
}
