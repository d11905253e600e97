package license

import (
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/github/go-spdx/v2/spdxexp"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/yamledit"
)

// Policy is what a team has decided about licences.
type Policy struct {
	// allow are the licences that packages may have; none means all that deny does
	// not have.
	allow, deny []string
	packages    []exception
}

// exception is a package whose licence a person has looked at.
type exception struct {
	name, license, reason string
}

// ParsePolicy reads a file of decisions:
//
//	allow: [MIT, Apache-2.0]
//	deny: [AGPL-3.0-only]
//	packages:
//	  - package: "@acme/*"
//	    license: SEE LICENSE IN LICENSE.md
//	    reason: our own
//
// Errors are *fault.Error with the place; what is not known is one.
func ParsePolicy(file string, src []byte) (*Policy, error) {
	doc, err := yamledit.Parse(file, src)
	if err != nil {
		return nil, err
	}
	root := doc.Root()
	if root.Kind() != yamledit.Mapping {
		return nil, fault.At(root.Pos(), "the file of licences is %s, but must be a mapping", root.Kind()).
			WithNext("Write the lists allow and deny, such as \"allow: [MIT, Apache-2.0]\"")
	}
	p := &Policy{}
	for _, m := range root.Members() {
		switch m.Key {
		case "allow":
			p.allow, err = licenses(m)
		case "deny":
			p.deny, err = licenses(m)
		case "packages":
			p.packages, err = exceptions(m)
		default:
			err = fault.At(m.KeyPos, "there is no setting %q", m.Key).WithNext("Use one of: allow, deny, packages")
		}
		if err != nil {
			return nil, err
		}
	}
	if len(p.allow)+len(p.deny) == 0 {
		return nil, fault.At(fault.Pos{File: file}, "neither allow nor deny names a licence").WithNext("Write one of the two lists")
	}
	for _, name := range p.deny {
		if slices.Contains(p.allow, name) {
			return nil, fault.At(fault.Pos{File: file}, "%s is in allow and in deny", name).WithNext("Take it out of one of them")
		}
	}
	return p, nil
}

func list(m yamledit.Member, example string) ([]yamledit.Value, error) {
	if m.Value.Kind() != yamledit.Sequence && m.Value.Kind() != yamledit.Null {
		return nil, fault.At(m.Value.Pos(), "%s is %s, but must be a list", m.Key, m.Value.Kind()).WithNext("Write one \"- %s\" a line", example)
	}
	return m.Value.Items(), nil
}

// licenses reads a list of single licences, each perhaps with an exception.
func licenses(m yamledit.Member) ([]string, error) {
	items, err := list(m, "MIT")
	if err != nil {
		return nil, err
	}
	var out []string
	for _, it := range items {
		text := strings.TrimSpace(it.String())
		spelled, ok := normal(text)
		if words := strings.Fields(spelled); !ok || len(words) != 1 && (len(words) != 3 || words[1] != "WITH") {
			return nil, fault.At(it.Pos(), "%q in %s is not one licence of the SPDX license list", text, m.Key).
				WithNext("Write an identifier such as MIT or GPL-2.0-only, one an entry; what packages call otherwise goes below packages")
		}
		out = append(out, spelled)
	}
	return out, nil
}

func exceptions(m yamledit.Member) ([]exception, error) {
	items, err := list(m, `package: "@acme/*"`)
	if err != nil {
		return nil, err
	}
	var out []exception
	for _, it := range items {
		if it.Kind() != yamledit.Mapping {
			return nil, fault.At(it.Pos(), "an entry of packages is %s, but must be a mapping", it.Kind()).WithNext("Write package, license and reason, one a line")
		}
		var x exception
		for _, m := range it.Members() {
			to := map[string]*string{"package": &x.name, "license": &x.license, "reason": &x.reason}[m.Key]
			if to == nil {
				return nil, fault.At(m.KeyPos, "there is no setting %q", m.Key).WithNext("Use one of: package, license, reason")
			}
			if k := m.Value.Kind(); k == yamledit.Mapping || k == yamledit.Sequence {
				return nil, fault.At(m.Value.Pos(), "%s is %s, but must be a text", m.Key, k).WithNext("Give %s one value", m.Key)
			}
			*to = strings.TrimSpace(m.Value.String())
		}
		switch {
		case x.name == "" || !doublestar.ValidatePattern(x.name):
			return nil, fault.At(it.Pos(), "%q is not a package or a valid glob", x.name).WithNext("Name the package of the exception: package: \"@acme/*\"")
		case x.reason == "":
			return nil, fault.At(it.Pos(), "the exception for %s has no reason", x.name).WithNext("Say why it may have that licence: reason: …")
		}
		out = append(out, x)
	}
	return out, nil
}

// Verdict is what the policy says of a package.
type Verdict uint8

// The verdicts.
const (
	// Allowed: by the lists, or by an exception.
	Allowed Verdict = iota
	// Refused: the lists rule it out.
	Refused
	// Unclear: the package does not say in a way that can be compared.
	Unclear
)

// Judge is what the policy says of a package of that name, and why it is not
// Allowed, as the end of a sentence that has the package before it.
func (p *Policy) Judge(name string, d Declared) (Verdict, string) {
	if p.excepted(name, d) {
		return Allowed, ""
	}
	switch d.Kind {
	case Silent:
		return Unclear, "does not say which licence it has"
	case File:
		return Unclear, "has a licence without a name, in its file " + d.Text
	case Other:
		return Unclear, "calls its licence " + d.String() + ", which is not SPDX"
	case Unlicensed:
		return Refused, "is UNLICENSED: nobody is given the right to use it"
	}
	if satisfied(d.Text, p.admits) {
		return Allowed, ""
	}
	if satisfied(d.Text, func(l string) bool { return !p.denies(l) }) {
		return Refused, "has the licence " + d.Text + ", which allow does not have"
	}
	return Refused, "has the licence " + d.Text + ", which deny has"
}

// excepted reports whether an exception is about the package and what it says. One
// that names a licence holds as long as the package has that, so that another licence
// is looked at again.
func (p *Policy) excepted(name string, d Declared) bool {
	for _, x := range p.packages {
		if ok, err := doublestar.Match(x.name, name); ok && err == nil && (x.license == "" || Read(x.license) == d) {
			return true
		}
	}
	return false
}

func (p *Policy) admits(license string) bool {
	return !p.denies(license) && (len(p.allow) == 0 || among(license, p.allow))
}

// denies reports whether deny has a licence. A licence with an exception is denied
// with the one that it is an exception to, unless allow names it as it stands; and
// where one of two says "or later", it is enough that the two overlap.
func (p *Policy) denies(license string) bool {
	if slices.Contains(p.allow, license) {
		return false
	}
	bare, _, _ := strings.Cut(license, " WITH ")
	for _, denied := range p.deny {
		if among(license, []string{denied}) || among(bare, []string{denied}) || among(denied, []string{bare}) {
			return true
		}
	}
	return false
}

// among reports whether one of a list is the licence, or takes it in: GPL-2.0-or-later
// takes in GPL-3.0-only, and a package under GPL-2.0-or-later may be used by GPL-3.0-only.
func among(license string, list []string) bool {
	ok, err := spdxexp.Satisfies(license, list)
	return ok && err == nil
}
