package yarnlock

import (
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

// ParseOverride reads a key of resolutions; what only Yarn 1 takes is an error for
// later ones.
func ParseOverride(kind Kind, key, value string) (Override, error) {
	fail := func(why string) (Override, error) {
		return Override{}, fault.New("resolutions: the key %q %s", brief(key), why).
			WithNext("Write it as name, name@range or parent/name, in the resolutions of the root package.json.")
	}
	p := spec.ParsePattern(key)
	switch {
	case kind == Berry && (hasPrefix(key, "*/") || hasPrefix(key, "**/")):
		return fail("has a glob, which Yarn 2 and later do not know")
	case p.Name == "":
		return fail("does not name a package")
	case kind == Berry && p.Glob:
		return fail("names more than one parent")
	}
	return Override{p.Parent, p.ParentRange, p.Name, p.Range, value}, nil
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
