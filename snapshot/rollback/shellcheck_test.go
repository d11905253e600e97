package rollback

import (
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/snapshot"
)

// plannedPortal is the plan of a portal that no server is needed for: all kinds
// of targets on two servers and in files.
func plannedPortal(t *testing.T, kinds ...string) *Plan {
	t.Helper()
	m := &snapshot.Manifest{Schema: snapshot.Schema, Name: "s", Created: time.Unix(1700000000, 0), Portal: snapshot.Portal{Prefix: "backstage_plugin_"},
		Deployed: snapshot.Deployed{Commit: "0123456789abcdef0123456789abcdef01234567", Release: "1.41.0"}}
	migrations := []snapshot.Migration{{Table: "knex_migrations", Rows: []snapshot.MigrationRow{{ID: 1, Name: "init.js"}}}}
	for i, kind := range kinds {
		d := snapshot.Database{Kind: snapshot.KindPostgres, Plugins: []string{"p" + kind}, Migrations: migrations, Dump: snapshot.File{Name: kind + ".zst", SHA256: "00"},
			Tables: []snapshot.Table{{Name: "things", Rows: 2}}}
		switch kind {
		case kindSQLite:
			d.Kind, d.Path = snapshot.KindSQLite, "/srv/it's/p.sqlite"
		default:
			d.Server, d.Name = kind+":5432", "backstage_plugin_p"+kind
			m.Servers = append(m.Servers, snapshot.Server{ID: d.Server, Host: kind, Port: 5432, User: "backstage", SSLMode: "verify-full", VersionNum: 150000, PasswordVariable: "PASSWORD_" + string(rune('A'+i))})
			d.Properties = &snapshot.Properties{Owner: "backstage", ConnectionLimit: -1}
			if kind == kindSchema {
				d.Schema, d.SchemaOwner = "p", "backstage"
			}
		}
		m.Databases = append(m.Databases, d)
	}
	p, err := New(m, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The script of every kind of portal says nothing to shellcheck.
func TestScriptIsCleanForShellcheck(t *testing.T) {
	testkit.SkipRace(t)
	shellcheck, err := exec.LookPath("shellcheck")
	if err != nil {
		t.Skip("shellcheck is not installed")
	}
	for _, kinds := range [][]string{{kindDatabase}, {kindSchema}, {kindSQLite}, {kindDatabase, kindSchema, kindSQLite}} {
		p := plannedPortal(t, kinds...)
		dir := t.TempDir()
		if err := p.Write(dir); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(shellcheck, "-s", "sh", filepath.Join(dir, ScriptFile)).CombinedOutput(); err != nil {
			t.Errorf("%v: %v\n%s", kinds, err, out)
		}
	}
}
