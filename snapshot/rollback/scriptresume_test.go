package rollback

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/pgtest"
)

// migrate is a boot that migrates one plugin's database and no other.
func (p *portal) migrate(id string) {
	p.t.Helper()
	db, schema := p.place(id)
	pgtest.ExecAs(p.t, p.app, db, "INSERT INTO "+ident(schema)+".knex_migrations (name, batch, migration_time) VALUES ('2026_late.js', 3, now())")
}

// is compares plugins' databases with what they are to be.
func (p *portal) is(what string, want map[string]string, ids ...string) {
	p.t.Helper()
	for _, id := range ids {
		if d := cmp.Diff(want[id], p.state(id)); d != "" {
			p.t.Errorf("%s: %s (-want +got)\n%s", what, id, d)
		}
	}
}

// A run that stopped is gone on with by the same flags, by others and by none:
// what was chosen holds from the first change on, every run looks at everything
// again, and no run ends a session that it was not told to end.
func TestScriptResumed(t *testing.T) {
	testkit.SkipRace(t)
	if testing.Short() {
		t.Skip("some forty runs of rollback.sh")
	}
	t.Parallel()
	p := newTakenPortal(t, false)
	p.writePlan()
	before := p.states()
	path := p.scriptPath()
	run := func(input string, code int, says string, args ...string) string {
		t.Helper()
		out, got := p.script(t.Context(), shells(t)[0], path, input, args...)
		if got != code || !strings.Contains(out, says) {
			t.Errorf("%v: exit %d, want %d and %q\n%s", args, got, code, says, out)
		}
		return out
	}
	// Yes to so many of the questions that a run asks, and then no.
	const beforeTheFirstChange, beside, swapped = "n\n", "y\ny\nn\n", "y\ny\ny\ny\ny\ny\nn\n"
	each := func(name string, f func(t *testing.T, upgraded map[string]string)) {
		p.upgrade()
		t.Run(name, func(t *testing.T) { f(t, p.states()) })
		// The next begins with the databases of the snapshot.
		files, _ := filepath.Glob(filepath.Join(p.dir, "rollback.state*"))
		for _, f := range files {
			_ = os.RemoveAll(f)
		}
		run("", 0, "", "--yes", "--terminate")
		p.dropFailed()
		for _, name := range p.databases() {
			if strings.Contains(name, besideSuffix) {
				pgtest.Exec(t, p.cluster, "postgres", "DROP DATABASE "+ident(name))
			}
		}
		p.is("after "+name, before, "auth", "catalog")
	}

	each("nothing was changed", func(t *testing.T, upgraded map[string]string) {
		run(beforeTheFirstChange, 2, "Stopped before step 3", "--only", "auth")
		run("", 0, "Done for what you asked for", "--only", "catalog", "--yes")
		p.is("the second choice", before, "catalog")
		p.is("the first choice", upgraded, "auth")
	})
	each("another choice", func(t *testing.T, upgraded map[string]string) {
		run(beside, 2, "Stopped before step 5", "--only", "auth")
		run("", 2, "this rollback was begun with --only auth, not with --only catalog", "--only", "catalog", "--yes")
		run("", 2, "this rollback was begun with --only auth, not with --only all", "--only", "all", "--yes")
		p.is("refused", upgraded, portalPlugins...)
		out := run("", 0, "Done for what you asked for", "--yes")
		if !strings.Contains(out, "backstage_plugin_catalog: migrated, and left alone as you asked") {
			t.Errorf("the end does not say what is left:\n%s", out)
		}
		p.is("gone on with", before, "auth")
		p.is("gone on with", upgraded, "catalog")
	})
	each("a choice where there was none", func(t *testing.T, upgraded map[string]string) {
		run(beside, 2, "Stopped before step 5")
		run("", 2, "this rollback was begun without --only, not with --only auth", "--only", "auth", "--yes")
		p.is("refused", upgraded, portalPlugins...)
	})
	for name, stop := range map[string]string{"migrated meanwhile": beside, "migrated after the swap": swapped} {
		each(name, func(t *testing.T, upgraded map[string]string) {
			run(stop, 2, "")
			p.migrate("search")
			run("", 0, "backstage_plugin_search: was migrated since this rollback began, comes back too", "--yes")
			p.is("all that was migrated", before, "auth", "catalog", "search")
			p.is("what was not", upgraded, "scaffolder")
		})
	}
	each("migrated again after the swap", func(t *testing.T, upgraded map[string]string) {
		run(swapped, 2, "")
		p.migrate("auth")
		run("", 2, "backstage_plugin_auth came back and has been migrated again", "--yes")
	})
	each("a session came", func(t *testing.T, upgraded map[string]string) {
		run(beside, 2, "Stopped before step 5")
		conn := pgtest.Portal(t, p.app, "backstage_plugin_catalog")
		defer conn.Close(context.Background())
		run("", 2, "sessions are alive", "--yes")
		p.is("refused", upgraded, portalPlugins...)
		if err := conn.Ping(t.Context()); err != nil {
			t.Errorf("the session was ended without --terminate: %v", err)
		}
		run("", 0, "Done: every database", "--yes", "--terminate")
		if err := conn.Ping(t.Context()); err == nil {
			t.Error("the session is alive")
		}
		p.is("in the end", before, "auth", "catalog")
	})
	each("a fresh copy, and a database that is closed", func(t *testing.T, upgraded map[string]string) {
		pgtest.Exec(t, p.cluster, "postgres", "ALTER DATABASE backstage_plugin_catalog ALLOW_CONNECTIONS false")
		run("", 0, "1 backstage_plugin_auth\n2 backstage_plugin_catalog\n", "--migrated")
		run("", 0, "backstage_plugin_catalog: takes no connections, as an interrupted swap leaves it: comes back", "--yes")
		p.is("open again", before, "auth", "catalog")
	})
	each("a name that is none", func(t *testing.T, upgraded map[string]string) {
		run("", 2, `the snapshot has no database or plugin "catalgo"`, "--only", "auth,catalgo", "--yes")
		run("", 2, `the snapshot has no database or plugin "catalgo"`, "--only", "catalgo", "--migrated")
		p.is("refused", upgraded, portalPlugins...)
	})
}

// mix adds two plugins in SQLite files to the portal's snapshot.
func (p *portal) mix() *filePortal {
	p.t.Helper()
	f := newFilePortal(p.t.(*testing.T))
	for _, d := range f.manifest.Databases {
		src, err := os.ReadFile(filepath.Join(f.dir, d.Dump.Name))
		if err == nil {
			err = os.WriteFile(filepath.Join(p.dir, d.Dump.Name), src, 0o600)
		}
		if err != nil {
			p.t.Fatal(err)
		}
		p.manifest.Databases = append(p.manifest.Databases, d)
	}
	return f
}

// A portal with both: each comes back when it was migrated, and a portal whose
// files were not migrated is not held up by them.
func TestScriptOfAMixedPortal(t *testing.T) {
	testkit.SkipRace(t)
	t.Parallel()
	p := newTakenPortal(t, false)
	f := p.mix()
	p.writePlan()
	before, file := p.states(), f.state(f.path("catalog"))
	path := p.scriptPath(sqliteTools...)
	for _, both := range []bool{false, true} {
		p.upgrade()
		if both {
			f.upgrade()
		}
		upgraded, kept := p.states(), f.state(f.path("search"))
		out, code := p.script(t.Context(), shells(t)[0], path, "", "--yes")
		if code != 0 {
			t.Fatalf("exit %d\n%s", code, out)
		}
		p.is("migrated", before, "auth", "catalog")
		p.is("not migrated", upgraded, "scaffolder", "search")
		if got := f.state(f.path("catalog")); got != file {
			t.Errorf("catalog's file is %s, was %s\n%s", got, file, out)
		}
		if got := f.state(f.path("search")); got != kept {
			t.Errorf("search's file is %s, was %s\n%s", got, kept, out)
		}
		p.dropFailed()
	}
}
