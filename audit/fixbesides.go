package audit

import (
	"context"
	"slices"

	"github.com/portalctl/portalctl/internal/depgraph"
	"github.com/portalctl/portalctl/internal/osv"
)

// besides gives a package whose findings end by others' moves to the way that moves
// what it comes with.
func (x *fixer) besides(p *pending) {
	list := pick(p.findings, func(f *Finding) bool { return !x.ended(x.before, []*Finding{f}) })
	if len(list) == 0 || len(x.accepted) == 0 {
		return // being in line with package.json ends it
	}
	r := x.cause(p.pkg)
	r.besides = append(r.besides, &pending{pkg: p.pkg, findings: list, ways: p.ways})
}

// cause is the accepted way that takes a package out of the lock though it was taken
// for another: the one that moves this very version, else that which moves the
// nearest of those who ask for it, or for who asks. It is the last one if none does.
func (x *fixer) cause(pkg osv.Package) *remedy {
	from := map[osv.Package]*remedy{}
	for _, r := range x.accepted {
		for _, m := range r.moves {
			if p := (osv.Package{Name: m.Name, Version: m.From}); from[p] == nil {
				from[p] = r
			}
		}
	}
	for p := range askers(x.m.graph, x.m.nodes[pkg]) {
		if r := from[p]; r != nil {
			return r
		}
	}
	return x.accepted[len(x.accepted)-1]
}

// askers are the packages of some nodes, of those who ask for them, and so on, the
// nearest first.
func askers(g *depgraph.Graph, from []depgraph.Node) func(yield func(osv.Package) bool) {
	return func(yield func(osv.Package) bool) {
		seen := make([]bool, g.Len())
		todo := slices.Clone(from)
		for _, n := range todo {
			seen[n] = true
		}
		for ; len(todo) > 0; todo = todo[1:] {
			if e := g.Entry(todo[0]); e != nil {
				if p, ok := packageOf(e); ok && !yield(p) {
					return
				}
			}
			for e := range g.In(todo[0]) {
				if !seen[e.From] {
					seen[e.From] = true
					todo = append(todo, e.From)
				}
			}
		}
	}
}

// lost leaves what the lock as it is written has all the same, though the way that
// was to end it besides its own findings is taken.
func (x *fixer) lost(t *trial) {
	for _, r := range x.accepted {
		for _, p := range r.besides {
			stay := pick(p.findings, func(f *Finding) bool { return !x.ended(t, []*Finding{f}) })
			x.plan.leave(leftRefused, x.m.Path, stay, r.title()+": "+keepsIt, "")
			p.findings = pick(p.findings, func(f *Finding) bool { return !slices.Contains(stay, f) })
		}
	}
}

// keepsIt is why a way is none.
const keepsIt = "the lock keeps it all the same"

// drop leaves what a way was to end. What was to end besides is looked at again.
// via are the package versions that are to blame for it, none where that is not known.
func (x *fixer) drop(r *remedy, reason string, via ...osv.Package) {
	x.plan.leave(leftRefused, x.m.Path, r.ends, r.title()+": "+reason, "")
	x.dropped = append(x.dropped, dropped{r, reason, via})
	x.orphans = append(x.orphans, r.besides...)
}

// dropped is a way that did not keep the rules when the lock was written.
type dropped struct {
	*remedy
	reason string
	via    []osv.Package
}

// useless says why a way is none: it does all that a dropped one does, or brings a
// version for which one was dropped.
func (x *fixer) useless(r *remedy) string {
	for _, d := range x.dropped {
		for _, m := range r.moves {
			if slices.Contains(d.via, osv.Package{Name: m.Name, Version: m.To}) {
				return r.title() + ": " + d.reason
			}
		}
		if !slices.ContainsFunc(d.moves, func(m packageMove) bool { return !slices.Contains(r.moves, m) }) && len(d.lines) <= len(r.lines) {
			return d.title() + ": " + d.reason
		}
	}
	return ""
}

// adopt takes ways of their own for the packages that were to go with a way that
// is dropped.
func (x *fixer) adopt(ctx context.Context) error {
	list := x.orphans
	if x.orphans = nil; len(list) == 0 {
		return nil
	}
	t, err := x.try(ctx, x.accepted)
	if err != nil {
		return err
	}
	x.state = t
	for _, p := range list {
		if err := x.take(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// forget drops what was left before another move ended it.
func (x *fixer) forget(t *trial) {
	x.plan.Left = slices.DeleteFunc(x.plan.Left, func(l *leftOver) bool {
		if l.Lockfile != x.m.Path || !x.ended(t, l.Findings) {
			return false
		}
		x.besides(&pending{pkg: osv.Package{Name: l.Package, Version: l.Version}, findings: l.Findings})
		return true
	})
}
