package snapshotrestore

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/testkit/pgtest"
	"github.com/portalctl/portalctl/internal/testkit/program"
	"github.com/portalctl/portalctl/internal/testkit/snapportal"
	"github.com/portalctl/portalctl/snapshot/rollback"
)

func TestSnapshotRestore(t *testing.T) {
	t.Parallel()
	p := newWatchedPortal(t)
	secrets := &snapportal.SecretWatch{Texts: []string{snapportal.DBPassword}}
	secrets.Watch(t)
	p.Must("create", "--name", "before")
	before := p.Content()
	p.Upgrade()
	upgraded := p.Content()
	unchanged := func(what string) {
		t.Helper()
		if d := cmp.Diff(upgraded, p.Content()); d != "" {
			t.Fatalf("%s changed something (-before +after)\n%s", what, d)
		}
	}

	t.Run("nobody to ask", func(t *testing.T) {
		code, out, errOut := p.Run("restore")
		if code != 2 || !strings.Contains(errOut, "nothing was restored: there is no terminal to ask on") {
			t.Errorf("exit %d\n%s", code, errOut)
		}
		for _, want := range []string{"backstage_plugin_catalog", "+1", "entities: 2 (2000 in the snapshot, 2002 now)", "ingested again",
			"Left alone, with all their rows: ", "backstage_plugin_auth"} {
			if !strings.Contains(out, want) {
				t.Errorf("the plan does not say %q:\n%s", want, out)
			}
		}
		unchanged("asking nobody")
	})
	t.Run("dry run", func(t *testing.T) {
		var plan rollback.Plan
		snapportal.DecodeJSON(t, p.Must("restore", "--dry-run", "--format", "json"), &plan)
		if plan.Schema != rollback.Schema || plan.Compared != "live" || len(plan.Targets) != 1 || len(plan.Kept) != 2 || len(plan.Steps) < 10 ||
			cmp.Diff(plan.Targets[0].Changes, []rollback.Change{{Table: "public.knex_migrations", Added: []string{"20260101000000_etag.js"}, Removed: []string{}}}) != "" {
			t.Errorf("plan %+v", plan)
		}
		unchanged("--dry-run")
	})
	t.Run("the question", func(t *testing.T) {
		code, out, errOut := p.RunAs(program.AtATerminal, "n\n", "restore")
		if code != 130 || out != "" {
			t.Errorf("exit %d, stdout %q", code, out)
		}
		for _, want := range []string{"Replace backstage_plugin_catalog on " + p.App().Address() + " by the snapshot of ", "is lost to the portal. [y/N]", "entities: 2 (2000 in the snapshot", "portalctl: nothing was restored"} {
			if !strings.Contains(strings.ReplaceAll(errOut, "portal? [y/N]", "portal. [y/N]"), want) {
				t.Errorf("stderr does not say %q:\n%s", want, errOut)
			}
		}
		unchanged("no")
	})
	t.Run("a running portal", func(t *testing.T) {
		conn := pgtest.Portal(t, p.App(), "backstage_plugin_catalog")
		defer conn.Close(context.Background())
		p.Refused([]string{"restore", "--yes"}, "one session still uses the databases", "--terminate")
		unchanged("a refusal")
	})
	t.Run("another server", func(t *testing.T) {
		other := newSnapPortalOn(t, pgtest.Start(t, nil)) // a copy would have the same identifier
		p.Refused([]string{"restore", "--yes", "--terminate", "--config", filepath.Join(other.Root, "app-config.yaml")},
			"is not the server that the snapshot was taken of", "--yes does not override this")
		other.Upgrade()
		unchanged("a refusal")
	})
	t.Run("a second portalctl", func(t *testing.T) {
		held := pgtest.Connect(t, p.Cluster.Target(), "postgres")
		defer held.Close(context.Background())
		if _, err := held.Exec(t.Context(), "SELECT pg_advisory_lock(x'706f7274616c'::bigint)"); err != nil {
			t.Fatal(err)
		}
		p.Refused([]string{"restore", "--yes"}, "another restore is at work", "Wait")
		unchanged("a refusal")
	})
	t.Run("a wrong password", func(t *testing.T) {
		environ := p.Environ
		defer func() { p.Environ = environ }()
		p.Environ = append(append([]string{}, environ...), "DB_PASSWORD=wrong-and-planted")
		code, out, errOut := p.Run("restore", "--yes")
		if code != 2 || strings.Contains(out+errOut, "wrong-and-planted") || !strings.Contains(errOut, "password authentication failed") {
			t.Errorf("exit %d\n%s%s", code, out, errOut)
		}
	})

	out := p.Must("restore", "--yes")
	for _, want := range []string{"backstage_plugin_catalog__failed_", "Left alone, with all their rows: ", "Deploy commit ", " -U 'backstage' -d postgres -c 'DROP DATABASE"} {
		if !strings.Contains(out, want) {
			t.Errorf("the report does not say %q:\n%s", want, out)
		}
	}
	after := p.Content()
	if after["backstage_plugin_catalog"] != before["backstage_plugin_catalog"] || after["backstage_plugin_auth"] != upgraded["backstage_plugin_auth"] {
		t.Errorf("before %v\nafter  %v", before, after)
	}
	if out := p.Must("restore"); !strings.Contains(out, "Nothing to restore") {
		t.Errorf("again: %s", out)
	}
	if out := p.Must("create", "--dry-run", "--deployed", "HEAD"); !strings.Contains(out, ": it is what an earlier restore replaced, and is not copied") || strings.Contains(out, "another deployment's") {
		t.Errorf("a survey afterwards:\n%s", out)
	}
	secrets.InFiles(t, p.Root+"/packages", filepath.Join(p.Dir, "before"))
}

func TestSnapshotPlan(t *testing.T) {
	t.Parallel()
	p := newSnapPortal(t)
	p.Must("create", "--name", "before")
	folder := filepath.Join(p.Dir, "before")
	read := func(name string) string {
		t.Helper()
		src, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(filepath.Join(folder, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, %v", name, info.Mode(), err)
		}
		return string(src)
	}
	for name, want := range map[string]string{"ROLLBACK.md": "Which those are shows after the upgrade", "rollback.sh": "#!/bin/sh"} {
		if text := read(name); !strings.Contains(text, want) || strings.Contains(text, snapportal.DBPassword) || !strings.Contains(text, "DB_PASSWORD") {
			t.Errorf("%s after create:\n%s", name, text)
		}
	}
	p.Must("verify")

	// Before the upgrade there is nothing to restore, and still a plan for after it.
	if out := p.Must("plan"); !strings.Contains(out, "Nothing to restore") || !strings.Contains(out, "for every database, as nothing is migrated yet") ||
		!strings.Contains(read("ROLLBACK.md"), "pg_restore") || strings.Contains(read("ROLLBACK.md"), "Deploying the old code is enough") {
		t.Errorf("before the upgrade:\n%s\n%s", out, read("ROLLBACK.md"))
	}
	if out := p.Must("plan", "--no-look"); !strings.Contains(out, "not looked at") || strings.Contains(out, "as in the snapshot") {
		t.Errorf("--no-look:\n%s", out)
	}

	// A checkout of the next release: one migration more.
	next := filepath.Join(t.TempDir(), "next")
	if err := os.CopyFS(next, os.DirFS(p.Root)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(next, "node_modules/@backstage/plugin-catalog-backend/migrations/20260101000000_etag.js"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	out := p.Must("plan", "--against", next)
	if !strings.Contains(out, "backstage_plugin_catalog") || !strings.Contains(out, "+1") || !strings.Contains(out, "Left alone, with all their rows: ") ||
		!strings.Contains(read("ROLLBACK.md"), "By the migrations of the release to come") {
		t.Errorf("--against:\n%s", out)
	}
	p.Refused([]string{"plan", "--against", t.TempDir()}, "has no node_modules", "yarn install")

	p.Upgrade()
	out = p.Must("plan", "--dry-run")
	if strings.Contains(out, "Written") || !strings.Contains(read("ROLLBACK.md"), "By the migrations of the release to come") {
		t.Errorf("--dry-run wrote the plan:\n%s", out)
	}
	p.Must("plan")
	if text := read("ROLLBACK.md"); !strings.Contains(text, "20260101000000") || !strings.Contains(text, "These databases were migrated since the snapshot") {
		t.Errorf("after the upgrade:\n%s", text)
	}
	// The plan's sums are its own: what verify checks is still right.
	p.Must("verify")
	// A folder is found without a portal, and what is beside it is left alone.
	if err := os.Mkdir(filepath.Join(p.Dir, "other.partial"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"verify", "show"} {
		if code, out, errOut := program.RunJudged(t, p.Environ, "snapshot", command, "--snapshot", folder, "-C", t.TempDir()); code != 0 {
			t.Errorf("%s of a folder: exit %d\n%s%s", command, code, out, errOut)
		}
	}
	if _, err := os.Stat(filepath.Join(p.Dir, "other.partial")); err != nil {
		t.Error(err)
	}
	p.Must("plan", "--no-look", "--format", "markdown")
}

// Without portalctl, with the portal's own role and the variable of app-config.
func TestRollbackScriptWithoutPortalctl(t *testing.T) {
	t.Parallel()
	p := newSnapPortal(t)
	for _, tool := range []string{"sh", "zstd"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("rollback.sh needs %s", tool)
		}
	}
	secrets := &snapportal.SecretWatch{Texts: []string{snapportal.DBPassword}}
	secrets.Watch(t)
	p.Must("create", "--name", "before")
	before := p.Content()
	p.Upgrade()
	upgraded := p.Content()
	tmp := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "sh", filepath.Join(p.Dir, "before", "rollback.sh"), "--yes")
	cmd.Env = []string{"PATH=" + p.Cluster.Tools.Dir + string(os.PathListSeparator) + os.Getenv("PATH"), "DB_PASSWORD=" + snapportal.DBPassword, "TMPDIR=" + tmp}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	after := p.Content()
	if after["backstage_plugin_catalog"] != before["backstage_plugin_catalog"] || after["backstage_plugin_auth"] != upgraded["backstage_plugin_auth"] {
		t.Errorf("before %v\nafter  %v\n%s", before, after, out)
	}
	// The commands at its end work in a shell that knows no PGHOST.
	if !strings.Contains(string(out), fmt.Sprintf("psql -h '127.0.0.1' -p %d -U 'backstage' -d \"dbname='postgres'\" -c 'DROP DATABASE", p.Cluster.Port)) {
		t.Errorf("what drops the failed state:\n%s", out)
	}
	if strings.Contains(string(out), "WARNING") {
		t.Errorf("warnings of ANALYZE:\n%s", out)
	}
	secrets.In(t, "rollback.sh", string(out))
	if left, _ := os.ReadDir(tmp); len(left) > 0 {
		t.Errorf("temporary files are left: %v", left)
	}
	secrets.InFiles(t, filepath.Join(p.Dir, "before"))
	if out := p.Must("restore"); !strings.Contains(out, "Nothing to restore") {
		t.Errorf("portalctl after the script: %s", out)
	}
}
