package changes

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/changelog"
	"github.com/portalctl/portalctl/internal/sorting"
)

// changelogs collects the changesets between the versions, and ranks those that
// break.
func (b *builder) changelogs(context.Context) error {
	byHash := map[string]*entry{}
	breaking := map[string]bool{}
	var order []string
	for _, name := range b.names {
		p := b.packages[name]
		if p.target == nil {
			continue
		}
		b.r.read++
		for _, s := range changelog.Between(p.target.Changes, p.from, p.to) {
			for _, e := range s.Entries {
				key := e.Hash
				if key == "" {
					sum := sha256.Sum256([]byte(e.Text))
					key = hex.EncodeToString(sum[:6])
				}
				g := byHash[key]
				if g == nil {
					g = &entry{Changeset: key, Text: e.Text}
					byHash[key] = g
					order = append(order, key)
				}
				// One changeset may say different things of different packages.
				if e.Breaking() && !breaking[key] {
					breaking[key] = true
					g.Text = e.Text
				}
				if !slices.ContainsFunc(g.Packages, func(v packageVersion) bool { return v.Name == name }) {
					g.Packages = append(g.Packages, packageVersion{name, s.Version})
				}
			}
		}
	}
	b.r.Counts.Changesets = len(order)
	m := newMatcher(b)
	for _, key := range order {
		e := byHash[key]
		if !breaking[key] {
			b.r.sets = append(b.r.sets, Changeset{Packages: e.Packages})
			continue
		}
		b.r.Counts.Breaking++
		m.rank(e)
		b.r.sets = append(b.r.sets, Changeset{Packages: e.Packages, Breaking: true, Touching: e.Rank == rankImported})
		switch e.Rank {
		case rankImported:
			b.r.Counts.Touching++
			b.r.Breaking = append(b.r.Breaking, *e)
		case rankUsed:
			b.r.Breaking = append(b.r.Breaking, *e)
		default:
			b.r.rest = append(b.r.rest, *e)
		}
	}
	sorting.Stable(b.r.Breaking, func(x, y entry) int {
		return cmp.Or(cmp.Compare(rankOrder(x.Rank), rankOrder(y.Rank)), cmp.Compare(y.weight, x.weight),
			strings.Compare(x.Packages[0].Name, y.Packages[0].Name))
	})
	return nil
}

func rankOrder(r rank) int { return slices.Index([]rank{rankImported, rankUsed, rankRest}, r) }

// Changeset is a change as it is counted.
type Changeset struct {
	Packages           []packageVersion
	Breaking, Touching bool
}

// Changesets are all that Counts counts, with the versions that bring them; read is how
// many of Counts.Packages their changelogs could be read of.
func (r *Report) Changesets() (list []Changeset, read int) { return r.sets, r.read }

// All adds the breaking changes of packages that the source does not import.
func (r *Report) All() {
	r.Breaking = append(r.Breaking, r.rest...)
	r.rest = nil
}
