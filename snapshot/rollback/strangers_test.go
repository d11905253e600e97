package rollback

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/pgtest"
	"github.com/portalctl/portalctl/snapshot"
)

// What a plugin that is loaded at run time keeps has the portal's prefix and
// owner, and is in no snapshot: the plan, its document, the restore and the
// script say that there is no way back for it.
func TestWhatIsNotInTheSnapshotIsNamed(t *testing.T) {
	for _, schemas := range []bool{false, true} {
		t.Run(map[bool]string{false: "databases", true: "schemas"}[schemas], func(t *testing.T) {
			t.Parallel()
			p := newTakenPortal(t, schemas)
			p.manifest.Portal.Prefix = defaultPrefix
			p.writePlan()
			want := []string{"backstage_plugin_dynamic"}
			if schemas {
				want = []string{"backstage.dynamic"}
				pgtest.ExecAs(t, p.app, "backstage", "CREATE SCHEMA dynamic")
				pgtest.Exec(t, p.cluster, "backstage", "CREATE SCHEMA others")
			} else {
				pgtest.Exec(t, p.cluster, "postgres", "CREATE ROLE other", "CREATE DATABASE backstage_plugin_dynamic OWNER backstage",
					"CREATE DATABASE backstage_plugin_others OWNER other", "CREATE DATABASE backstage_plugin_auth__failed_20200101_000000 OWNER backstage",
					"CREATE DATABASE elsewhere OWNER backstage")
			}
			check := func() *Plan {
				t.Helper()
				plan := p.plan()
				if d := cmp.Diff(want, plan.Unknown); d != "" {
					t.Errorf("unknown (-want +got)\n%s", d)
				}
				return plan
			}
			check() // also when nothing comes back
			out, code := p.script(t.Context(), shells(t)[0], p.scriptPath(), "", "--migrated")
			if line := "so it cannot be brought back if it was migrated: " + want[0]; code != 0 || !strings.Contains(out, line) {
				t.Errorf("exit %d\n%s", code, out)
			}
			p.upgrade()
			plan := check()
			if text := plan.Markdown(); !strings.Contains(text, "it cannot be brought back if it was migrated") {
				t.Errorf("the document does not say so:\n%s", text)
			}
			result, err := plan.Restore(t.Context(), p.options())
			if err != nil || !strings.Contains(result.Unknown, want[0]) {
				t.Errorf("%v, %+v", err, result)
			}
		})
	}
}

func TestAFileThatIsNotInTheSnapshotIsNamed(t *testing.T) {
	p := newFilePortal(t)
	path := filepath.Join(p.dir, "dynamic.sqlite")
	execSQLite(t, path, "CREATE TABLE x (y)")
	if got := p.plan().Unknown; !slices.Equal(got, []string{path}) {
		t.Errorf("unknown %v", got)
	}
}

// An administrator's role has its own password: the variable of app-config is
// the portal's. A passfile without a line for the login is an error that says
// so, and no program asks on the terminal.
func TestScriptPasswords(t *testing.T) {
	testkit.SkipRace(t)
	t.Parallel()
	p := newTakenPortal(t, false)
	p.writePlan()
	path := p.scriptPath()
	passfile := filepath.Join(t.TempDir(), "passfile")
	if err := os.WriteFile(passfile, []byte("elsewhere:*:*:*:x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		login []string
		code  int
	}{
		{[]string{"PGUSER=boss", "POSTGRES_PASSWORD=" + appPassword, "PGPASSWORD=" + adminPassword}, 0},
		{[]string{"PGUSER=boss", "POSTGRES_PASSWORD=" + adminPassword}, 2},
		{[]string{"PGUSER=boss", "PGPASSFILE=" + passfile, "PGPASSWORD=" + adminPassword}, 2},
	} {
		out, code := p.scriptWith(t.Context(), shells(t)[0], path, "", tt.login, "--check", "--yes")
		if code != tt.code || code == 2 && !strings.Contains(out, "as boss") {
			t.Errorf("%d: exit %d\n%s", tt.code, code, out)
		}
	}
	p.manifest.Servers[0].AdminUser = "boss"
	p.writePlan()
	if out, code := p.scriptWith(t.Context(), shells(t)[0], path, "", []string{"POSTGRES_PASSWORD=" + appPassword, "PGPASSWORD=" + adminPassword}, "--check"); code != 0 {
		t.Errorf("the role of --admin-dsn: exit %d\n%s", code, out)
	}
	for _, name := range []string{ScriptFile, MarkdownFile} {
		src, err := os.ReadFile(filepath.Join(p.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		asks := regexp.MustCompile(`(?m)^.*(psql -X|pg_dump -|pg_restore -).*$`)
		lines := asks.FindAllString(string(src), -1)
		if len(lines) < 2 {
			t.Errorf("%s: %d calls", name, len(lines))
		}
		for _, line := range lines {
			if !strings.Contains(line, " -w ") && !strings.Contains(line, "--no-password") && !strings.Contains(line, "--version") {
				t.Errorf("%s: may ask for a password: %s", name, line)
			}
		}
	}
}

// A login that checks the server's certificate is given the CA that the
// snapshot has kept, and no other file.
func TestTrust(t *testing.T) {
	dir := t.TempDir()
	ca := []byte("-----BEGIN CERTIFICATE-----")
	file := filepath.Join(dir, "x.ca.pem")
	if err := os.WriteFile(file, ca, 0o600); err != nil {
		t.Fatal(err)
	}
	p := plannedPortal(t, kindDatabase)
	p.Servers[0].CA = &snapshot.File{Name: "x.ca.pem", SHA256: sum(ca)}
	for _, tt := range []struct{ mode, root, want string }{
		{"verify-full", "", string(ca)}, {"verify-ca", "", string(ca)}, {"require", "", ""}, {"verify-full", "own", "own"},
	} {
		servers := []pg.Target{{SSLMode: tt.mode, RootCert: tt.root}}
		if err := p.Trust(dir, servers); err != nil || servers[0].RootCert != tt.want {
			t.Errorf("%s with %q: %q, %v", tt.mode, tt.root, servers[0].RootCert, err)
		}
	}
	if err := os.WriteFile(file, []byte("another"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := p.Trust(dir, []pg.Target{{SSLMode: "verify-full"}}); err == nil || !strings.Contains(err.Error(), "is not the file that was written") {
		t.Errorf("another CA: %v", err)
	}
}
