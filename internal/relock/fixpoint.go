package relock

import (
	"cmp"
	"context"
	"slices"

	"github.com/portalctl/portalctl/internal/sorting"
	"github.com/portalctl/portalctl/internal/spec"
)

// maxRounds bounds how often the policy may change its mind. Pinning usually
// settles in the second round.
const maxRounds = 12

// settle builds the graph until the policy, shown all ranges that ask for a
// package at once, decides as it did while the graph was built.
func (s *solver) settle(ctx context.Context) error {
	s.pins = map[descriptor]choice{}
	for range maxRounds {
		if err := s.closure(ctx); err != nil {
			return err
		}
		changed, err := s.review(ctx)
		if err != nil || !changed || len(s.absent.what) > 0 {
			return err
		}
	}
	return nil
}

// review asks the policy again, now that everybody who asks is known.
func (s *solver) review(ctx context.Context) (changed bool, err error) {
	groups := s.groups()
	for pending := groups; len(pending) > 0; {
		var again []request
		for _, req := range pending {
			list, err := s.policy.Choose(req, s.candidatesOf(req.Name))
			if err == errNeedPackument {
				again = append(again, req)
				continue
			}
			if s.lacksPackument(req.Asks[0].Descriptor, err) {
				continue
			}
			if err != nil {
				return false, s.registryError(req.Asks[0].Descriptor, err)
			}
			for i, ask := range req.Asks {
				old := s.choices[ask.Descriptor]
				if old.Version != list[i].Version {
					changed = true
				}
				s.choices[ask.Descriptor] = list[i]
				s.pins[ask.Descriptor] = list[i]
			}
		}
		if len(again) > 0 {
			if err := s.fetch(ctx); err != nil {
				return false, err
			}
		}
		pending = again
	}
	return changed, nil
}

// groups are the covered ranges of the graph by package, both sorted.
func (s *solver) groups() []request {
	byName := map[string][]askedRange{}
	for d, choice := range s.choices {
		ask, ok := s.askOf(d)
		if ok && s.policy.Covers(ask.Name) && choice.Version != "" {
			s.complete(&ask)
			byName[ask.Name] = append(byName[ask.Name], ask)
		}
	}
	s.raiseFloors(byName)
	for name, asks := range byName {
		s.inherit(name, asks)
	}
	groups := make([]request, 0, len(byName))
	for name, asks := range byName {
		sorting.By(asks, func(a, b askedRange) int {
			return cmp.Compare(a.Descriptor.String(), b.Descriptor.String())
		})
		groups = append(groups, request{Name: name, Asks: asks})
	}
	sorting.By(groups, func(a, b request) int { return cmp.Compare(a.Name, b.Name) })
	return groups
}

// inherit gives those who ask for a package the floor of the lock if nobody
// among them had one: all who asked before are gone, or ask by other names. The
// package stays, and with it what it did to a database.
func (s *solver) inherit(name string, asks []askedRange) {
	if slices.ContainsFunc(asks, func(a askedRange) bool { return a.Floor != nil }) {
		return
	}
	for _, c := range s.candidatesOf(name).locked() { // newest first
		for i := range asks {
			if asks[i].Floor == nil && asks[i].Range.Satisfies(c.Parsed) {
				asks[i].Floor = c.Parsed
			}
		}
	}
}

// raiseFloors looks at all who ask with a range, where complete knew the first.
func (s *solver) raiseFloors(byName map[string][]askedRange) {
	at := map[descriptor]*askedRange{}
	for _, asks := range byName {
		for i := range asks {
			at[asks[i].Descriptor] = &asks[i]
		}
	}
	if len(at) == 0 {
		return
	}
	for _, p := range s.order {
		for i := range p.edges {
			e := &p.edges[i]
			ask := at[e.to.descriptor]
			if ask != nil {
				ask.Floor = higher(ask.Floor, s.had(p.loc, e.name))
			}
		}
	}
	// What a backstage: range stands for has the floor of the range itself.
	for d, ask := range at {
		if source, ok := s.sourceOf(d); ok && d.Is(spec.Backstage) {
			if inner := at[source]; inner != nil {
				inner.Floor = higher(inner.Floor, ask.Floor)
			}
		}
	}
}
