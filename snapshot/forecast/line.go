package forecast

import (
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/migrations"
	"github.com/portalctl/portalctl/internal/sorting"
	"github.com/portalctl/portalctl/snapshot"
)

// Runs is how many migrations will run.
func (r *Report) Runs() int {
	n := 0
	for _, p := range r.Plugins {
		n += len(p.Migrations)
	}
	return n
}

// Keep is what a snapshot keeps of the report; nil where nothing is known to run.
func (r *Report) Keep() *snapshot.Forecast {
	if r.Runs() == 0 {
		return nil
	}
	out := &snapshot.Forecast{To: r.To, Unknown: r.unread()}
	for _, p := range r.Plugins {
		if len(p.Migrations) == 0 {
			continue
		}
		name := p.title()
		i := slices.IndexFunc(out.Databases, func(d snapshot.ForecastDatabase) bool { return d.Name == name })
		if i < 0 {
			i = len(out.Databases)
			out.Databases = append(out.Databases, snapshot.ForecastDatabase{Name: name})
		}
		d := &out.Databases[i]
		for _, m := range p.Migrations {
			d.Migrations = append(d.Migrations, m.Name)
			if m.PointOfNoReturn && d.PointOfNoReturn == "" {
				d.PointOfNoReturn = m.Name
			}
		}
	}
	sorting.By(out.Databases, func(a, b snapshot.ForecastDatabase) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// title names the database for people.
func (p plugin) title() string {
	switch {
	case p.Database != "":
		return p.Database
	case p.Plugin == "*":
		return "of each plugin that uses " + p.Package
	}
	return "of " + p.Plugin
}

// unread is how much was not read at all.
func (r *Report) unread() int {
	n := 0
	for _, u := range r.Unknown {
		if !u.Near {
			n++
		}
	}
	return n
}

// Line is the report in one line.
func (r *Report) Line() string {
	n, down, back := r.Runs(), 0, ""
	var refuses []string
	for _, p := range r.Plugins {
		if bad := append(slices.Clone(p.Missing), p.Invalid...); len(bad) > 0 {
			refuses = append(refuses, bad[0])
		}
		for _, m := range p.Migrations {
			if m.Down == migrations.Empty || m.Down == migrations.Throws {
				down++
			}
			if m.PointOfNoReturn && back == "" {
				back = m.Name
			}
		}
	}
	unread := english.CountOf(r.unread(), "thing is not known", "things are not known")
	refused := "knex will refuse to start because of " + english.Some(slices.Compact(refuses), few)
	switch {
	case n == 0 && len(refuses) > 0 && r.unread() == 0:
		return "no migration will run: " + refused
	case n == 0 && len(refuses) > 0:
		return "no migration will run: " + refused + "; " + unread
	case n == 0 && r.unread() == 0:
		return "no migration will run"
	case n == 0:
		return "no migration is known to run, and " + unread
	}
	text := english.Count(n, "migration") + " in " + english.Count(len(r.Restore), "database")
	if len(refuses) > 0 {
		text += "; " + refused
	}
	if back != "" {
		text += "; the running release fails from " + back + " on"
	}
	if down > 0 {
		text += "; " + english.CountOf(down, "has", "have") + " no way down"
	}
	if r.unread() > 0 {
		text += "; " + unread
	}
	return text
}
