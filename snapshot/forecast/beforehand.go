package forecast

import (
	"strings"

	"github.com/portalctl/portalctl/internal/migrations"
	"github.com/portalctl/portalctl/internal/pattern"
)

// beforehand is what may be run before the upgrade: what the migration's own
// comment gives, or an index that it builds only where there is none yet.
func (w *walk) beforehand(m *migrations.Migration) {
	add := func(sql, from string) {
		if !w.possible(sql) {
			return
		}
		s := statement{Database: w.d.Title, Migration: m.Name, SQL: sql, From: from}
		for _, o := range m.Ops {
			if o.Effect == migrations.Unique && !o.Fresh && unique().MatchString(sql) && (o.Name == "" || strings.Contains(sql, o.Name)) {
				s.Warning = mustDiffer(o.Table, o.Name) + ", for the release that is still running, too: what it writes against that fails"
			}
		}
		w.b.r.Beforehand = append(w.b.r.Beforehand, s)
	}
	if m.Manual != "" {
		add(m.Manual, "its comment")
		return
	}
	for _, o := range m.Ops {
		optional := o.Maybe || strings.Contains(strings.ToLower(strings.Join(strings.Fields(o.SQL), " ")), "if not exists")
		if o.Kind == migrations.IndexConcurrently && o.SQL != "" && optional && !w.fresh[o.Table] {
			add(strings.TrimSuffix(o.SQL, ";")+";", "its code")
		}
	}
}

var unique = pattern.New(`(?i)\bunique\b`)

// possible reports whether a statement can be run before the first migration does:
// it needs no table and no column that one of them makes.
func (w *walk) possible(sql string) bool {
	words := map[string]bool{}
	for _, word := range strings.FieldsFunc(strings.ToLower(sql), func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') && (r < '0' || r > '9') }) {
		words[word] = true
	}
	for table := range w.fresh {
		if words[strings.ToLower(table)] {
			return false
		}
	}
	for table := range w.renamed {
		if words[strings.ToLower(table)] {
			return false
		}
	}
	for added := range w.added {
		table, column, _ := strings.Cut(added, ".")
		if words[strings.ToLower(table)] && words[strings.ToLower(column)] {
			return false
		}
	}
	return true
}
