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

// With ssl.ca nobody can connect who does not have it: create keeps it in the
// snapshot, with a sum, and the script connects with that alone. What stands
// around the certificates is not kept.
func TestSnapshotKeepsTheCA(t *testing.T) {
	t.Parallel()
	settings, ca := pgtest.TLS(t)
	p := newSnapPortalOn(t, pgtest.Start(t, settings))
	const note = "The CA of the test, planted beside it\n"
	p.Config("localhost", p.Cluster.Port)
	config, err := os.ReadFile(filepath.Join(p.Root, "app-config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	p.Write("app-config.yaml", string(config)+"      ssl:\n        ca: |\n          "+strings.ReplaceAll(strings.TrimSpace(note+string(ca)), "\n", "\n          ")+"\n")
	p.Commit("TLS")
	p.Must("create", "--name", "before")
	s := p.Newest()
	kept := s.Manifest.Servers[0].CA
	if kept == nil || s.Manifest.Servers[0].SSLMode != "verify-full" {
		t.Fatalf("server %+v", s.Manifest.Servers[0])
	}
	src, err := os.ReadFile(filepath.Join(s.Dir, kept.Name))
	if err != nil || string(src) != string(ca) {
		t.Errorf("%v: kept %s", err, src)
	}
	p.Must("verify")
	path := filepath.Dir(p.Cluster.Tools.Path("psql")) + string(os.PathListSeparator) + os.Getenv("PATH")
	cmd := exec.CommandContext(t.Context(), "sh", filepath.Join(s.Dir, "rollback.sh"), "--check")
	cmd.Env = []string{"PATH=" + path, "DB_PASSWORD=" + snapportal.DBPassword, "HOME=" + t.TempDir(), "TMPDIR=" + t.TempDir()}
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "server and rights: good") {
		t.Errorf("%v\n%s", err, out)
	}
}
