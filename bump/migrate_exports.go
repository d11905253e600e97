package bump

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"
	"golang.org/x/sync/errgroup"

	"github.com/portalctl/portalctl/internal/jsscan"
	"github.com/portalctl/portalctl/internal/published"
	"github.com/portalctl/portalctl/internal/sorting"
)

// takenName is a name that the source takes from a package that moves.
type takenName struct {
	// module is as it is imported after the move, name as a module exports it.
	module, name string
}

// take notes the names that an import takes. Of a module that is taken as a whole
// they are those that the file uses.
func (m *moving) take(file, module string, im jsscan.Import, tokens []jsscan.Token) {
	if m.taken == nil {
		m.taken = map[takenName][]movePlace{}
	}
	for _, n := range im.Taken(tokens) {
		key := takenName{module, n.Name}
		m.taken[key] = append(m.taken[key], movePlace{File: file, Line: n.Line, What: "import"})
	}
}

// stepOf says how far a package steps, by what asks for it under its old name.
func (pl *planner) stepOf(m *moving) {
	from := pl.lowestOf(m.Name)
	if from != nil {
		m.From = from.Original()
	}
	m.Version = m.gets.Original()
	m.Jump, m.step = Step(from, m.gets)
}

// missExports finds the names that the source imports and that the new packages do
// not export. It only asks where something moves and a name of it is imported.
func (pl *planner) missExports(ctx context.Context, list []*moving) error {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(lookups)
	for _, m := range list {
		if m.Left == "" && len(m.taken) > 0 {
			g.Go(func() error {
				pl.missOf(gctx, m)
				return gctx.Err()
			})
		}
	}
	return g.Wait()
}

// lowestOf is the lowest version of a package that the workspaces get, or where
// nothing is locked, that they ask for; nil where that is not known.
func (pl *planner) lowestOf(name string) *semver.Version {
	var lowest *semver.Version
	for _, ws := range pl.in.Project.Workspaces {
		for _, d := range ws.File.AllDeps() {
			if d.Name != name {
				continue
			}
			v := pl.lockedFor(name, d)
			if v == nil {
				v = d.Parsed.Versions.Min()
			}
			if v != nil && (lowest == nil || v.LessThan(lowest)) {
				lowest = v
			}
		}
	}
	return lowest
}

// missOf looks for the names of one package.
func (pl *planner) missOf(ctx context.Context, m *moving) {
	if pl.in.Facts == nil {
		m.NotKnown = append(m.NotKnown, "nothing was asked what it exports")
		return
	}
	facts, why := ReadExports(ctx, pl.in.Facts, m.To, m.Version)
	if why != "" {
		m.NotKnown = append(m.NotKnown, why)
		return
	}
	other := func(name string) *published.Facts {
		version := pl.manifest.Packages[name]
		if version == "" {
			return nil
		}
		f, _ := pl.in.Facts.Read(ctx, name, version)
		return f
	}
	for n, at := range m.taken {
		switch a := facts.Lookup(n.module, n.name, other); {
		case a.State == published.NotExported:
			m.Gone = append(m.Gone, MoveGone{Module: n.module, Name: n.name, NowIn: facts.Elsewhere(n.module, n.name), Places: sortedMovePlaces(at)})
		case a.State == published.NotKnown:
			m.NotKnown = append(m.NotKnown, cmp.Or(a.Why, n.name+" of "+n.module))
		}
	}
	sorting.By(m.Gone, func(a, b MoveGone) int {
		return cmp.Or(strings.Compare(a.Module, b.Module), strings.Compare(a.Name, b.Name))
	})
	slices.Sort(m.NotKnown)
	m.NotKnown = slices.Compact(m.NotKnown)
}
