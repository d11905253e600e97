package slot

import (
	"strings"
	"testing"
)

// Which commit runs and which is to come, by what the repository looks like.
func TestSides(t *testing.T) {
	t.Parallel()
	p := newDayPortal(t)
	head, before := p.git("rev-parse", "HEAD"), p.git("rev-parse", "before")
	sides := func(deployed, coming string) (from, to, said string) {
		from, to, err := p.run().sides(t.Context(), deployed, coming)
		if err != nil {
			said = err.Error()
		}
		return from, to, said
	}
	same := func(what string, from, to, wantFrom, wantTo string) {
		t.Helper()
		if from != wantFrom || to != wantTo {
			t.Errorf("%s: %s → %s, want %s → %s", what, from, to, wantFrom, wantTo)
		}
	}
	from, to, _ := sides("", "")
	same("a merge that is one commit", from, to, before, head)
	from, to, _ = sides("", "before")
	if from != "" {
		t.Errorf("before has no release before it: %s → %s", from, to)
	}
	if _, _, said := sides("HEAD", ""); !strings.Contains(said, "there is nothing to roll out") {
		t.Error(said)
	}
	if _, _, said := sides("no-such", ""); !strings.Contains(said, "there is no commit no-such") {
		t.Error(said)
	}
	if _, _, said := sides("", "--output=x"); !strings.Contains(said, "there is no commit --output=x") {
		t.Error(said)
	}

	// Later commits, and commits of a run just before.
	p.write("x", "later")
	p.git("add", ".")
	p.git("commit", "-q", "-m", "later")
	from, to, _ = sides("", "")
	same("a later commit", from, to, before, p.git("rev-parse", "HEAD"))
	base := p.git("rev-parse", "HEAD")
	p.write("x", "template")
	p.git("commit", "-q", "-a", "-m", message("template", "", "template"))
	p.write("backstage.json", `{"version":"1.54.0"}`)
	p.git("commit", "-q", "-a", "-m", message("bump", "", "bump"))
	from, to, _ = sides("", "")
	same("commits of a run", from, to, base, p.git("rev-parse", "HEAD"))

	// A branch that is merged, and one that is not.
	p.git("switch", "-q", "-c", "upgrade", base)
	p.write("x", "by hand, before the bump")
	p.git("commit", "-q", "-a", "-m", "by hand")
	p.write("backstage.json", `{"version":"1.55.0"}`)
	p.git("commit", "-q", "-a", "-m", "bump")
	tip := p.git("rev-parse", "HEAD")
	p.git("switch", "-q", "-c", "trunk", base)
	r := p.run()
	r.Base, r.Branch = base, "upgrade"
	if from, to, err := r.sides(t.Context(), "", ""); err != nil || from != base || to != tip {
		t.Errorf("not merged: %s → %s, %v", from, to, err)
	}
	p.git("merge", "-q", "--no-ff", "-m", "merge", "upgrade")
	from, to, _ = sides("", "")
	same("merged", from, to, base, p.git("rev-parse", "HEAD"))
}

// What became of a forecast, by database and name.
func TestCompare(t *testing.T) {
	t.Parallel()
	db := func(name string, names ...string) Database {
		return Database{Name: name, Tables: []Table{{Name: "knex_migrations", Migrations: names}}}
	}
	tasks := func(d Database) Database {
		d.Tables = append(d.Tables, Table{Name: "tasks__knex_migrations", Migrations: []string{"t.js"}})
		return d
	}
	for name, c := range map[string]struct {
		foreseen    []ForeseenDatabase
		before, now []Database
		want        string
	}{
		"held":     {[]ForeseenDatabase{{"a", []string{"2", "3"}}}, []Database{db("a", "1")}, []Database{db("a", "1", "2", "3")}, "a held 2 3: as foreseen"},
		"midway":   {[]ForeseenDatabase{{"a", []string{"2", "3"}}}, []Database{db("a", "1")}, []Database{db("a", "1", "2")}, "a held 2 missing 3: stopped midway"},
		"not yet":  {[]ForeseenDatabase{{"a", []string{"2"}}}, []Database{db("a", "1")}, []Database{db("a", "1")}, "a missing 2: not migrated"},
		"extra":    {nil, []Database{db("a", "1"), db("b", "1")}, []Database{db("a", "1", "9"), db("b", "1")}, "a extra 9: more ran than was foreseen"},
		"gone":     {nil, []Database{db("a", "1", "2")}, []Database{db("a", "2")}, "a gone 1: rows of knex are gone"},
		"by place": {[]ForeseenDatabase{{"a", []string{"2"}}}, []Database{db("a", "1"), db("b", "1")}, []Database{db("a", "1"), db("b", "1", "2")}, "a missing 2: not migrated; b extra 2: more ran than was foreseen"},
		"no place": {[]ForeseenDatabase{{"", []string{"2", "3"}}}, []Database{db("a", "1")}, []Database{db("a", "1", "2")}, " missing 3: not migrated; a held 2: as foreseen"},
		"new":      {[]ForeseenDatabase{{"n", []string{"1"}}}, []Database{tasks(db("a", "1")), {Name: "n", Absent: true}}, []Database{tasks(db("a", "1")), tasks(db("n", "1"))}, "n held 1: as foreseen"},
		"away":     {[]ForeseenDatabase{{"a", []string{"2"}}}, []Database{db("a", "1")}, []Database{{Name: "a", Absent: true}}, "a missing 2 gone 1: the database is not there; rows of knex are gone"},
		"never":    {[]ForeseenDatabase{{"z", []string{"2"}}}, nil, nil, "z missing 2: the database is not there"},
		"unread":   {[]ForeseenDatabase{{"a", []string{"2"}}}, []Database{db("a", "1")}, []Database{{Name: "a", Unread: "denied"}}, "a: not read: denied"},
		"was not":  {[]ForeseenDatabase{{"a", []string{"2"}}}, []Database{{Name: "a", Unread: "denied"}}, []Database{db("a", "1", "2")}, "a held 2: not read: what had run there before is not known"},
		"twice":    {[]ForeseenDatabase{{"a", []string{"t.js"}}}, []Database{tasks(db("a"))}, []Database{tasks(db("a", "t.js"))}, "a held t.js: as foreseen"},
	} {
		var got []string
		for _, r := range compare(c.foreseen, c.before, c.now) {
			text := r.Database
			for _, l := range []struct {
				word string
				list []string
			}{{"held", r.Held}, {"missing", r.Missing}, {"extra", r.Extra}, {"gone", r.Gone}} {
				if len(l.list) > 0 {
					text += " " + l.word + " " + strings.Join(l.list, " ")
				}
			}
			got = append(got, text+": "+r.state())
		}
		if strings.Join(got, "; ") != c.want {
			t.Errorf("%s: %s, want %s", name, strings.Join(got, "; "), c.want)
		}
	}
}
