package audit

import (
	"context"
	"slices"

	"github.com/portalctl/portalctl/internal/osv"
)

// advised is what is known of advisories while fixes are looked for: what the
// report was computed from, and what was asked since.
type advised struct {
	match func(context.Context, []osv.Package) ([]osv.Hit, error)
	asked map[osv.Package]bool
	list  []osv.Hit
	of    map[osv.Package][]*osv.Advisory
	named map[string][]*osv.Advisory
	// memo is what affects has found, until a package gets another advisory.
	memo map[string]map[string][]*osv.Advisory
}

func newAdvised(in FixInput) *advised {
	k := &advised{match: in.Match, asked: map[osv.Package]bool{}, of: map[osv.Package][]*osv.Advisory{}, named: map[string][]*osv.Advisory{}, memo: map[string]map[string][]*osv.Advisory{}}
	k.add(in.Input.Hits)
	var base []*Lock
	if in.Input.Base != nil {
		base = in.Input.Base.Locks
	}
	for _, p := range Packages(in.Input.Head, base) {
		k.asked[p] = true
	}
	return k
}

func (k *advised) add(list []osv.Hit) {
	k.list = append(k.list, list...)
	for _, h := range list {
		k.of[h.Package] = append(k.of[h.Package], h.Advisory)
		same := func(a *osv.Advisory) bool { return a.ID == h.Advisory.ID }
		if !slices.ContainsFunc(k.named[h.Package.Name], same) {
			k.named[h.Package.Name] = append(k.named[h.Package.Name], h.Advisory)
			delete(k.memo, h.Package.Name)
		}
	}
}

// ask makes sure that the advisories of packages are known.
func (k *advised) ask(ctx context.Context, packages []osv.Package) error {
	var list []osv.Package
	for _, p := range packages {
		if !k.asked[p] {
			k.asked[p] = true
			list = append(list, p)
		}
	}
	if len(list) == 0 {
		return nil
	}
	hits, err := k.match(ctx, list)
	if err != nil {
		return err
	}
	k.add(hits)
	return nil
}

// hits are all that is known, for a report about the locks as they are then.
func (k *advised) hits() []osv.Hit { return k.list }

// affects are the advisories that are known to apply to a version, whether it
// was asked about or not.
func (k *advised) affects(p osv.Package) []*osv.Advisory {
	if len(k.named[p.Name]) == 0 {
		return nil
	}
	if out, ok := k.memo[p.Name][p.Version]; ok {
		return out
	}
	var out []*osv.Advisory
	for _, a := range k.named[p.Name] {
		if a.Affects(p) {
			out = append(out, a)
		}
	}
	if k.memo[p.Name] == nil {
		k.memo[p.Name] = map[string][]*osv.Advisory{}
	}
	k.memo[p.Name][p.Version] = out
	return out
}
