package rollback

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/pgtest"
)

// The server's disk is full half-way through the restore: the server's words
// arrive, what was begun is gone, the live databases are as they were.
func TestRestoreOnAFullDisk(t *testing.T) {
	testkit.SkipRace(t)
	t.Parallel()
	p := newPortal(t, false)
	dir := filepath.Join(t.TempDir(), "disk")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=26m,mode=0777"); err != nil {
		t.Skipf("no real full disk here: mounting a tmpfs needs root: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	for parent := filepath.Dir(dir); parent != "/" && parent != os.TempDir(); parent = filepath.Dir(parent) {
		_ = os.Chmod(parent, 0o755)
	}
	space := filepath.Join(dir, "space")
	if err := os.Mkdir(space, 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("chown", "postgres", space).CombinedOutput(); err != nil {
		t.Skipf("chown: %v: %s", err, out)
	}
	pgtest.Exec(t, p.Cluster, "postgres", "CREATE TABLESPACE small LOCATION "+pg.Literal(space), "ALTER DATABASE backstage_plugin_catalog SET TABLESPACE small")
	pgtest.Exec(t, p.Cluster, "backstage_plugin_catalog", "INSERT INTO things (kind, body) SELECT 'b', repeat(md5(i::text), 20) FROM generate_series(1, 11000) i")
	p.Take()
	for i := range p.Manifest.Databases {
		if d := &p.Manifest.Databases[i]; d.Plugins[0] == "catalog" {
			d.Properties.Tablespace = "small"
		}
	}
	p.Upgrade()
	err := p.refused(p.plan(), p.options(), "No space left on device", "a full disk")
	if !strings.Contains(err.Error(), "backstage_plugin_catalog") || fault.NextOf(err) == "" {
		t.Errorf("error %v", err)
	}
}
