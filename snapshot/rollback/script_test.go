package rollback

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/pgtest"
)

// shells are the shells of this machine that rollback.sh must run in.
func shells(t testing.TB) []string {
	t.Helper()
	var out []string
	known := map[string]bool{}
	for _, name := range []string{"dash", "bash", "busybox", "ksh", "sh"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		real, err := filepath.EvalSymlinks(path)
		if err == nil && !known[real] {
			known[real] = true
			out = append(out, path)
		}
	}
	if len(out) == 0 {
		t.Skip("no POSIX shell on this machine")
	}
	return out
}

// scriptPath is a PATH with nothing in it but what step 0 lists for PostgreSQL,
// and others.
func (p *portal) scriptPath(others ...string) string {
	p.t.Helper()
	dir := p.t.TempDir()
	for _, tool := range slices.Concat([]string{"psql", "pg_restore", "sha256sum"}, scriptTools, others) {
		path := p.cluster.Tools.Path(tool)
		if _, err := os.Stat(path); err != nil {
			if path, err = exec.LookPath(tool); err != nil {
				p.t.Skipf("%s is not installed: rollback.sh needs it", tool)
			}
		}
		if err := os.Symlink(path, filepath.Join(dir, tool)); err != nil {
			p.t.Fatal(err)
		}
	}
	if path, err := exec.LookPath("sqlite3"); err == nil {
		if err := os.Symlink(path, filepath.Join(dir, "sqlite3")); err != nil {
			p.t.Fatal(err)
		}
	}
	return dir
}

// script runs rollback.sh as an administrator and returns what it said.
func (p *portal) script(ctx context.Context, shell, path, input string, args ...string) (string, int) {
	p.t.Helper()
	return p.scriptWith(ctx, shell, path, input, []string{"PGUSER=boss", "PGPASSWORD=" + adminPassword}, args...)
}

// scriptWith is script with another login.
func (p *portal) scriptWith(ctx context.Context, shell, path, input string, login []string, args ...string) (string, int) {
	p.t.Helper()
	argv := append([]string{filepath.Join(p.dir, ScriptFile)}, args...)
	if filepath.Base(shell) == "busybox" {
		argv = append([]string{"sh"}, argv...)
	}
	cmd := exec.CommandContext(ctx, shell, argv...)
	cmd.Env = append([]string{"PATH=" + path, "TMPDIR=" + p.t.TempDir()}, login...)
	cmd.Stdin = strings.NewReader(input)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	}
	if strings.Contains(out.String(), adminPassword) || strings.Contains(out.String(), appPassword) {
		p.t.Errorf("rollback.sh printed a password:\n%s", out.String())
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

func (p *portal) writePlan() {
	p.t.Helper()
	plan, err := New(p.manifest, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := plan.Write(p.dir); err != nil {
		p.t.Fatal(err)
	}
}

// The plan was written when the snapshot was taken, before anybody knew what
// the upgrade would migrate; the script finds it out, and does what Restore does.
func TestScriptBringsBackWhatWasMigrated(t *testing.T) {
	testkit.SkipRace(t)
	for _, schemas := range []bool{false, true} {
		for _, shell := range shells(t) {
			t.Run(map[bool]string{false: "databases", true: "schemas"}[schemas]+"/"+filepath.Base(shell), func(t *testing.T) {
				t.Parallel()
				p := newTakenPortal(t, schemas)
				p.writePlan()
				before := p.states()
				p.upgrade()
				upgraded := p.states()
				path := p.scriptPath()
				out, code := p.script(t.Context(), shell, path, "", "--yes")
				if code != 0 {
					t.Fatalf("exit %d\n%s", code, out)
				}
				after := p.states()
				for _, id := range portalPlugins {
					want := before[id]
					if id == "scaffolder" || id == "search" {
						want = upgraded[id]
					}
					if d := cmp.Diff(want, after[id]); d != "" {
						t.Errorf("%s (-want +got)\n%s\n%s", id, d, out)
					}
				}
				if again, code := p.script(t.Context(), shell, path, "", "--yes"); code != 0 || !strings.Contains(again, "Nothing to restore") {
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
	p := newTakenPortal(t, false)
	p.writePlan()
	p.upgrade()
	upgraded := p.states()
	conn := pgtest.Portal(t, p.app, "backstage_plugin_catalog")
	defer conn.Close(context.Background())
	path := p.scriptPath()
	out, code := p.script(t.Context(), shells(t)[0], path, "", "--yes")
	if code != 2 || !strings.Contains(out, "sessions are alive") || !strings.Contains(out, "backstage_plugin_catalog  backstage") {
		t.Fatalf("exit %d\n%s", code, out)
	}
	if d := cmp.Diff(upgraded, p.states()); d != "" {
		t.Fatalf("something changed\n%s", d)
	}
	if out, code := p.script(t.Context(), shells(t)[0], path, "", "--yes", "--terminate"); code != 0 {
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
	p := newTakenPortal(t, false)
	p.writePlan()
	path := p.scriptPath()
	good := *p.manifest
	p.manifest.Servers[0].SystemIdentifier = "1234"
	p.writePlan()
	if out, code := p.script(t.Context(), shells(t)[0], path, "", "--check"); code != 2 || !strings.Contains(out, "is another server than the snapshot's") {
		t.Errorf("exit %d\n%s", code, out)
	}
	p.manifest = &good
	p.manifest.Servers[0].SystemIdentifier = ""
	p.writePlan()
	if out, code := p.script(t.Context(), shells(t)[0], path, "", "--check"); code != 0 {
		t.Errorf("known by its databases: exit %d\n%s", code, out)
	}
	p.manifest.Databases[0].OID = 1
	p.writePlan()
	if out, code := p.script(t.Context(), shells(t)[0], path, "", "--check"); code != 2 || !strings.Contains(out, "does not have the database") {
		t.Errorf("exit %d\n%s", code, out)
	}
	file := filepath.Join(p.dir, "catalog.dump.zst")
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	src[len(src)/2] ^= 1
	if err := os.WriteFile(file, src, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, code := p.script(t.Context(), shells(t)[0], path, "", "--check"); code != 2 || !strings.Contains(out, "catalog.dump.zst is ") {
		t.Errorf("exit %d\n%s", code, out)
	}
}
