package osv

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/testshared"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// read is every record of a folder.
func read(t *testing.T, dir string) []candidate {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d records in %s, %v", len(files), dir, err)
	}
	var list []candidate
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c, err := newCandidate(filepath.Base(file), src)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		list = append(list, c)
	}
	return list
}

// named are the versions that records name, and those beside them: the
// prerelease of each, a prerelease of another name, the next patch, and builds.
func named(list []candidate) []string {
	versions := []string{"0.0.0", "0.0.1", "1.0.0", "99.0.0", "99.0.0-rc.1"}
	for _, c := range list {
		for _, a := range c.advisory.ranges {
			versions = append(versions, a.Versions...)
			for _, r := range a.Ranges {
				if r.intervals == nil {
					continue // commits
				}
				for _, e := range r.Events {
					versions = append(versions, e.Introduced, e.Fixed, e.LastAffected)
				}
			}
		}
	}
	for _, v := range slices.Clone(versions) {
		if !strings.Contains(v, "-") && strings.Count(v, ".") == 2 {
			versions = append(versions, v+"-0", v+"-beta.2", v+"+build.1", v+"1")
		}
	}
	slices.Sort(versions)
	return slices.DeleteFunc(slices.Compact(versions), func(v string) bool { return v == "" || v == "0" })
}

// agree holds every record against the versions of its packages, and counts.
func agree(t *testing.T, list []candidate, versions func(name string) []string) (pairs, hits int) {
	t.Helper()
	for _, c := range list {
		for _, name := range c.names() {
			for _, v := range versions(name) {
				yes, err := c.affects(Package{name, v})
				if err != nil {
					t.Error(err)
				}
				pairs++
				if yes {
					hits++
				}
			}
		}
	}
	return pairs, hits
}

// TestMatchersAgree: osv-scanner's matcher and ours give one answer for all
// that records name.
func TestMatchersAgree(t *testing.T) {
	for _, dir := range []string{"testdata/records", "testdata/shapes"} {
		list := read(t, dir)
		versions := named(list)
		pairs, hits := agree(t, list, func(string) []string { return versions })
		t.Logf("%s: %d records, %d pairs, %d hits", dir, len(list), pairs, hits)
		if hits < len(list) || hits == pairs {
			t.Errorf("%s: %d of %d pairs hit: the test compares nothing", dir, hits, pairs)
		}
	}
}

// TestSharedMatchersAgree is the same of the records of real portals, for the
// versions that the records of a package name and those that real locks install.
func TestSharedMatchersAgree(t *testing.T) {
	testkit.SkipRace(t)
	list := read(t, testshared.Dir(t, "osv/npm"))
	locks, err := filepath.Glob(filepath.Join(testshared.Dir(t, "corpus"), "*", "yarn.lock"))
	if err != nil || len(locks) < 8 {
		t.Fatalf("%d locks, %v", len(locks), err)
	}
	records := map[string][]candidate{}
	for _, c := range list {
		for _, name := range c.names() {
			records[name] = append(records[name], c)
		}
	}
	versions := map[string][]string{}
	for name, about := range records {
		versions[name] = named(about)
	}
	for _, name := range locks {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		lock, err := yarnlock.Parse(name, src)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range lock.Entries {
			if n, v, ok := e.Package(); ok && records[n] != nil {
				versions[n] = append(versions[n], v)
			}
		}
	}
	pairs, hits := agree(t, list, func(name string) []string { return versions[name] })
	t.Logf("%d records, %d pairs, %d hits", len(list), pairs, hits)
	if hits < len(list) || hits == pairs {
		t.Errorf("%d of %d pairs hit: the test compares nothing", hits, pairs)
	}
}
