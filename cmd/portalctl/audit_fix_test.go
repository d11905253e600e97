package main

import (
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/npmregistry"
)

// audit --fix that is killed at each file-system operation: what the next one that
// writes leaves is the portal as a whole run leaves it.
func TestAuditFixKilledAtEveryOperation(t *testing.T) {
	testkit.SkipRace(t)
	if testing.Short() {
		t.Skip("starts a process for each of some 50 operations")
	}
	t.Parallel()
	files, err := txtar.ParseFile(filepath.Join("..", "..", "internal", "e2e", "scripts", "testdata", "script", "audit_fix.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	write := func(t *testing.T, dir string, want func(name string) (string, bool)) {
		tree := map[string]string{}
		for _, f := range files.Files {
			if name, ok := want(f.Name); ok {
				tree[name] = string(f.Data)
			}
		}
		writeTree(t, dir, tree)
	}
	write(t, home, func(name string) (string, bool) {
		return name, strings.HasPrefix(name, "osv/") || strings.HasPrefix(name, "registry/")
	})
	server := httptest.NewUnstartedServer(nil)
	server.Config.Handler = &npmregistry.Folder{Dir: filepath.Join(home, "registry"), URL: "http://" + server.Listener.Addr().String()}
	server.Start()
	t.Cleanup(server.Close)
	environ := append(exampleEnv(t), "YARN_NPM_REGISTRY_SERVER="+server.URL, "YARN_UNSAFE_HTTP_WHITELIST=127.0.0.1", "NO_PROXY=127.0.0.1",
		"PORTALCTL_NOW=2026-03-01T00:00:00Z")
	fix := func(dir string) []string {
		return []string{"audit", "--fix", "--db", filepath.Join(home, "osv"), "-C", dir}
	}
	undone, _ := killing{
		environ: environ,
		portal: func(t *testing.T) string {
			dir := t.TempDir()
			write(t, dir, func(name string) (string, bool) { return strings.CutPrefix(name, "repo/") })
			return dir
		},
		command: fix,
		exit:    1, // two findings are left
		next: func(t *testing.T, dir string) string {
			_, out, errOut := run0(t, "", environ, fix(dir)...)
			return out + errOut
		},
		done: func(_ map[string]string, out string) bool {
			return strings.Contains(out, "Fixed: 3 findings by 2 steps")
		},
	}.atEveryOperation(t)
	if undone != 0 {
		t.Errorf("%d times the next audit --fix left the portal as it was", undone)
	}
}
