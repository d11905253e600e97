package forecast

import (
	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/migrations"
)

// Runs is how many migrations will run.
func (r *Report) Runs() int {
	n := 0
	for _, p := range r.Plugins {
		n += len(p.Migrations)
	}
	return n
}

// unread is how much was not read at all.
func (r *Report) unread() int {
	n := 0
	for _, u := range r.Unknown {
		if !u.near {
			n++
		}
	}
	return n
}

// Line is the report in one line.
func (r *Report) Line() string {
	n, down, back := r.Runs(), 0, ""
	for _, p := range r.Plugins {
		for _, m := range p.Migrations {
			if m.Down != migrations.Present {
				down++
			}
			if m.PointOfNoReturn && back == "" {
				back = m.Name
			}
		}
	}
	unread := english.CountOf(r.unread(), "thing is not known", "things are not known")
	switch {
	case n == 0 && r.unread() == 0:
		return "no migration will run"
	case n == 0:
		return "no migration is known to run, and " + unread
	}
	text := english.Count(n, "migration") + " in " + english.Count(len(r.Restore), "database")
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
