// Package sharedaudit audits real portals with the real advisories, where those are.
package sharedaudit

import (
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/osvtest"
	"github.com/portalctl/portalctl/internal/testkit/program"
	"github.com/portalctl/portalctl/internal/testkit/testshared"
)

func TestMain(m *testing.M) { os.Exit(testkit.M{M: m}.Run()) }

// environ is the environment of an audit, whose releases are those of the example.
func environ(t *testing.T) []string {
	t.Helper()
	versions, err := filepath.Abs(filepath.Join("..", "..", "..", "testdata", "versions"))
	if err != nil {
		t.Fatal(err)
	}
	return []string{"BACKSTAGE_VERSIONS_BASE_URL=file://" + filepath.ToSlash(versions), "PORTALCTL_CACHE_DIR=" + t.TempDir(), "HOME=" + t.TempDir(), "NO_PROXY=127.0.0.1"}
}

// auditJSON is the part of the JSON report that tests look at.
type auditJSON struct {
	Findings []struct {
		Advisory, Package, Version, Lockfile, Fixed string
		Paths                                       []struct {
			Workspace, Folder string
			Steps             []struct{ Name, Version, Range string }
		}
		Action *int
	}
}

// sharedAudits are auditShared's by portal: more than one test compares with them.
var sharedAudits sync.Map // of *sharedAudit

type sharedAudit struct {
	once sync.Once
	code int
	doc  auditJSON
}

// auditShared audits a real portal with the real advisories.
func auditShared(t *testing.T, portal string) (int, auditJSON) {
	t.Helper()
	made, _ := sharedAudits.LoadOrStore(portal, new(sharedAudit))
	a := made.(*sharedAudit)
	a.once.Do(func() { a.code, a.doc = newSharedAudit(t, portal) })
	return a.code, a.doc
}

func newSharedAudit(t *testing.T, portal string) (int, auditJSON) {
	t.Helper()
	code, out, errOut := program.RunJudged(t, environ(t), "audit", "--format", "json", "--db", testshared.Dir(t, "osv"), "-C", testshared.Dir(t, "corpus/"+portal))
	// One of the portals has a lock that lacks what its manifests ask for: the
	// report is there, and says that it is not whole.
	if code > 1 && !(portal == "self-service-v1" && code == 2 && strings.Contains(errOut, "yarn.lock has no entry for")) {
		t.Fatalf("%s: code %d, %s", portal, code, errOut)
	}
	var doc auditJSON
	if err := json.Unmarshal([]byte(out), &doc); err != nil {
		t.Fatal(err)
	}
	return code, doc
}

// TestSharedAudit compares the findings of eleven real locks with those of
// osv-scanner, workspaces apart. Each has a path from who asks, and an action.
func TestSharedAudit(t *testing.T) {
	testkit.SkipRace(t)
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(testshared.Dir(t, "golden/audit"), "*.json"))
	if err != nil || len(files) < 11 {
		t.Fatalf("%d golden files, %v", len(files), err)
	}
	unasked := 0
	for _, file := range files {
		dir := strings.ReplaceAll(strings.TrimSuffix(filepath.Base(file), ".json"), "__", "/")
		portal, _, _ := strings.Cut(dir, "/")
		lock := path.Join(strings.TrimPrefix(strings.TrimPrefix(dir, portal), "/"), "yarn.lock")
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var rows [][3]string
		if err := json.Unmarshal(src, &rows); err != nil {
			t.Fatal(err)
		}
		var want, got []string
		for _, r := range rows {
			want = append(want, strings.Join(r[:], " "))
		}
		code, doc := auditShared(t, portal)
		if code != 1 && portal != "self-service-v1" {
			t.Errorf("%s: code %d", dir, code)
		}
		for _, f := range doc.Findings {
			if f.Lockfile != lock {
				continue
			}
			got = append(got, f.Advisory+" "+f.Package+" "+f.Version)
			if len(f.Paths) == 0 {
				unasked++
			}
			if f.Action == nil {
				t.Errorf("%s: %s %s: nothing to do", dir, f.Advisory, f.Package)
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-osv-scanner +portalctl):\n%s", dir, diff)
		}
	}
	// self-service-v1 has entries that nothing asks for any more.
	t.Logf("%d findings that nothing asks for", unasked)
}

// TestSharedAuditFormats: the exit code does not depend on the format.
func TestSharedAuditFormats(t *testing.T) {
	testkit.SkipRace(t)
	t.Parallel()
	for _, format := range []string{"table", "json", "sarif", "markdown"} {
		code, out, errOut := program.RunJudged(t, environ(t), "audit", "--format", format, "--db", testshared.Dir(t, "osv"), "-C", testshared.Dir(t, "corpus/rhdh"))
		if code != 1 || out == "" || errOut != "" {
			t.Errorf("%s: code %d, %d bytes, stderr %q", format, code, len(out), errOut)
		}
	}
}

// TestSharedAuditOnline: a service gives the findings that the database gives.
func TestSharedAuditOnline(t *testing.T) {
	testkit.SkipRace(t)
	t.Parallel()
	server, err := osvtest.Start(testshared.Dir(t, "osv/npm"))
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	for _, portal := range []string{"demo", "demo-1.43", "gitlab-plugin", "janus-plugins", "ortelius-v1", "rhdh", "self-service-v1", "showcase-v6"} {
		code, want := auditShared(t, portal)
		gotCode, out, errOut := program.RunJudged(t, append(environ(t), "PORTALCTL_OSV_URL="+server.URL), "audit", "--format", "json", "-C", testshared.Dir(t, "corpus/"+portal))
		if gotCode != code {
			t.Fatalf("%s: code %d, want %d; %s", portal, gotCode, code, errOut)
		}
		var got auditJSON
		if err := json.Unmarshal([]byte(out), &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" || len(got.Findings) == 0 {
			t.Errorf("%s: (-offline +online)\n%s", portal, diff)
		}
	}
}
