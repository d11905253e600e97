package release

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/testkit/testshared"
)

// The table is small enough to be in every binary.
const mostTable = 250 << 10

func TestNewestMain(t *testing.T) {
	newest := NewestMain()
	if mains := Mains(); Known(newest) == nil || newest != mains[len(mains)-1] {
		t.Fatalf("%q is not the newest in the table", newest)
	}
	if n := testing.AllocsPerRun(10, func() { NewestMain() }); n > 0 {
		t.Errorf("it copies the releases: %v allocations", n)
	}
	if n, err := Behind("1.40.0", newest); err != nil || n < 10 {
		t.Errorf("1.40.0 is %d behind %s, %v", n, newest, err)
	}
}

func TestTable(t *testing.T) {
	if len(tableData) > mostTable {
		t.Errorf("table.bin has %d bytes, at most %d", len(tableData), mostTable)
	}
	list := readTable().releases
	if !slices.IsSortedFunc(list, semrange.CompareText) {
		t.Error("the releases are not in order")
	}
	for _, r := range list {
		m := Known(r)
		if len(m.Packages) == 0 && r != "0.1.0" {
			t.Errorf("%s lists no packages", r)
		}
		for name, v := range m.Packages {
			if parsed, err := semrange.ParseVersion(v); !validName(name) || err != nil || parsed.Original() != v {
				t.Fatalf("%s: %s %q", r, name, v)
			}
		}
	}
	if Known("1.99.0") != nil || Known("v1.50.0") != nil || Known("") != nil {
		t.Error("a release that does not exist is known")
	}
}

// Versions of real releases: a main release, a prerelease, a patch of an older
// release that came out after a newer one, one with a package that is gone since.
func TestKnownVersions(t *testing.T) {
	for _, tc := range []struct{ release, name, version string }{
		{"1.50.0", "@backstage/app-defaults", "1.7.7"},
		{"1.50.0", "@backstage/backend-defaults", "0.17.0"},
		{"1.54.0-next.0", "@backstage/no-such-package", ""},
		{"0.1.1-alpha.0", "@backstage/core", "0.1.1-alpha.0"},
		{"1.5.0", "@techdocs/cli", "1.2.0"},
	} {
		m := Known(tc.release)
		if m == nil {
			t.Errorf("%s is not known", tc.release)
			continue
		}
		if got := m.Packages[tc.name]; got != tc.version {
			t.Errorf("%s in %s: %q, want %q", tc.name, tc.release, got, tc.version)
		}
	}
}

// The table says of each release what its manifest says.
func TestTableIsTheManifests(t *testing.T) {
	dir := testshared.Dir(t, "backstage-versions/v1/releases")
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		src, err := os.ReadFile(filepath.Join(dir, e.Name(), "manifest.json"))
		if err != nil {
			t.Fatal(err)
		}
		want, err := parse(src)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, Known(e.Name())); diff != "" {
			t.Errorf("%s: %s", e.Name(), diff)
		}
	}
	if n := len(readTable().releases); n != len(entries) {
		t.Errorf("the table has %d releases, want %d", n, len(entries))
	}
}

func BenchmarkKnown(b *testing.B) {
	for b.Loop() {
		Known("1.50.4")
	}
}

// A package that newer releases lack is gone, with the last release that had it.
func TestGone(t *testing.T) {
	for name, want := range map[string]string{
		"@backstage/plugin-tech-radar": "1.26.5", "@backstage/backend-common": "1.31.4",
		"@backstage/core-plugin-api": "", "@acme/never": "",
	} {
		if got := Gone(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
