package snapshot

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// tableMembers gives, for every table of the manifest, those whose rows count
// as its own: itself, its partitions and what inherits from it, with their kind.
const tableMembers = `WITH RECURSIVE top AS (SELECT c.oid, n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition),
 member AS (SELECT oid AS top, oid FROM top UNION SELECT m.top, i.inhrelid FROM member m JOIN pg_catalog.pg_inherits i ON i.inhparent = m.oid)
SELECT t.nspname, t.relname, m.oid, c.relkind::text FROM member m JOIN top t ON t.oid = m.top JOIN pg_catalog.pg_class c ON c.oid = m.oid`

// streamRows fills in the rows of tables from what was counted in the dump.
// What the dump does not say, a partition that is a foreign table say, the
// server counts under the same snapshot.
func streamRows(ctx context.Context, tx pgx.Tx, tables []Table, dumped map[uint32]int64) (sum int64, err error) {
	rows, err := tx.Query(ctx, tableMembers)
	if err != nil {
		return 0, err
	}
	type name struct{ schema, table string }
	counts := map[name]int64{}
	unknown := map[name]bool{}
	var of name
	var oid uint32
	var kind string
	if _, err := pgx.ForEachRow(rows, []any{&of.schema, &of.table, &oid, &kind}, func() error {
		n, ok := dumped[oid]
		counts[of] += n
		if !ok && kind != "p" {
			unknown[of] = true
		}
		return nil
	}); err != nil {
		return 0, err
	}
	for i := range tables {
		t := &tables[i]
		key := name{t.Schema, t.Name}
		n, ok := counts[key]
		if t.Rows = n; !ok || unknown[key] {
			if t.Rows, err = countRows(ctx, tx, tables[i:i+1]); err != nil {
				return 0, err
			}
		}
		sum += t.Rows
	}
	return sum, nil
}
