package snapshot

import (
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/pg/pgtest"
)

// A backend that boots between the survey and the dump; no program is started.
func TestDumpOfADatabaseThatIsMigrated(t *testing.T) {
	c := pgtest.Start(t, nil)
	pgtest.Exec(t, c, "postgres", "CREATE TABLE knex_migrations (id int, name text, batch int, migration_time timestamptz)",
		"INSERT INTO knex_migrations VALUES (1, '1.js', 1, now())")
	u := &unit{Database: Database{Kind: KindPostgres, Name: "postgres"}, target: c.Target()}
	err := dumpPostgres(t.Context(), nil, pg.Access{}, u, t.TempDir(), "x", nil)
	if err == nil || !strings.Contains(err.Error(), "was migrated while its snapshot was prepared") || !strings.Contains(fault.NextOf(err), "Stop the backends") {
		t.Errorf("%v, next %q", err, fault.NextOf(err))
	}
}
