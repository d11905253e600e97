package rollback

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/dbportal"
	"github.com/portalctl/portalctl/internal/testkit/pgtest"
)

// Names and comments come from the server, and end up in SQL, in a shell script
// and in commands that people paste. Nothing of them is ever a command.
func TestHostileNames(t *testing.T) {
	testkit.SkipRace(t)
	prefix := "p'\"$(touch pwned)`touch pwned`\\ =x;"
	for _, way := range []string{"restore", "script"} {
		p := &portal{dbportal.Named(t, prefix)}
		catalog, _ := p.Place("catalog")
		pgtest.Exec(t, p.Cluster, "postgres", "COMMENT ON DATABASE "+pg.Ident(catalog)+" IS "+pg.Literal("a\nPORTALCTL_END\ntouch pwned\nPORTALCTL_END_\nSQL\ntouch pwned"))
		pgtest.ExecAs(t, p.App, catalog, "INSERT INTO knex_migrations (name) VALUES ("+pg.Literal("x\nPORTALCTL_END\ntouch pwned\n$(touch pwned)")+")")
		p.Take()
		p.writePlan()
		before := p.States()
		p.Upgrade()
		upgraded := p.States()
		t.Chdir(t.TempDir())
		if way == "restore" {
			if _, err := p.plan().Restore(t.Context(), p.options()); err != nil {
				t.Fatal(err)
			}
		} else if out, code := p.Script(t.Context(), dbportal.Shells(t)[0], p.ScriptPath(), "", "--yes"); code != 0 {
			t.Fatalf("exit %d\n%s", code, out)
		}
		p.Is(way, before, "auth", "catalog")
		p.Is(way, upgraded, "scaffolder", "search")
		for _, dir := range []string{".", p.Dir} {
			if _, err := os.Stat(filepath.Join(dir, "pwned")); err == nil {
				t.Errorf("%s: a name was run as a command", way)
			}
		}
	}
}
