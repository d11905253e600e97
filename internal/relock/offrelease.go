package relock

import (
	"cmp"
	"slices"

	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/sorting"
)

// Off is a copy of a package that is not the release's version.
type Off struct {
	Name    string
	Version string
	Release string // the release's version
	Reason  Reason
	// Asks are those that lead to this copy; with reasonRange, first those
	// whose range excludes the release's version.
	Asks []Demand
}

// Demand is one package that asks for a copy.
type Demand struct {
	// Range is what it asks for, as it stands in its package.json.
	Range string
	// Excludes says that the range does not admit the release's version. A tag
	// admits the version that it leads to and no other.
	Excludes bool
	// Path leads from a workspace to the package that asks, by the fewest
	// steps.
	Path []Step
	// Pos is where the range stands, if that is a package.json of the project.
	Pos string
	// Fix says what would put the release's version in this place, as a clause
	// without a capital; "" if the copy is ahead, which needs nothing.
	Fix string
}

// Step is a package on a path. Range is what the step before asks for.
type Step struct {
	Name    string
	Version string // "" for workspaces
	Range   string // "" for the workspace at the start
}

// measureRelease fills what the result says of the release, for a lock that had
// the versions before.
func (s *solver) measureRelease(r *Result, before versions) {
	release := s.releaseVersions()
	if release == nil {
		return
	}
	off := map[string]bool{}
	seen := map[string]bool{}
	copies := map[*pkg]*Off{}
	for _, p := range s.order {
		name, version, ok := packageOf(p.loc)
		want, covered := release[name]
		if !ok || !covered {
			continue
		}
		seen[name] = true
		if version != want {
			off[name] = true
			copies[p] = &Off{Name: name, Version: version, Release: want}
		}
	}
	r.OfRelease, r.OnRelease = len(seen), len(seen)-len(off)
	if len(copies) == 0 || s.in.Brief {
		return
	}
	fix := s.newFixer()
	s.collectDemands(copies, fix)
	for p, o := range copies {
		if s.sources[p.loc] && len(o.Asks) == 0 {
			continue // the patched copy of it is in the list
		}
		s.explain(p, o, slices.Contains(before[o.Name], o.Version))
		for i := range o.Asks {
			if d := &o.Asks[i]; !d.Excludes {
				d.Fix = fix.admitting(o)
			}
		}
		if o.Reason == ReasonAhead {
			r.Ahead = append(r.Ahead, *o)
		} else {
			r.OffRelease = append(r.OffRelease, *o)
		}
	}
	byName := func(a, b Off) int { return comparePackages(Package{a.Name, a.Version}, Package{b.Name, b.Version}) }
	sorting.By(r.OffRelease, byName)
	sorting.By(r.Ahead, byName)
}

func (s *solver) releaseVersions() map[string]string {
	if p, ok := s.policy.(*Release); ok {
		return p.Versions
	}
	return s.in.Release
}

// collectDemands notes who asks for each of copies.
func (s *solver) collectDemands(copies map[*pkg]*Off, fix *fixer) {
	paths := s.shortestPaths()
	for _, p := range s.order {
		if _, ok := paths[p]; !ok {
			continue // what a patch applies to: the patched package asks the same
		}
		for i := range p.edges {
			e := &p.edges[i]
			o := copies[e.to.got]
			if o == nil {
				continue
			}
			d := Demand{Range: e.asked, Path: paths.to(p), Excludes: true}
			if ask, ok := s.askBehind(e.to.descriptor); ok {
				v := s.version(o.Release)
				d.Excludes = v != nil && !ask.Range.Satisfies(v)
			}
			if d.Excludes {
				d.Fix = fix.excluding(p, e, o)
			}
			if p.ws != nil {
				d.Pos = depPos(p.ws.file, e.name).String()
			}
			o.Asks = append(o.Asks, d)
		}
	}
}

// explain settles why a copy is off the release. had says that it is not new.
func (s *solver) explain(p *pkg, o *Off, had bool) {
	sorting.Stable(o.Asks, func(a, b Demand) int {
		if a.Excludes != b.Excludes {
			if a.Excludes {
				return -1
			}
			return 1
		}
		return cmp.Compare(len(a.Path), len(b.Path))
	})
	excluded := len(o.Asks) > 0 && o.Asks[0].Excludes
	newer := semrange.CompareText(o.Version, o.Release) > 0
	switch reason := s.reasonFor(p); {
	case excluded:
		o.Reason = reasonRange
	case newer && had && !s.lowers():
		o.Reason = ReasonAhead
	case reason == ReasonMissing || reason == ReasonOneCopy:
		o.Reason = reason
	case newer:
		o.Reason = ReasonAhead
	default:
		o.Reason = reasonLocked
	}
}

// reasonFor is why the policy chose a copy: that the registry lacks something,
// if anyone was told so.
func (s *solver) reasonFor(p *pkg) (reason Reason) {
	for d, c := range s.choices {
		if s.got(d) == p && (c.Reason == ReasonMissing || c.Reason == ReasonOneCopy && reason == "") {
			reason = c.Reason
		}
	}
	return reason
}

// lowers reports whether the policy may lower what is locked.
func (s *solver) lowers() bool {
	p, ok := s.policy.(*Release)
	return ok && p.AllowDowngrade
}

// pathTree is the breadth-first tree from the workspaces.
type pathTree map[*pkg]pathNode

type pathNode struct {
	parent *pkg
	asked  string
}

func (s *solver) shortestPaths() pathTree {
	tree := make(pathTree, len(s.order))
	var queue []*pkg
	for _, w := range s.workspaces {
		p := s.pkgs[w.locator()]
		tree[p] = pathNode{}
		queue = append(queue, p)
	}
	for len(queue) > 0 {
		p := queue[0]
		queue = queue[1:]
		for i := range p.edges {
			to := p.edges[i].to.got
			if _, ok := tree[to]; !ok {
				tree[to] = pathNode{p, p.edges[i].asked}
				queue = append(queue, to)
			}
		}
	}
	return tree
}

func (t pathTree) to(p *pkg) []Step {
	var path []Step
	for p != nil {
		node := t[p]
		step := Step{Name: p.loc.Name, Version: p.version, Range: node.asked}
		if p.ws != nil {
			step.Version = ""
		}
		path = append(path, step)
		p = node.parent
	}
	slices.Reverse(path)
	return path
}
