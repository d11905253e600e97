package rollback

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/testkit/dbportal"
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
			p.Manifest.Portal.Prefix = dbportal.Prefix
			p.writePlan()
			want := []string{"backstage_plugin_dynamic"}
			if schemas {
				want = []string{"backstage.dynamic"}
				pgtest.ExecAs(t, p.App, "backstage", "CREATE SCHEMA dynamic")
				pgtest.Exec(t, p.Cluster, "backstage", "CREATE SCHEMA others")
			} else {
				pgtest.Exec(t, p.Cluster, "postgres", "CREATE ROLE other", "CREATE DATABASE backstage_plugin_dynamic OWNER backstage",
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
			out, code := p.Script(t.Context(), dbportal.Shells(t)[0], p.ScriptPath(), "", "--migrated")
			if line := "so it cannot be brought back if it was migrated: " + want[0]; code != 0 || !strings.Contains(out, line) {
				t.Errorf("exit %d\n%s", code, out)
			}
			p.Upgrade()
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
	path := filepath.Join(p.Dir, "dynamic.sqlite")
	dbportal.ExecSQLite(t, path, "CREATE TABLE x (y)")
	if got := p.plan().Unknown; !slices.Equal(got, []string{path}) {
		t.Errorf("unknown %v", got)
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
	p.Servers[0].CA = &snapshot.File{Name: "x.ca.pem", SHA256: snapshot.SHA256(ca)}
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
