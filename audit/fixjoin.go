package audit

import (
	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/semrange"
)

// joined is the walk that moves those who ask for a package to the versions that come
// anyway: what comes with a newer version may ask for one of them in a version above the
// lowest that will do, and the lock would have both. It is the walk as it was if that
// brings no fewer, or where too much comes to be followed.
func (w *walk) joined(to string) *walk {
	if len(w.order) < 2 {
		return w
	}
	come := w.come()
	least := map[osv.Package]string{}
	for _, pkg := range w.order[1:] {
		for c := range come {
			at := w.moves[pkg]
			if least[pkg] != "" {
				at = least[pkg]
			}
			if c.Name == pkg.Name && semrange.CompareText(c.Version, at) > 0 && !breaks(w.moves[pkg], c.Version) {
				least[pkg] = c.Version
			}
		}
	}
	if len(least) == 0 || len(come) >= maxBrings {
		return w
	}
	s := *w.s
	s.dead = nil // what is not possible with the lowest may be so with others only
	next := &walk{s: &s, mode: w.mode, moves: map[osv.Package]string{}, least: least}
	if !next.raise(s.pkg, to, 0) || next.remedy().size() > w.remedy().size() || len(next.come()) >= len(come) {
		return w
	}
	return next
}

// come are the package versions that come with all moves of a walk.
func (w *walk) come() map[osv.Package]bool {
	moved := map[string][]string{}
	for _, pkg := range w.order {
		moved[pkg.Name] = append(moved[pkg.Name], w.moves[pkg])
	}
	come := map[osv.Package]bool{}
	for _, pkg := range w.order {
		w.s.x.follow(osv.Package{Name: pkg.Name, Version: w.moves[pkg]}, moved, come, maxBrings)
	}
	return come
}
