package snapshots

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit/pgtest"
	"github.com/portalctl/portalctl/internal/testkit/snapportal"
)

// A server in recovery, as a standby is: create says that its plan would lead to
// a server that nothing can be restored on, before all that matters less, and
// restore and rollback.sh refuse it before anything else happens.
func TestSnapshotOfAStandby(t *testing.T) {
	t.Parallel()
	p := newSnapPortalOn(t, pgtest.Start(t, map[string]string{"wal_level": "replica", "hot_standby": "on"}))
	p.Must("create", "--name", "before")
	p.Upgrade()
	pgtest.Exec(t, p.Cluster, "postgres", "CHECKPOINT")
	p.Cluster.Kill()
	signal := filepath.Join(p.Cluster.Data(), "standby.signal")
	if err := os.WriteFile(signal, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := p.Cluster.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := pgtest.Value(t, p.Cluster, "postgres", "SELECT pg_is_in_recovery()"); got != "true" {
		t.Fatalf("in recovery: %s", got)
	}
	before := p.Content()

	for _, args := range [][]string{{"restore", "--snapshot", "before", "--yes"}, {"restore", "--snapshot", "before", "--yes", "--terminate"}} {
		p.Refused(args, "is a standby, which nothing can be written to", "primary")
	}
	p.Must("plan", "--snapshot", "before")
	cmd := exec.CommandContext(t.Context(), "sh", filepath.Join(p.Dir, "before", "rollback.sh"), "--yes")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "DB_PASSWORD=" + snapportal.DBPassword, "TMPDIR=" + t.TempDir()}
	out, err := cmd.CombinedOutput()
	if err == nil || cmd.ProcessState.ExitCode() != 2 || !strings.Contains(string(out), "is a standby, which nothing can be written to") {
		t.Errorf("rollback.sh: %v\n%s", err, out)
	}
	after := p.Content()
	for name, was := range before {
		if after[name] != was {
			t.Errorf("%s was changed", name)
		}
	}

	p.Write("node_modules/@backstage/plugin-catalog-backend/migrations/20260101000000_etag.js", "")
	// A package that is not at hand is a note as well, and comes last.
	remove(t, filepath.Join(p.Root, "node_modules/@backstage/plugin-auth-backend/package.json"))
	created := p.Must("create", "--name", "of-a-standby", "--deployed", p.Head)
	standby, absent := strings.Index(created, "it is a standby: the plan would lead to"), strings.Index(created, "plugin-auth-backend 0.25.2 is not installed")
	if standby < 0 || absent < standby || !strings.Contains(created, "Name the primary with --dsn") {
		t.Errorf("create on a standby:\n%s", created)
	}
	if server := p.Newest().Manifest.Servers[0]; !server.Standby {
		t.Errorf("the manifest does not know of the standby: %+v", server)
	}
}
