package audit

import (
	"context"
	"slices"

	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/sorting"
)

// consider finds the ways that may be taken, or notes why there is none.
func (x *fixer) consider(ctx context.Context, p *pending) (*pending, error) {
	if bad := pick(p.findings, (*Finding).Malicious); len(bad) > 0 {
		x.plan.leave(leftMalware, x.m.Path, bad, "it is malware", "do what the report says about it: an update is not enough")
		p.findings = pick(p.findings, func(f *Finding) bool { return !f.Malicious() })
	}
	if len(p.findings) == 0 {
		return nil, nil
	}
	if err := x.askAbout(ctx, p.pkg); err != nil {
		return nil, err
	}
	all := &search{x: x, pkg: p.pkg, ends: p.findings}
	ways := all.ways()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if p.ways = x.allowed(ways); len(p.ways) > 0 {
		return p, nil
	}
	// What ends some is worth taking where what ends all is not to be had.
	for _, set := range x.goals(p) {
		s := &search{x: x, pkg: p.pkg, ends: set}
		if p.ways = x.allowed(s.ways()); len(p.ways) == 0 {
			continue
		}
		rest := pick(p.findings, func(f *Finding) bool { return !slices.Contains(set, f) })
		x.leaveRest(all, ways, rest)
		p.findings = set
		return p, nil
	}
	if len(ways) > 0 {
		x.leaveFor(all, ways, p.findings)
		return nil, nil
	}
	for _, f := range p.findings { // no version ends all: each alone may have one
		s := &search{x: x, pkg: p.pkg, ends: []*Finding{f}}
		x.leaveFor(s, s.ways(), s.ends)
	}
	return nil, nil
}

// allowed are the ways that may be taken.
func (x *fixer) allowed(ways []*remedy) []*remedy {
	return slices.DeleteFunc(slices.Clone(ways), func(r *remedy) bool { return x.denied(r) != nil })
}

// goals are the sets of findings, fewer than all, that a version ends together:
// those with the most first, then those whose version is the lowest.
func (x *fixer) goals(p *pending) [][]*Finding {
	var out [][]*Finding
	for _, c := range x.published(p.pkg.Name) {
		if semrange.CompareText(c.Version, p.pkg.Version) <= 0 {
			continue
		}
		applies := x.known.affects(osv.Package{Name: p.pkg.Name, Version: c.Version})
		set := pick(p.findings, func(f *Finding) bool {
			return !slices.ContainsFunc(applies, func(a *osv.Advisory) bool { return a.ID == f.Advisory.ID })
		})
		same := func(have []*Finding) bool { return slices.Equal(have, set) }
		if len(set) > 0 && len(set) < len(p.findings) && !slices.ContainsFunc(out, same) {
			out = append(out, set)
		}
	}
	sorting.Stable(out, func(a, b []*Finding) int { return len(b) - len(a) })
	return out
}

// leaveRest notes why findings stay that the version which ends others does not end.
func (x *fixer) leaveRest(all *search, ways []*remedy, list []*Finding) {
	for _, f := range list {
		s := &search{x: x, pkg: all.pkg, ends: []*Finding{f}}
		own := s.ways()
		switch {
		case len(x.allowed(own)) > 0:
			x.plan.leave(leftRefused, x.m.Path, s.ends, "no single version that can be had ends it together with the others", "")
		case len(all.good(all.pkg)) > 0:
			x.leaveFor(all, ways, s.ends)
		default:
			x.leaveFor(s, own, s.ends)
		}
	}
}

// denied says why a way may not be taken, nil if it may.
func (x *fixer) denied(r *remedy) *whyNot {
	reach := x.in.Reach
	switch {
	case r.pins() && r.breaking != "":
		return &whyNot{leftPinned, r.blocked + ", and " + r.breaking, "move what asks for it; to overrule its range may break it"}
	case r.pins() && !reach.resolutions():
		return &whyNot{leftPinned, r.blocked, "--fix=resolutions overrules the range in " + x.rootManifest()}
	case r.breaking != "" && !reach.breaking():
		reason := r.breaking
		if r.blocked != "" {
			reason += "; " + r.blocked
		}
		return &whyNot{leftBreaking, reason, "--fix=manifest makes such steps, too"}
	case len(r.lines) > 0 && !reach.lines():
		return &whyNot{leftReach, r.blocked, "--fix without =lock also moves lines of package.json"}
	}
	return nil
}

// leaveFor notes why none of the ways is taken: the smallest one that is denied,
// else what the search met.
func (x *fixer) leaveFor(s *search, ways []*remedy, list []*Finding) {
	if held := s.heldWay(ways); held != nil {
		x.plan.leave(leftHeld, x.m.Path, list, held.reason, held.next)
		return
	}
	if s.why.kind == leftRelease {
		x.plan.leave(s.why.kind, x.m.Path, list, s.why.reason, s.why.next)
		return
	}
	for _, r := range ways {
		if w := x.denied(r); w != nil {
			x.plan.leave(w.kind, x.m.Path, list, w.reason, w.next)
			return
		}
	}
	x.plan.leave(s.why.kind, x.m.Path, list, s.why.reason, s.why.next)
}
