package yarnlock

import (
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/spec"
)

// Override is one line of the resolutions in the root package.json: what is
// asked for as Name (as Range, by Parent) becomes Value.
type Override struct {
	// Parent and ParentRange restrict it to one asking package; "" is any.
	Parent, ParentRange string
	Name                string
	// Range restricts it to one asked range; "" is any.
	Range string
	Value string
}

// ParseOverride reads a key of resolutions. Berry's grammar (@yarnpkg/parsers'
// resolution.pegjs) is name, name@range, or one of these after a parent of the
// same form and a slash; a range holds no slash. Yarn 1 has paths of names
// with globs, such as **/name and parent/**/name, of which the last name and
// the last parent count here.
func ParseOverride(kind Kind, key, value string) (Override, error) {
	fail := func(why string) (Override, error) {
		return Override{}, fault.New("resolutions: the key %q %s", brief(key), why).
			WithNext("Write it as name, name@range or parent/name, in the resolutions of the root package.json.")
	}
	o := Override{Value: value}
	rest := key
	if kind == Classic {
		rest = strings.ReplaceAll(strings.TrimPrefix(rest, "**/"), "/**/", "/")
	} else if hasPrefix(rest, "*/") || hasPrefix(rest, "**/") {
		return fail("has a glob, which Yarn 2 and later do not know")
	}
	var ok bool
	for {
		if o.Name, o.Range, rest, ok = specifier(rest); !ok {
			return fail("does not name a package")
		}
		if rest == "" {
			return o, nil
		}
		if o.Parent != "" && kind == Berry {
			return fail("names more than one parent")
		}
		o.Parent, o.ParentRange, rest = o.Name, o.Range, rest[1:]
	}
}

// specifier takes name or name@range off s. What is left is empty, or starts
// with a slash.
func specifier(s string) (name, rng, rest string, ok bool) {
	from := 0
	if hasPrefix(s, "@") {
		slash := strings.IndexByte(s, '/')
		if slash < 2 || strings.IndexByte(s[1:slash], '@') >= 0 {
			return "", "", "", false
		}
		from = slash + 1
	}
	end := strings.IndexAny(s[from:], "/@")
	if end < 0 {
		return s, "", "", from < len(s)
	}
	end += from
	if end == from {
		return "", "", "", false
	}
	name, rest = s[:end], s[end:]
	if rest[0] == '/' {
		return name, "", rest, true
	}
	if end = strings.IndexByte(rest, '/'); end < 0 {
		end = len(rest)
	}
	return name, rest[1:end], rest[end:], end > 1
}

// matches reports whether Berry applies o (CorePlugin.reduceDependency). rng
// is the asked range with its protocol.
func (o Override) matches(parent Locator, rng string) bool {
	if o.Parent != "" {
		if o.Parent != parent.Name {
			return false
		}
		if o.ParentRange != "" && o.ParentRange != parent.Reference && spec.Qualify(o.ParentRange) != parent.Reference {
			return false
		}
	}
	return o.Range == "" || spec.Qualify(o.Range) == rng
}
