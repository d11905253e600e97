package yarnlock

import "github.com/portalctl/portalctl/internal/spec"

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

// OverrideOf is the entry of resolutions whose key is p, as a lock of that kind
// goes by it. ok is false for a key that Yarn does not understand: only Yarn 1
// takes globs and more than one parent.
func OverrideOf(kind Kind, p spec.Pattern, value string) (o Override, ok bool) {
	return Override{p.Parent, p.ParentRange, p.Name, p.Range, value}, p.Name != "" && (kind == Classic || !p.Glob)
}

// Matches reports whether Berry applies o (CorePlugin.reduceDependency). rng
// is the asked range with its protocol.
func (o Override) Matches(parent Locator, rng string) bool {
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
