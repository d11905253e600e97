package rollback

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/pgtest"
)

// Names and comments come from the server, and end up in SQL, in a shell script
// and in commands that people paste. Nothing of them is ever a command.
func TestHostileNames(t *testing.T) {
	testkit.SkipRace(t)
	prefix := "p'\"$(touch pwned)`touch pwned`\\ =x;"
	for _, way := range []string{"restore", "script"} {
		p := newPortalNamed(t, false, prefix)
		catalog, _ := p.place("catalog")
		pgtest.Exec(t, p.cluster, "postgres", "COMMENT ON DATABASE "+ident(catalog)+" IS "+literal("a\nPORTALCTL_END\ntouch pwned\nPORTALCTL_END_\nSQL\ntouch pwned"))
		pgtest.ExecAs(t, p.app, catalog, "INSERT INTO knex_migrations (name) VALUES ("+literal("x\nPORTALCTL_END\ntouch pwned\n$(touch pwned)")+")")
		p.take()
		p.writePlan()
		before := p.states()
		p.upgrade()
		upgraded := p.states()
		t.Chdir(t.TempDir())
		if way == "restore" {
			if _, err := p.plan().Restore(t.Context(), p.options()); err != nil {
				t.Fatal(err)
			}
		} else if out, code := p.script(t.Context(), shells(t)[0], p.scriptPath(), "", "--yes"); code != 0 {
			t.Fatalf("exit %d\n%s", code, out)
		}
		after := p.states()
		for _, id := range portalPlugins {
			want := upgraded[id]
			if id == "auth" || id == "catalog" {
				want = before[id]
			}
			if d := cmp.Diff(want, after[id]); d != "" {
				t.Errorf("%s: %s (-want +got)\n%s", way, id, d)
			}
		}
		for _, dir := range []string{".", p.dir} {
			if _, err := os.Stat(filepath.Join(dir, "pwned")); err == nil {
				t.Errorf("%s: a name was run as a command", way)
			}
		}
	}
}
