package history

import (
	"fmt"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/semrange"
)

// Ladder are the releases between two, without from: the highest known of each minor
// version, and to itself as the last. mains are ascending.
func Ladder(from, to string, mains []string) []string {
	var out []string
	for _, rel := range mains {
		if semrange.CompareText(rel, from) <= 0 || semrange.CompareText(rel, to) >= 0 ||
			minorRelease(rel) == minorRelease(from) || minorRelease(rel) == minorRelease(to) {
			continue
		}
		if n := len(out); n > 0 && minorRelease(out[n-1]) == minorRelease(rel) {
			out = out[:n-1]
		}
		out = append(out, rel)
	}
	return append(out, to)
}

// Rung is a release of a ladder with the versions of its packages.
type Rung struct {
	Release  string
	Packages map[string]string
}

// Brought is a change that comes with versions of packages, by their names.
type Brought struct {
	Versions           map[string]string
	Breaking, Touching bool
}

// NewWaiting begins a pile with a ladder, the lowest rung first, of which nothing is
// known yet.
func NewWaiting(from string, ladder []Rung) *Waiting {
	w := &Waiting{From: from, To: ladder[len(ladder)-1].Release, Total: Pile{Release: ladder[len(ladder)-1].Release}}
	for _, r := range ladder {
		w.Releases = append(w.Releases, Pile{Release: r.Release})
	}
	return w
}

// Changesets counts changes on the rungs that bring them: the lowest whose version of
// one of the packages is not below the change's. Those of packages that no release
// has are in the total alone; how many is returned.
func (w *Waiting) Changesets(ladder []Rung, list []Brought) (elsewhere int) {
	for i := range w.Releases {
		p := &w.Releases[i]
		p.Changesets, p.Breaking, p.Touching = new(int), new(int), new(int)
	}
	w.Total.Changesets, w.Total.Breaking, w.Total.Touching = new(int), new(int), new(int)
	for _, b := range list {
		b.count(&w.Total)
		if at := rungOf(ladder, b.Versions); at >= 0 {
			b.count(&w.Releases[at])
		} else {
			elsewhere++
		}
	}
	return elsewhere
}

func (b Brought) count(p *Pile) {
	*p.Changesets++
	if b.Breaking {
		*p.Breaking++
	}
	if b.Touching {
		*p.Touching++
	}
}

// rungOf is the lowest rung that has one of the versions, or a higher one; -1 for none.
func rungOf(ladder []Rung, versions map[string]string) int {
	for i, r := range ladder {
		for name, version := range versions {
			if have := r.Packages[name]; have != "" && semrange.CompareText(have, version) >= 0 {
				return i
			}
		}
	}
	return -1
}

// Migrations counts migrations on the rungs that at names; -1 is one that is in the
// total alone.
func (w *Waiting) Migrations(at []int) {
	for i := range w.Releases {
		w.Releases[i].Migrations = new(int)
	}
	n := len(at)
	w.Total.Migrations = &n
	for _, i := range at {
		if i >= 0 {
			*w.Releases[i].Migrations++
		}
	}
}

// Template says what merging the app template of a rung would do.
func (w *Waiting) Template(at, changes, conflicts int) {
	w.Releases[at].Template, w.Releases[at].Conflicts = &changes, &conflicts
	if at == len(w.Releases)-1 {
		w.Total.Template, w.Total.Conflicts = &changes, &conflicts
	}
}

// cost is the pile in a sentence.
func (w *Waiting) cost() string {
	t := w.Total
	if t.Changesets == nil {
		return ""
	}
	s := fmt.Sprintf("waiting so far costs %s, %d BREAKING, of which %d name what this portal uses", english.Count(*t.Changesets, "changeset"), *t.Breaking, *t.Touching)
	if t.Migrations != nil {
		s += ", " + english.Count(*t.Migrations, "database migration")
	}
	if t.Template != nil {
		s += fmt.Sprintf(", %s of the app template, %s", english.Count(*t.Template, "change"), english.Count(*t.Conflicts, "conflict"))
	}
	return s
}
