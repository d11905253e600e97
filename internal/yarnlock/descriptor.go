package yarnlock

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
	if hasPrefix(s, "@") {
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
	if strings.IndexByte(s[from:at], '/') >= 0 || strings.IndexByte(s, '\n') >= 0 || strings.IndexByte(s, '\r') >= 0 {
		return "", "", false
	}
	return s[:at], s[at+1:], true
}

// ParseClassicKey splits a Classic pattern as Yarn 1's normalizePattern does:
// at the first @ that does not start a scope. The range may be empty, or
// missing (NoRange).
func ParseClassicKey(s string) Descriptor {
	from := 0
	if hasPrefix(s, "@") {
		from = 1
	}
	at := strings.IndexByte(s[from:], '@')
	if at < 0 {
		return Descriptor{s, NoRange}
	}
	return Descriptor{s[:from+at], s[from+at+1:]}
}

func hasPrefix(s, prefix string) bool {
	return len(s) >= len(prefix) && s[:len(prefix)] == prefix
}
