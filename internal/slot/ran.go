package slot

import (
	"cmp"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/sorting"
)

// A ran is a migration in one of knex's tables.
type ran struct{ table, name string }

func (d Database) ran() []ran {
	var out []ran
	for _, t := range d.Tables {
		for _, m := range t.Migrations {
			out = append(out, ran{t.Name, m})
		}
	}
	return out
}

// added are those that now has and was has not.
func added(was, now Database) []ran {
	before := was.ran()
	return slices.DeleteFunc(now.ran(), func(r ran) bool { return slices.Contains(before, r) })
}

func namesOf(list []ran) []string {
	var out []string
	for _, r := range list {
		out = append(out, r.name)
	}
	return out
}

// TableName is one of knex's tables with its schema, but for PostgreSQL's own.
func TableName(schema, table string) string {
	if schema == "" || schema == "public" {
		return table
	}
	return schema + "." + table
}

// A checked is what became of the forecast in one database.
type checked struct {
	Database string `json:"database"`
	// Held ran as foreseen; Missing were foreseen and did not run; Extra ran and were not
	// foreseen; Gone are in knex's tables no more.
	Held    []string `json:"held"`
	Missing []string `json:"missing"`
	Extra   []string `json:"extra"`
	Gone    []string `json:"gone"`
	// Locked are knex's tables whose lock is held: a boot is at work, or has died.
	Locked []string `json:"locked"`
	// Absent says that it is not there, Unread why it could not be read.
	Absent bool   `json:"absent"`
	Unread string `json:"unread,omitempty"`
}

// asForeseen reports whether all is as the forecast said.
func (c checked) asForeseen() bool {
	return len(c.Missing)+len(c.Extra)+len(c.Gone)+len(c.Locked) == 0 && c.Unread == ""
}

// compare says of each database what became of the forecast: those that were foreseen,
// and those in which anything is not as before.
func compare(foreseen []ForeseenDatabase, before, now []Database) []checked {
	var somewhere []string // foreseen without a database
	known := map[string][]string{}
	for _, f := range foreseen {
		if f.Name == "" {
			somewhere = append(somewhere, f.Migrations...)
		} else {
			known[f.Name] = append(known[f.Name], f.Migrations...)
		}
	}
	// What every plugin's database gets runs in a new one from its beginning.
	usual := map[ran]bool{}
	for _, d := range before {
		for _, r := range d.ran() {
			usual[r] = true
		}
	}
	var out []checked
	held := map[string]bool{}
	for _, d := range now {
		was := Database{Name: d.Name, Absent: true}
		if had := named(before, d.Name); had != nil {
			was = *had
		}
		c := checked{Database: d.Name, Absent: d.Absent, Unread: d.Unread}
		wanted := slices.Clone(known[d.Name])
		delete(known, d.Name)
		if was.Unread != "" && c.Unread == "" {
			c.Unread = "what had run there before is not known"
		}
		for _, r := range added(was, d) {
			if i := slices.Index(wanted, r.name); i >= 0 {
				wanted = slices.Delete(wanted, i, i+1)
			} else if slices.Contains(somewhere, r.name) {
				held[r.name] = true
			} else if was.Absent && usual[r] || was.Unread != "" {
				continue
			} else {
				c.Extra = append(c.Extra, r.name)
				continue
			}
			c.Held = append(c.Held, r.name)
		}
		if d.Unread == "" {
			c.Missing, c.Gone = wanted, namesOf(added(d, was))
		}
		for _, t := range d.Tables {
			if t.Locked {
				c.Locked = append(c.Locked, t.Name)
			}
		}
		if len(c.Held) > 0 || !c.asForeseen() {
			out = append(out, c)
		}
	}
	for name, missing := range known { // databases that nothing was looked at for
		if len(missing) > 0 {
			out = append(out, checked{Database: name, Missing: missing, Absent: true})
		}
	}
	nowhere := checked{}
	for _, name := range somewhere {
		if !held[name] {
			nowhere.Missing = append(nowhere.Missing, name)
		}
	}
	if len(nowhere.Missing) > 0 {
		out = append(out, nowhere)
	}
	sorting.By(out, func(a, b checked) int { return cmp.Compare(a.Database, b.Database) })
	return out
}

// name is the database for people.
func (c checked) name() string { return cmp.Or(c.Database, "(which database is not known)") }

// state is what became of the forecast, in words.
func (c checked) state() string {
	var parts []string
	switch {
	case c.Unread != "":
		return "not read: " + c.Unread
	case c.Absent && len(c.Missing) > 0:
		parts = append(parts, "the database is not there")
	}
	if len(c.Locked) > 0 {
		parts = append(parts, "locked: "+strings.Join(c.Locked, ", "))
	}
	switch {
	case len(parts) > 0:
	case len(c.Missing) > 0 && len(c.Held) > 0:
		parts = append(parts, "stopped midway")
	case len(c.Missing) > 0:
		parts = append(parts, "not migrated")
	}
	if len(c.Extra) > 0 {
		parts = append(parts, "more ran than was foreseen")
	}
	if len(c.Gone) > 0 {
		parts = append(parts, "rows of knex are gone")
	}
	if len(parts) == 0 {
		return "as foreseen"
	}
	return strings.Join(parts, "; ")
}
