package rollback

import (
	"fmt"
	"strings"

	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/snapshot"
)

// checkSQL is one statement that fails when the rows differ from the
// snapshot's. It stands in rollback.sh too, and in schema mode inside the
// transaction, where only an error keeps a commit from happening.
func (t *Target) checkSQL() string {
	var b strings.Builder
	b.WriteString("DO $portalctl$\nDECLARE n bigint; h text;\nBEGIN\n")
	for _, table := range t.was.Tables {
		fmt.Fprintf(&b, "  SELECT count(*) INTO n FROM %s.%s;\n", pg.Ident(table.Schema), pg.Ident(table.Name))
		fmt.Fprintf(&b, "  IF n <> %d THEN RAISE EXCEPTION '%% has %% rows, the snapshot has %%', %s, n, %d; END IF;\n",
			table.Rows, pg.Literal(table.Schema+"."+table.Name), table.Rows)
	}
	// Names are printed in full only without a search path.
	b.WriteString("  PERFORM pg_catalog.set_config('search_path', '', true);\n")
	fmt.Fprintf(&b, "  h := (%s);\n", snapshot.SchemaHashSQL(t.Schema))
	fmt.Fprintf(&b, "  IF h <> %s THEN RAISE EXCEPTION 'the schema is not the one of the snapshot: %%', h; END IF;\n", pg.Literal(t.was.SchemaHash))
	b.WriteString("END\n$portalctl$;\n")
	return b.String()
}

// migrationQueriesSQL gives for each migration table two queries: one for the
// table itself, which may be empty, and one whose rows are "schema.table|name".
func migrationQueriesSQL(schema string) string {
	return `SELECT format('SELECT %L', n.nspname || '.' || c.relname), format('SELECT %L || name FROM %I.%I ORDER BY id', n.nspname || '.' || c.relname || '|', n.nspname, c.relname)
` + snapshot.FromMigrationTables(schema)
}
