package forecast

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/migrations"
	"github.com/portalctl/portalctl/snapshot"
)

// walk goes through the pending migrations of a folder in a database, in order.
type walk struct {
	b *builder
	s *sides
	f migrations.Folder
	d Database
	// fresh are the tables that pending migrations have created, added the columns
	// ("table.column") that they have added: the old code knows neither. renamed are
	// tables by their new name.
	fresh, added map[string]bool
	renamed      map[string]string
	// apart are the tables of which the migration at hand has nothing to clean up.
	apart map[string]bool
}

func (w *walk) migration(m *migrations.Migration) migration {
	out := migration{Name: m.Name, Does: m.Does(), Down: m.Down, Transaction: !m.NoTransaction, Tables: m.Tables()}
	file := strings.TrimPrefix(m.Dir+"/"+m.Name, "/")
	for _, d := range m.Doubts {
		place := file
		if d.Line > 0 {
			place += fmt.Sprintf(":%d", d.Line)
		}
		out.Places = append(out.Places, place+": "+d.Why)
	}
	w.apart = w.keptApart(m)
	ops, costs := make([]migrations.Op, len(m.Ops)), make([]float64, len(m.Ops))
	for i, o := range m.Ops {
		o = w.placed(o)
		ops[i], costs[i] = o, w.cost(o)
		out.Seconds += costs[i]
		if o.Table != "" && !slices.Contains(out.Tables, o.Table) {
			out.Tables = append(out.Tables, o.Table)
		}
		breaks, reason := w.breaks(o)
		out.PointOfNoReturn = out.PointOfNoReturn || breaks
		if reason != "" && !slices.Contains(out.Reasons, reason) {
			out.Reasons = append(out.Reasons, reason)
		}
		w.remember(o)
	}
	slices.Sort(out.Tables)
	if len(m.Doubts) > 0 {
		out.Reasons = append(out.Reasons, "what could not be followed may break the running release")
	}
	w.locks(m, ops, costs)
	w.beforehand(m)
	w.b.steps[w.d.Title+"\n"+w.d.Plugin] += out.Seconds
	return out
}

// placed names the table of an index that is dropped by its name alone: as the
// server has it, or the migrations that made it.
func (w *walk) placed(o migrations.Op) migrations.Op {
	if o.Table == "" && o.Name != "" && (o.Effect == migrations.DropIndex || o.Effect == migrations.DropLater || o.Effect == migrations.Build || o.Effect == migrations.BuildLater) {
		if w.d.State != nil {
			o.Table = w.d.State.Indexes[o.Name]
		}
		for _, m := range w.f.Migrations {
			for _, made := range m.Ops {
				if o.Table == "" && made.Name == o.Name && (made.Kind == migrations.Index || made.Kind == migrations.IndexConcurrently) {
					o.Table = made.Table
				}
			}
		}
	}
	return o
}

func (w *walk) remember(o migrations.Op) {
	switch o.Effect {
	case migrations.CreateTable:
		// One that is made IF NOT EXISTS may be the old code's; only a server knows.
		if _, there := w.relation(o.Table); !o.Maybe || w.d.State != nil && !there {
			w.fresh[o.Table] = true
		}
	case migrations.AddColumn, migrations.AddFilled, migrations.AddRequired:
		w.added[o.Table+"."+o.Name] = true
	case migrations.Rename:
		w.renamed[o.To] = w.old(o.Table)
	case migrations.RenameColumn:
		w.added[o.Table+"."+o.To] = true
	}
}

// old is what the running release calls a table.
func (w *walk) old(table string) string {
	if was, ok := w.renamed[table]; ok {
		return was
	}
	return table
}

// mayBreak tells the steps that take something away from the code that runs, or
// ask something of it.
func mayBreak(o migrations.Op) bool {
	switch o.Effect {
	case migrations.DropTable, migrations.DropColumn, migrations.Rename, migrations.RenameColumn, migrations.AddRequired, migrations.NotNull,
		migrations.Unique, migrations.DropRule, migrations.Check, migrations.ForeignKey, migrations.NotValid:
		return !o.Fresh
	}
	return false
}

// breaks reports whether the running release's queries fail after a step, and why,
// or what may go wrong.
func (w *walk) breaks(o migrations.Op) (bool, string) {
	if !mayBreak(o) || w.fresh[o.Table] {
		return false, ""
	}
	table := w.old(o.Table)
	known := o.Table != "" && w.s.code != nil
	switch o.Effect {
	case migrations.DropTable, migrations.Rename:
		what := "table " + table + " is dropped"
		if o.Effect == migrations.Rename {
			what = "table " + table + " is renamed to " + o.To
		}
		if !known {
			return w.s.code == nil && w.s.From != "", what
		}
		if where := w.uses(table); where != "" {
			return true, what + "; the running release uses it in " + where
		}
	case migrations.DropColumn, migrations.RenameColumn:
		what := "column " + table + "." + o.Name + " is dropped"
		if o.Effect == migrations.RenameColumn {
			what = "column " + table + "." + o.Name + " is renamed to " + o.To
		}
		if w.added[o.Table+"."+o.Name] {
			return false, ""
		}
		if !known || o.Name == "" {
			return w.s.From != "", what
		}
		if where := w.uses(table, o.Name); where != "" {
			return true, what + "; the running release uses it in " + where
		}
	case migrations.AddRequired, migrations.NotNull:
		if o.Effect == migrations.NotNull && o.Default {
			return false, ""
		}
		if o.Effect == migrations.NotNull && !w.added[o.Table+"."+o.Name] {
			return false, "column " + table + "." + o.Name + " may no longer be NULL"
		}
		what := "column " + table + "." + o.Name + " must be given from then on"
		if !known {
			return w.s.From != "", what
		}
		if where := w.uses(table, "insert"); where != "" {
			return true, what + "; the running release inserts without it in " + where
		}
		if where := w.uses(table); where != "" && w.uses("insert") != "" {
			return true, what + "; the running release uses the table in " + where
		}
	case migrations.Unique:
		return false, mustDiffer(table, o.Name) + ": the running release may write some that do not"
	case migrations.DropRule:
		if w.uses(table, "onConflict") != "" || w.uses(table, "conflict") != "" {
			return false, "a constraint of " + table + " is dropped: ON CONFLICT of the running release may need it"
		}
	case migrations.Check, migrations.ForeignKey, migrations.NotValid:
		return false, "a constraint of " + table + " is new: the running release may write rows against it"
	}
	return false, ""
}

func mustDiffer(table, key string) string {
	if key == "" {
		key = "the columns of a new key"
	}
	return "rows of " + table + " must differ in " + key + " from then on"
}

// uses is the file of the old release's code that has all of the names, "" for
// none.
func (w *walk) uses(names ...string) string {
	for _, c := range w.s.code {
		if c.Uses(names...) {
			return c.File
		}
	}
	return ""
}

// locks are those that others may wait for, by the migration's steps and what each
// costs. In a transaction each is held until the migration ends.
func (w *walk) locks(m *migrations.Migration, ops []migrations.Op, costs []float64) {
	type held struct {
		blocks  string
		seconds float64
	}
	byTable := map[string]held{}
	var order []string
	left := 0.0
	for _, c := range costs {
		left += c
	}
	for i, o := range ops {
		seconds := costs[i]
		if !m.NoTransaction {
			seconds = left
		}
		left -= costs[i]
		tables, blocks := blocked(o)
		for _, table := range tables {
			if table == "" || w.fresh[table] && o.Fresh {
				continue
			}
			h, ok := byTable[table]
			if !ok {
				order = append(order, table)
			}
			if blocks == allBlocked || h.blocks == "" {
				h.blocks = blocks
			}
			h.seconds = max(h.seconds, seconds)
			byTable[table] = h
		}
	}
	for _, table := range order {
		h := byTable[table]
		w.b.r.Locks = append(w.b.r.Locks, lock{Database: w.d.Title, Migration: m.Name, Table: table, Blocks: h.blocks, Seconds: h.seconds})
	}
}

const (
	allBlocked   = "reads and writes"
	writeBlocked = "writes"
)

// blocked are the tables that a step locks, and what that blocks, by PostgreSQL's
// documentation of ALTER TABLE and of explicit locking.
func blocked(o migrations.Op) (tables []string, blocks string) {
	if o.Fresh && o.Effect != migrations.ForeignKey {
		return nil, ""
	}
	switch o.Effect {
	case migrations.AddColumn, migrations.AddFilled, migrations.AddRequired, migrations.ColumnType, migrations.NotNull, migrations.Loosen, migrations.Rename,
		migrations.RenameColumn, migrations.Unique, migrations.Check, migrations.DropTable, migrations.DropColumn, migrations.DropIndex, migrations.DropRule,
		migrations.Truncate:
		return []string{o.Table}, allBlocked
	case migrations.Build:
		return []string{o.Table}, writeBlocked
	case migrations.ForeignKey, migrations.NotValid:
		if o.Fresh {
			return []string{o.To}, writeBlocked
		}
		return []string{o.Table, o.To}, writeBlocked
	case migrations.Update, migrations.Delete:
		return []string{o.Table}, "writes to the same rows"
	}
	return nil, ""
}

// relation is a table as the server has it.
func (w *walk) relation(table string) (snapshot.Relation, bool) {
	if w.d.State == nil {
		return snapshot.Relation{}, false
	}
	r, ok := w.d.State.Relations[w.old(table)]
	return r, ok
}
