package oracle

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/osv-scanner/v2/pkg/models"
	"github.com/google/osv-scanner/v2/pkg/osvscanner"

	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/testkit/testshared"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// scan has osv-scanner read a lock against a folder of records.
func scan(t *testing.T, records, lock string) models.VulnerabilityResults {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "osv-scanner", "npm"), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(dir, "osv-scanner", "npm", "all.zip"))
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	if err := z.AddFS(os.DirFS(records)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	f.Close()
	config := filepath.Join(dir, "osv-scanner.toml")
	if err := os.WriteFile(config, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	osvscanner.SetLogger(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	result, err := osvscanner.DoScan(osvscanner.ScannerActions{
		LockfilePaths: []string{"yarn.lock:" + lock}, NoIgnore: true, CompareOffline: true, LocalDBPath: dir,
		PluginNetworkDisabled: true, ConfigOverridePath: config,
		ExperimentalScannerActions: osvscanner.ExperimentalScannerActions{
			PluginsNoDefaults: true, PluginsEnabled: []string{"javascript/yarnlock"},
			TransitiveScanning: osvscanner.TransitiveScanningActions{Disabled: true},
		},
	})
	if err != nil && !errors.Is(err, osvscanner.ErrVulnerabilitiesFound) {
		t.Fatalf("%v\n%s", err, log.String())
	}
	return result
}

// ours is what portalctl says of the same.
func ours(t *testing.T, records, lock string) models.VulnerabilityResults {
	t.Helper()
	src, err := os.ReadFile(lock)
	if err != nil {
		t.Fatal(err)
	}
	l, err := yarnlock.Parse(lock, src)
	if err != nil {
		t.Fatal(err)
	}
	var asked []osv.Package
	for _, e := range l.Entries {
		if n, v, ok := e.Package(); ok {
			asked = append(asked, osv.Package{Name: n, Version: v})
		}
	}
	db, err := osv.OpenDatabase(t.Context(), records, osv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	hits, err := db.Match(t.Context(), asked)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := osv.WriteResults(&b, []osv.Source{{Path: lock, Hits: hits}}); err != nil {
		t.Fatal(err)
	}
	var doc models.VulnerabilityResults
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// packages are the findings, each package as JSON has it, sorted. Workspaces,
// which osv-scanner takes for packages of npm, are left out. It sorts the events
// of the records that it matched, so those are compared by their text only where
// they are in order: in the real ones.
func packages(t *testing.T, doc models.VulnerabilityResults, records bool) []string {
	t.Helper()
	var list []string
	for _, s := range doc.Results {
		for i := range s.Packages {
			if s.Packages[i].Package.Version == "0.0.0-use.local" {
				continue
			}
			if !records {
				for _, v := range s.Packages[i].Vulnerabilities {
					v.Affected = nil
				}
			}
			text, err := json.MarshalIndent(&s.Packages[i], "", " ")
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, string(text))
		}
	}
	slices.Sort(list)
	return list
}

func compare(t *testing.T, records, lock string, whole bool) int {
	t.Helper()
	want, got := packages(t, scan(t, records, lock), whole), packages(t, ours(t, records, lock), whole)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-osv-scanner +ours):\n%s", lock, diff)
	}
	return len(want)
}

// TestRecords: a lock with the packages of the project's own records, at many
// versions.
func TestRecords(t *testing.T) {
	for _, folder := range []string{"records", "shapes"} {
		// osv-scanner stops at the first range of commits, and so misses this one;
		// portalctl reads on.
		records := t.TempDir()
		if err := os.CopyFS(records, os.DirFS(filepath.Join("..", "testdata", folder))); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(records, "git-first.json")); err != nil && folder == "shapes" {
			t.Fatal(err)
		}
		var lock strings.Builder
		lock.WriteString("# yarn lockfile v1\n")
		for _, name := range []string{"@portal/parser", "@scope/pkg", "last-one", "other", "shaped", "stolen", "two-lines"} {
			for _, v := range []string{"0.0.1", "0.9.0", "1.0.0", "1.0.0-alpha.9", "1.0.0-alpha.10", "1.2.3", "1.4.1", "1.4.2", "1.5.0", "1.5.1", "1.9.9",
				"2.0.0-beta.2", "2.0.0", "2.0.5", "2.1.0", "2.4.0-rc.1", "3.0.0-alpha", "3.0.0", "3.1.0", "3.1.1", "3.4.1", "4.0.0", "5.0.0", "5.0.1", "9.0.5", "99.0.0"} {
				fmt.Fprintf(&lock, "\n\"%s@%s\":\n  version \"%s\"\n", name, v, v)
			}
		}
		file := filepath.Join(t.TempDir(), "yarn.lock")
		if err := os.WriteFile(file, []byte(lock.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		if n := compare(t, records, file, false); n < 5 {
			t.Errorf("%s: only %d packages are hit", folder, n)
		}
	}
}

// TestShared: the locks of real portals.
func TestShared(t *testing.T) {
	corpus, records := testshared.Dir(t, "corpus"), testshared.Dir(t, "osv/npm")
	golden, err := filepath.Glob(filepath.Join(testshared.Dir(t, "golden/audit"), "*.json"))
	if err != nil || len(golden) < 11 {
		t.Fatalf("%d golden files, %v", len(golden), err)
	}
	for _, file := range golden {
		name := strings.ReplaceAll(strings.TrimSuffix(filepath.Base(file), ".json"), "__", "/")
		t.Logf("%s: %d packages", name, compare(t, records, filepath.Join(corpus, filepath.FromSlash(name), "yarn.lock"), true))
	}
}
