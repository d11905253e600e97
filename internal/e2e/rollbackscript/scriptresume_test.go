package rollbackscript

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/dbportal"
	"github.com/portalctl/portalctl/internal/testkit/pgtest"
)

// A run that stopped is gone on with by the same flags, by others and by none:
// what was chosen holds from the first change on, every run looks at everything
// again, and no run ends a session that it was not told to end.
func TestScriptResumed(t *testing.T) {
	testkit.SkipRace(t)
	if testing.Short() {
		t.Skip("some forty runs of rollback.sh")
	}
	t.Parallel()
	p := newPortal(t, false)
	before := p.States()
	path := p.ScriptPath()
	run := func(input string, code int, says string, args ...string) string {
		t.Helper()
		out, got := p.Script(t.Context(), dbportal.Shells(t)[0], path, input, args...)
		if got != code || !strings.Contains(out, says) {
			t.Errorf("%v: exit %d, want %d and %q\n%s", args, got, code, says, out)
		}
		return out
	}
	// Yes to so many of the questions that a run asks, and then no.
	const beforeTheFirstChange, beside, swapped = "n\n", "y\ny\nn\n", "y\ny\ny\ny\ny\ny\nn\n"
	each := func(name string, f func(t *testing.T, upgraded map[string]string)) {
		p.Upgrade()
		t.Run(name, func(t *testing.T) { f(t, p.States()) })
		// The next begins with the databases of the snapshot.
		files, _ := filepath.Glob(filepath.Join(p.Dir, "rollback.state*"))
		for _, f := range files {
			_ = os.RemoveAll(f)
		}
		// Names of failed databases end with a second; this run may be in that of the last.
		p.DropFailed()
		run("", 0, "", "--yes", "--terminate")
		p.DropFailed()
		for _, name := range p.Beside() {
			pgtest.Exec(t, p.Cluster, "postgres", "DROP DATABASE "+pg.Ident(name))
		}
		p.Is("after "+name, before, "auth", "catalog")
	}

	each("nothing was changed", func(t *testing.T, upgraded map[string]string) {
		run(beforeTheFirstChange, 2, "Stopped before step 3", "--only", "auth")
		run("", 0, "Done for what you asked for", "--only", "catalog", "--yes")
		p.Is("the second choice", before, "catalog")
		p.Is("the first choice", upgraded, "auth")
	})
	each("another choice", func(t *testing.T, upgraded map[string]string) {
		run(beside, 2, "Stopped before step 5", "--only", "auth")
		run("", 2, "this rollback was begun with --only auth, not with --only catalog", "--only", "catalog", "--yes")
		run("", 2, "this rollback was begun with --only auth, not with --only all", "--only", "all", "--yes")
		p.Is("refused", upgraded, dbportal.Plugins...)
		out := run("", 0, "Done for what you asked for", "--yes")
		if !strings.Contains(out, "backstage_plugin_catalog: migrated, and left alone as you asked") {
			t.Errorf("the end does not say what is left:\n%s", out)
		}
		p.Is("gone on with", before, "auth")
		p.Is("gone on with", upgraded, "catalog")
	})
	each("a choice where there was none", func(t *testing.T, upgraded map[string]string) {
		run(beside, 2, "Stopped before step 5")
		run("", 2, "this rollback was begun without --only, not with --only auth", "--only", "auth", "--yes")
		p.Is("refused", upgraded, dbportal.Plugins...)
	})
	for name, stop := range map[string]string{"migrated meanwhile": beside, "migrated after the swap": swapped} {
		each(name, func(t *testing.T, upgraded map[string]string) {
			run(stop, 2, "")
			p.Migrate("search")
			run("", 0, "backstage_plugin_search: was migrated since this rollback began, comes back too", "--yes")
			p.Is("all that was migrated", before, "auth", "catalog", "search")
			p.Is("what was not", upgraded, "scaffolder")
		})
	}
	each("migrated again after the swap", func(t *testing.T, upgraded map[string]string) {
		run(swapped, 2, "")
		p.Migrate("auth")
		run("", 2, "backstage_plugin_auth came back and has been migrated again", "--yes")
	})
	each("a session came", func(t *testing.T, upgraded map[string]string) {
		run(beside, 2, "Stopped before step 5")
		conn := pgtest.Portal(t, p.App, "backstage_plugin_catalog")
		defer conn.Close(context.Background())
		run("", 2, "sessions are alive", "--yes")
		p.Is("refused", upgraded, dbportal.Plugins...)
		if err := conn.Ping(t.Context()); err != nil {
			t.Errorf("the session was ended without --terminate: %v", err)
		}
		run("", 0, "Done: every database", "--yes", "--terminate")
		if err := conn.Ping(t.Context()); err == nil {
			t.Error("the session is alive")
		}
		p.Is("in the end", before, "auth", "catalog")
	})
	each("a fresh copy, and a database that is closed", func(t *testing.T, upgraded map[string]string) {
		pgtest.Exec(t, p.Cluster, "postgres", "ALTER DATABASE backstage_plugin_catalog ALLOW_CONNECTIONS false")
		run("", 0, "1 backstage_plugin_auth\n2 backstage_plugin_catalog\n", "--migrated")
		run("", 0, "backstage_plugin_catalog: takes no connections, as an interrupted swap leaves it: comes back", "--yes")
		p.Is("open again", before, "auth", "catalog")
	})
	each("a name that is none", func(t *testing.T, upgraded map[string]string) {
		run("", 2, `the snapshot has no database or plugin "catalgo"`, "--only", "auth,catalgo", "--yes")
		run("", 2, `the snapshot has no database or plugin "catalgo"`, "--only", "catalgo", "--migrated")
		p.Is("refused", upgraded, dbportal.Plugins...)
	})
}

// mix adds two plugins in SQLite files to the portal's snapshot.
func (p *portal) mix() *filePortal {
	p.T.Helper()
	f := newFilePortal(p.T)
	for _, d := range f.Manifest.Databases {
		src, err := os.ReadFile(filepath.Join(f.Dir, d.Dump.Name))
		if err == nil {
			err = os.WriteFile(filepath.Join(p.Dir, d.Dump.Name), src, 0o600)
		}
		if err != nil {
			p.T.Fatal(err)
		}
		p.Manifest.Databases = append(p.Manifest.Databases, d)
	}
	return f
}

// A portal with both: each comes back when it was migrated, and a portal whose
// files were not migrated is not held up by them.
func TestScriptOfAMixedPortal(t *testing.T) {
	testkit.SkipRace(t)
	t.Parallel()
	p := newPortal(t, false)
	f := p.mix()
	p.writePlan()
	before, file := p.States(), f.State(f.Path("catalog"))
	path := p.ScriptPath()
	for _, both := range []bool{false, true} {
		p.Upgrade()
		if both {
			f.Upgrade()
		}
		upgraded, kept := p.States(), f.State(f.Path("search"))
		out, code := p.Script(t.Context(), dbportal.Shells(t)[0], path, "", "--yes")
		if code != 0 {
			t.Fatalf("exit %d\n%s", code, out)
		}
		p.Is("migrated", before, "auth", "catalog")
		p.Is("not migrated", upgraded, "scaffolder", "search")
		if got := f.State(f.Path("catalog")); got != file {
			t.Errorf("catalog's file is %s, was %s\n%s", got, file, out)
		}
		if got := f.State(f.Path("search")); got != kept {
			t.Errorf("search's file is %s, was %s\n%s", got, kept, out)
		}
		p.DropFailed()
	}
}
