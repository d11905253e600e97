package snapshot

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/portalctl/portalctl/internal/sorting"
)

// RowDiff is one table's rows then and now; -1 where the table is not there.
type RowDiff struct {
	Table string `json:"table"`
	Then  int64  `json:"then"`
	Now   int64  `json:"now"`
}

// DiffRows are the tables whose number of rows differs, sorted by name.
func DiffRows(then, now []Table) []RowDiff {
	rows := map[string]*RowDiff{}
	for _, t := range then {
		rows[t.title()] = &RowDiff{Table: t.title(), Then: t.Rows, Now: -1}
	}
	for _, t := range now {
		if d := rows[t.title()]; d != nil {
			d.Now = t.Rows
		} else {
			rows[t.title()] = &RowDiff{Table: t.title(), Then: -1, Now: t.Rows}
		}
	}
	out := []RowDiff{}
	for _, d := range rows {
		if d.Then != d.Now {
			out = append(out, *d)
		}
	}
	sorting.By(out, func(a, b RowDiff) int { return cmp.Compare(a.Table, b.Table) })
	return out
}

func (t Table) title() string { return titleOf(t.Schema, t.Name) }

// titleOf is a table for people: schema.table, or the table of a SQLite file.
func titleOf(schema, table string) string { return strings.TrimPrefix(schema+"."+table, ".") }

// String is one difference in words.
func (d RowDiff) String() string {
	switch {
	case d.Then < 0:
		return fmt.Sprintf("%s: new, %d rows", d.Table, d.Now)
	case d.Now < 0:
		return fmt.Sprintf("%s: gone, had %d rows", d.Table, d.Then)
	}
	return fmt.Sprintf("%s: %+d rows (%d in the snapshot, %d now)", d.Table, d.Now-d.Then, d.Then, d.Now)
}
