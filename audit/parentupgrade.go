package audit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/depgraph"
	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/sorting"
	"github.com/portalctl/portalctl/internal/spec"
)

// parentUpgrade goes up from a package whose fix a range keeps out, to the packages
// that ask: the lowest newer version of each that admits the fix, then who asks
// for that one, until ranges of the project's own or the lock are to change.
type parentUpgrade struct {
	p    *plans
	seen map[depgraph.Node]bool
	// names are packages that the lock has to resolve again, edits the lines of
	// package.json, release the Backstage release that is needed.
	names   []string
	edits   []lineEdit
	release string
	caution string
}

// raise finds a way for one asking edge to get version to of name.
func (c *parentUpgrade) raise(a ask, name, to string) bool {
	m := c.p.m
	switch a.hold {
	case free:
		return true
	case byRange:
		if spec.Catalog.In(a.Range) {
			c.edit(lineEdit{catalogPlace(a), name, to, fmt.Sprintf(".yarnrc.yml: move the catalog entry of %s to ^%s", a.Name, to)})
			return true
		}
		v, err := semrange.ParseVersion(to)
		if err != nil {
			return false
		}
		spec, out := pkgjson.Retarget(spec.Read(a.Range), v, pkgjson.Options{})
		if out.Verdict != pkgjson.Changed {
			return false
		}
		c.edit(lineEdit{m.linePlace(a), name, to, fmt.Sprintf("%s: %q: %q → %q", m.at(a.Pos), a.Name, a.Range, spec)})
		return true
	case byRelease:
		rel := c.p.releaseWith(name, to)
		if rel == "" {
			return false
		}
		if semrange.CompareText(rel, c.release) > 0 {
			c.release = rel
		}
		return true
	case byPackage:
	default:
		return false
	}
	if c.seen[a.From] {
		return true
	}
	c.seen[a.From] = true
	parent, ok := packageOf(m.graph.Entry(a.From))
	if !ok {
		return false
	}
	next := c.lowest(parent, a.Name, to)
	if next == "" {
		return false
	}
	if w := jump(parent.Version, next); w != "" {
		c.caution = parent.Name + " " + w
	}
	c.names = append(c.names, parent.Name)
	for _, up := range m.asks(parent, next) {
		if !c.raise(up, parent.Name, next) {
			return false
		}
	}
	return true
}

// edit notes a line to change: of two targets the higher one.
func (c *parentUpgrade) edit(e lineEdit) {
	for i, have := range c.edits {
		if have.place == e.place {
			if semrange.CompareText(have.to, e.to) < 0 {
				c.edits[i] = e
			}
			return
		}
	}
	c.edits = append(c.edits, e)
}

// lowest is the lowest published version of a package, above the locked one,
// whose own range for a dependency admits a version, or that has done without.
func (c *parentUpgrade) lowest(parent osv.Package, dep, to string) string {
	published, ok := c.p.b.in.Published(parent.Name)
	if !ok {
		return ""
	}
	at, err := semrange.ParseVersion(parent.Version)
	if err != nil {
		return ""
	}
	want, err := semrange.ParseVersion(to)
	if err != nil {
		return ""
	}
	var best *semver.Version
	for _, v := range published {
		have, err := semrange.ParseVersion(v.Version)
		if err != nil || !follows(have, at) || best != nil && semrange.Compare(have, best) >= 0 {
			continue
		}
		if rng, asks := v.Dependencies[dep]; asks && !admits(spec.Parse(rng), want) {
			continue
		}
		best = have
	}
	if best == nil {
		return ""
	}
	return best.Original()
}

// follows reports whether a version is one to move to from at: above it, and a
// prerelease only from a prerelease.
func follows(v, at *semver.Version) bool {
	return semrange.Compare(v, at) > 0 && (v.Prerelease() == "" || at.Prerelease() != "")
}

// apply makes the action of what climbing found.
func (c *parentUpgrade) apply(list []*Finding) bool {
	p := c.p
	slices.Sort(c.names)
	c.names = slices.Compact(c.names)
	names := slices.Clone(c.names)
	for _, f := range list {
		if !slices.Contains(names, f.Package) {
			names = append(names, f.Package)
		}
	}
	if len(c.edits) == 0 && c.release == "" {
		// The lock alone has to change: one command does it for all of them.
		a := p.action(bumpParent, "", list)
		p.names[a] = append(p.names[a], names...)
		p.parents[a] = append(p.parents[a], c.names...)
		if c.caution != "" {
			p.jumps[a] = append(p.jumps[a], c.caution)
		}
		return true
	}
	slices.Sort(names)
	sorting.By(c.edits, func(a, b lineEdit) int { return strings.Compare(a.text, b.text) })
	var steps []string
	if c.release != "" {
		steps = append(steps, "portalctl versions bump --release "+c.release+p.inDir())
	}
	for _, e := range c.edits {
		steps = append(steps, e.text)
	}
	if len(c.edits) > 0 {
		steps = append(steps, p.install())
	}
	steps = append(steps, p.resolveAgain(names)...)
	kind, title := bumpParent, "Move "+english.Some(c.names, 3)+": newer versions admit the fix"
	if c.release != "" {
		kind, title = bumpRelease, "Move to Backstage "+c.release+" or newer: it admits the fix"
	}
	a := p.action(kind, strings.Join(steps, "\n"), list)
	a.Title, a.Steps, a.Caution = title, steps, c.caution
	p.edits[a], p.names[a] = c.edits, names
	return true
}
