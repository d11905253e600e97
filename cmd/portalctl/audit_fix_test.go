package main

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/npmregistry"
)

// audit --fix that is killed at each file-system operation: what the next one that
// writes leaves is the portal as a whole run leaves it.
func TestAuditFixKilledAtEveryOperation(t *testing.T) {
	testkit.SkipRace(t)
	if testing.Short() {
		t.Skip("starts two processes for each of some 50 operations")
	}
	t.Parallel()
	files, err := txtar.ParseFile(filepath.Join("testdata", "script", "audit_fix.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	write := func(dir string, want func(name string) (string, bool)) {
		for _, f := range files.Files {
			name, ok := want(f.Name)
			if !ok {
				continue
			}
			file := filepath.Join(dir, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, f.Data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(home, func(name string) (string, bool) {
		return name, strings.HasPrefix(name, "osv/") || strings.HasPrefix(name, "registry/")
	})
	server := httptest.NewUnstartedServer(nil)
	server.Config.Handler = &npmregistry.Folder{Dir: filepath.Join(home, "registry"), URL: "http://" + server.Listener.Addr().String()}
	server.Start()
	t.Cleanup(server.Close)
	environ := append(exampleEnv(t), "YARN_NPM_REGISTRY_SERVER="+server.URL, "YARN_UNSAFE_HTTP_WHITELIST=127.0.0.1", "NO_PROXY=127.0.0.1",
		"PORTALCTL_NOW=2026-03-01T00:00:00Z")
	fix := func(as, dir string, more ...string) (killed bool, out string) {
		return runSelf(t, as, append(slices.Clone(environ), more...), "audit", "--fix", "--db", filepath.Join(home, "osv"), "-C", dir)
	}
	portal := func() string {
		dir := t.TempDir()
		write(dir, func(name string) (string, bool) { return strings.CutPrefix(name, "repo/") })
		return dir
	}
	dir := portal()
	before := readTree(t, dir)
	if killed, out := fix("portalctl", dir); killed || !strings.Contains(out, "Fixed: 3 findings by 2 steps") {
		t.Fatalf("the run without a kill:\n%s", out)
	}
	after := readTree(t, dir)
	n := 1
	for ; ; n++ {
		dir := portal()
		killed, out := fix("portalctl-killed", dir, "KILL_AT="+strconv.Itoa(n))
		tree := readTree(t, dir)
		for name, got := range tree {
			if !isOurs(name) && got != before[name] && got != after[name] {
				t.Fatalf("killed before operation %d: %s is neither old nor new:\n%s", n, name, got)
			}
		}
		if !killed {
			if d := cmp.Diff(after, tree); d != "" {
				t.Fatalf("the run that completed (-want +got):\n%s\n%s", d, out)
			}
			break
		}
		if _, out := fix("portalctl", dir); !cmp.Equal(readTree(t, dir), after) {
			t.Fatalf("killed before operation %d: the next one leaves (-want +got):\n%s\n%s", n, cmp.Diff(after, readTree(t, dir)), out)
		}
	}
	if n < 20 {
		t.Fatalf("only %d operations: the failpoints do not reach the transaction", n)
	}
}
