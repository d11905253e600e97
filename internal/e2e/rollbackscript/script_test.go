package rollbackscript

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/dbportal"
	"github.com/portalctl/portalctl/internal/testkit/pgtest"
)

// The plan was written when the snapshot was taken, before anybody knew what
// the upgrade would migrate; the script finds it out, and does what Restore does.
func TestScriptBringsBackWhatWasMigrated(t *testing.T) {
	testkit.SkipRace(t)
	for _, schemas := range []bool{false, true} {
		for _, shell := range dbportal.Shells(t) {
			t.Run(map[bool]string{false: "databases", true: "schemas"}[schemas]+"/"+filepath.Base(shell), func(t *testing.T) {
				t.Parallel()
				p := newPortal(t, schemas)
				before := p.States()
				p.Upgrade()
				upgraded := p.States()
				path := p.ScriptPath()
				out, code := p.Script(t.Context(), shell, path, "", "--yes")
				if code != 0 {
					t.Fatalf("exit %d\n%s", code, out)
				}
				p.Is(out, before, "auth", "catalog")
				p.Is(out, upgraded, "scaffolder", "search")
				if again, code := p.Script(t.Context(), shell, path, "", "--yes"); code != 0 || !strings.Contains(again, "Nothing to restore") {
					t.Errorf("again: exit %d\n%s", code, again)
				}
				if testing.Verbose() {
					t.Log(out)
				}
			})
		}
	}
}

// A portal that still runs is a refusal; --terminate ends its sessions.
func TestScriptRefusesLiveSessions(t *testing.T) {
	testkit.SkipRace(t)
	t.Parallel()
	p := newPortal(t, false)
	p.Upgrade()
	upgraded := p.States()
	conn := pgtest.Portal(t, p.App, "backstage_plugin_catalog")
	defer conn.Close(context.Background())
	path := p.ScriptPath()
	out, code := p.Script(t.Context(), dbportal.Shells(t)[0], path, "", "--yes")
	if code != 2 || !strings.Contains(out, "sessions are alive") || !strings.Contains(out, "backstage_plugin_catalog  backstage") {
		t.Fatalf("exit %d\n%s", code, out)
	}
	if d := cmp.Diff(upgraded, p.States()); d != "" {
		t.Fatalf("something changed\n%s", d)
	}
	if out, code := p.Script(t.Context(), dbportal.Shells(t)[0], path, "", "--yes", "--terminate"); code != 0 {
		t.Fatalf("exit %d\n%s", code, out)
	}
	if err := conn.Ping(t.Context()); err == nil {
		t.Error("the session is alive")
	}
}

// Another server, a damaged dump: refused in step 0.
func TestScriptRefusesAnotherServerAndADamagedDump(t *testing.T) {
	testkit.SkipRace(t)
	t.Parallel()
	p := newPortal(t, false)
	path := p.ScriptPath()
	good := *p.Manifest
	p.Manifest.Servers[0].SystemIdentifier = "1234"
	p.writePlan()
	if out, code := p.Script(t.Context(), dbportal.Shells(t)[0], path, "", "--check"); code != 2 || !strings.Contains(out, "is another server than the snapshot's") {
		t.Errorf("exit %d\n%s", code, out)
	}
	p.Manifest = &good
	p.Manifest.Servers[0].SystemIdentifier = ""
	p.writePlan()
	if out, code := p.Script(t.Context(), dbportal.Shells(t)[0], path, "", "--check"); code != 0 {
		t.Errorf("known by its databases: exit %d\n%s", code, out)
	}
	p.Manifest.Databases[0].OID = 1
	p.writePlan()
	if out, code := p.Script(t.Context(), dbportal.Shells(t)[0], path, "", "--check"); code != 2 || !strings.Contains(out, "does not have the database") {
		t.Errorf("exit %d\n%s", code, out)
	}
	file := filepath.Join(p.Dir, "catalog.dump.zst")
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	src[len(src)/2] ^= 1
	if err := os.WriteFile(file, src, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, code := p.Script(t.Context(), dbportal.Shells(t)[0], path, "", "--check"); code != 2 || !strings.Contains(out, "catalog.dump.zst is ") {
		t.Errorf("exit %d\n%s", code, out)
	}
}
