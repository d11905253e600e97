package osv_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/httpfetch"
	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/testkit/osvtest"
	"github.com/portalctl/portalctl/internal/testkit/testshared"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// corpora are the locks of which osv-scanner's findings are known, by the name
// of the golden file.
func corpora(t *testing.T) map[string][]osv.Package {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(testshared.Dir(t, "golden/audit"), "*.json"))
	if err != nil || len(files) < 11 {
		t.Fatalf("%d golden files, %v", len(files), err)
	}
	out := map[string][]osv.Package{}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		lock := filepath.Join(testshared.Dir(t, "corpus"), filepath.FromSlash(strings.ReplaceAll(name, "__", "/")), "yarn.lock")
		src, err := os.ReadFile(lock)
		if err != nil {
			t.Fatal(err)
		}
		l, err := yarnlock.Parse(lock, src)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range l.Entries {
			if n, v, ok := e.Package(); ok {
				out[name] = append(out[name], osv.Package{Name: n, Version: v})
			}
		}
	}
	return out
}

func golden(t *testing.T, name string) []string {
	t.Helper()
	src, err := os.ReadFile(filepath.Join(testshared.Dir(t, "golden/audit"), name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var rows [][3]string
	if err := json.Unmarshal(src, &rows); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range rows {
		out = append(out, strings.Join(r[:], " "))
	}
	slices.Sort(out)
	return out
}

func rows(hits []osv.Hit) []string {
	var out []string
	for _, h := range hits {
		out = append(out, h.Advisory.ID+" "+h.Package.Name+" "+h.Package.Version)
	}
	slices.Sort(out)
	return out
}

// TestSharedGolden compares with what osv-scanner reports for eleven locks.
func TestSharedGolden(t *testing.T) {
	db, err := osv.OpenDatabase(t.Context(), testshared.Dir(t, "osv"), osv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for name, packages := range corpora(t) {
		start := time.Now()
		hits, err := db.Match(t.Context(), packages)
		if err != nil {
			t.Fatal(err)
		}
		want := golden(t, name)
		t.Logf("%s: %d packages, %d hits, %s", name, len(packages), len(hits), time.Since(start).Round(time.Millisecond))
		if diff := cmp.Diff(want, rows(hits)); diff != "" {
			t.Errorf("%s (-osv-scanner +ours):\n%s", name, diff)
		}
		// The versions that we read from the records ourselves agree with the engine.
		for _, h := range hits {
			if !h.Advisory.Affects(h.Package) {
				t.Errorf("%s applies to %v, Affects says no", h.Advisory.ID, h.Package)
			}
		}
	}
}

// TestSharedGoldenOnline asks a service that speaks OSV's protocol.
func TestSharedGoldenOnline(t *testing.T) {
	s, err := osvtest.Start(testshared.Dir(t, "osv/npm"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	client := httpfetch.New(httpfetch.Config{})
	defer client.CloseIdle()
	for name, packages := range corpora(t) {
		for _, url := range []string{s.URL, s.URL + "/fault/paged"} {
			hits, err := osv.NewOnline(client, url).Match(t.Context(), packages)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(golden(t, name), rows(hits)); diff != "" {
				t.Errorf("%s at %s (-osv-scanner +ours):\n%s", name, url, diff)
			}
		}
	}
}

// TestSharedZip: the zip file and its index say what the folder says.
func TestSharedZip(t *testing.T) {
	text, err := osvtest.ZipFolder(testshared.Dir(t, "osv/npm"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "all.zip"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, state := range []osv.IndexState{osv.IndexBuilt, osv.IndexKept} {
		db, err := osv.OpenDatabase(t.Context(), dir, osv.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := db.Status(); got.Index != state || got.Records != 184 {
			t.Errorf("%+v, want %s", got, state)
		}
		for name, packages := range corpora(t) {
			hits, err := db.Match(t.Context(), packages)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(golden(t, name), rows(hits)); diff != "" {
				t.Errorf("%s (-osv-scanner +ours):\n%s", name, diff)
			}
		}
		db.Close()
	}
}
