package rollback

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/snapshot"
)

// checkout is a release to come with files below its root; links are made of
// pairs.
func checkout(t *testing.T, files []string, links ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, f := range append(files, "node_modules/.yarn-state.yml") {
		path := filepath.Join(root, filepath.FromSlash(f))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for i := 0; i < len(links); i += 2 {
		path := filepath.Join(root, filepath.FromSlash(links[i]))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(links[i+1], path); err != nil {
			t.Skipf("no links here: %v", err)
		}
	}
	return root
}

// Wherever the release to come has a package, and whatever it is called there,
// its migrations are found; what is not found, or fits several, comes back.
func TestAgainstFindsThePackageOfTheMigrations(t *testing.T) {
	catalog := func(p *filePortal, pkg string, names ...string) {
		m := &p.Manifest.Databases[0].Migrations[0]
		m.Package, m.Rows = pkg, nil
		for i, n := range names {
			m.Rows = append(m.Rows, snapshot.MigrationRow{ID: int64(i), Name: n})
		}
	}
	const pkg = "@internal/plugin-catalog-backend"
	mods := func(root string, names ...string) (out []string) {
		for _, n := range names {
			out = append(out, root+"/migrations/"+n)
		}
		return out
	}
	for _, tt := range []struct {
		name  string
		pkg   string // as the snapshot knows it
		ran   []string
		files []string
		links []string
		want  string // the change, "" for none
	}{
		{"installed, the same", pkg, []string{"a.js", "b.js"}, mods("node_modules/"+pkg, "a.js", "b.js"), nil, ""},
		{"installed, one more", pkg, []string{"a.js", "b.js"}, mods("node_modules/"+pkg, "a.js", "b.js", "c.js"), nil, "+1"},
		{"a workspace", pkg, []string{"a.js", "b.js"}, mods("plugins/catalog", "a.js", "b.js"), []string{"node_modules/" + pkg, "../../plugins/catalog"}, ""},
		{"a workspace, one more", pkg, []string{"a.js", "b.js"}, mods("plugins/catalog", "a.js", "b.js", "c.js"), []string{"node_modules/" + pkg, "../../plugins/catalog"}, "+1"},
		{"in a workspace's node_modules", pkg, []string{"a.js", "b.js"}, mods("packages/backend/node_modules/"+pkg, "a.js", "b.js"), []string{"node_modules/backend", "../packages/backend"}, ""},
		{"in another package's node_modules", pkg, []string{"a.js", "b.js"}, mods("node_modules/x/node_modules/"+pkg, "a.js", "b.js"), nil, ""},
		{"not known which", "", []string{"a.js", "b.js"}, mods("node_modules/"+pkg, "a.js", "b.js"), nil, ""},
		{"moved to another package", pkg, []string{"a.js", "b.js"}, mods("node_modules/@new/catalog", "a.js", "b.js", "c.js"), nil, "+1"},
		{"two copies, one older", pkg, []string{"a.js", "b.js"}, append(mods("node_modules/"+pkg, "a.js"), mods("node_modules/x/node_modules/"+pkg, "a.js", "b.js")...), nil, ""},
		{"two copies, one newer", pkg, []string{"a.js"}, append(mods("node_modules/"+pkg, "a.js"), mods("node_modules/x/node_modules/"+pkg, "a.js", "b.js")...), nil, "+1"},
		{"a name that others have", pkg, []string{"001.js", "b.js", "c.js"}, mods("node_modules/other", "001.js"), nil, "no package in "},
		{"nobody brings them", pkg, []string{"a.js"}, mods("node_modules/other", "z.js"), nil, "no package in "},
		{"none ran", pkg, nil, mods("node_modules/other", "z.js"), nil, "no migration ran"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newFilePortal(t)
			catalog(p, tt.pkg, tt.ran...)
			plan, err := New(p.Manifest, nil)
			if err == nil {
				err = plan.Against(checkout(t, tt.files, tt.links...))
			}
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, target := range plan.Targets {
				if target.Path == p.Path("catalog") {
					got = plan.Migrated(target)
				}
			}
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// The column is called "rows lost": rows that come back are none, and the table
// that loses most is not one of those that are only counted.
func TestRowsLost(t *testing.T) {
	row := func(table string, then, now int64) snapshot.RowDiff {
		return snapshot.RowDiff{Table: table, Then: then, Now: now}
	}
	target := &Target{Loss: Loss{Known: true, Tables: []snapshot.RowDiff{
		row("a", 15, 5), row("b", 5, 4), row("c", 5, 4), row("d", 5, 4), row("e", 5, 4), row("f", 7, -1), row("g", 10, 22), row("h", -1, 3), row("i", -1, 0),
	}}}
	want := "g: 12 (10 in the snapshot, 22 now); h: all 3, the table is new; a: none, 10 come back (15 in the snapshot, 5 now); " +
		"b: none, 1 come back (5 in the snapshot, 4 now); c: none, 1 come back (5 in the snapshot, 4 now); d: none, 1 come back (5 in the snapshot, 4 now); 3 more tables"
	if got, want := lost(row("i", -1, 0)), "i: none, the table is new and empty"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := target.LossSummary(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
