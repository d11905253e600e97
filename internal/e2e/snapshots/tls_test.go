package snapshots

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit/pgtest"
)

// With ssl.ca nobody can connect who does not have it: create keeps it in the
// snapshot, with a sum, and the script connects with that alone. What stands
// around the certificates is not kept.
func TestSnapshotKeepsTheCA(t *testing.T) {
	t.Parallel()
	settings, ca := pgtest.TLS(t)
	p := newSnapPortalOn(t, pgtest.Start(t, settings))
	const note = "The CA of the test, planted beside it\n"
	p.config("localhost", p.cluster.Port)
	config, err := os.ReadFile(filepath.Join(p.root, "app-config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	p.write("app-config.yaml", string(config)+"      ssl:\n        ca: |\n          "+strings.ReplaceAll(strings.TrimSpace(note+string(ca)), "\n", "\n          ")+"\n")
	p.commit("TLS")
	p.must("create", "--name", "before")
	s := p.newest()
	kept := s.Manifest.Servers[0].CA
	if kept == nil || s.Manifest.Servers[0].SSLMode != "verify-full" {
		t.Fatalf("server %+v", s.Manifest.Servers[0])
	}
	src, err := os.ReadFile(filepath.Join(s.Dir, kept.Name))
	if err != nil || string(src) != string(ca) {
		t.Errorf("%v: kept %s", err, src)
	}
	p.must("verify")
	path := filepath.Dir(p.cluster.Tools.Path("psql")) + string(os.PathListSeparator) + os.Getenv("PATH")
	cmd := exec.CommandContext(t.Context(), "sh", filepath.Join(s.Dir, "rollback.sh"), "--check")
	cmd.Env = []string{"PATH=" + path, "DB_PASSWORD=" + dbPassword, "HOME=" + t.TempDir(), "TMPDIR=" + t.TempDir()}
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "server and rights: good") {
		t.Errorf("%v\n%s", err, out)
	}
}
