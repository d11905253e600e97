package plugin

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/testkit/npmregistry"
)

// The tables that are left are those that no later migration drops, by the names that
// they have then. A file beside the migrations is none.
func TestTablesThatMigrationsLeave(t *testing.T) {
	f := of(t, map[string]string{
		"migrations/1.js":         "exports.up = async k => { await k.schema.createTable('a', t => {});\n await k.schema.createTable('b', t => {}); }; exports.down = async k => { await k.schema.dropTable('a'); };",
		"migrations/2.js":         "exports.up = async k => { await k.schema.dropTable('a');\n await k.schema.renameTable('b', 'c'); }; exports.down = async () => {};",
		"migrations/util/help.js": "exports.help = () => 1;",
		"db/migrations/1.js":      "exports.up = async k => { await k.schema.createTable('d', t => {}); };",
	})
	got := migrationsOf(f.Migrations)
	want := shippedMigrations{Count: 3, Folders: []string{"db/migrations", "migrations"}, Creates: []table{{"d", "db/migrations/1.js:1"}, {"c", "migrations/1.js:2"}},
		Touches: []string{"a", "b", "d"}, NoWayBack: []string{"db/migrations/1.js (absent)", "migrations/2.js (empty)"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestReleases(t *testing.T) {
	reg := npmregistry.New(t)
	for _, v := range []string{"1.0.0", "1.1.0", "1.2.0"} { // all of 2020
		m := manifest(map[string]any{"version": v, "dependencies": map[string]any{"@backstage/core-plugin-api": "~1.9.0"}})
		reg.PublishAs(m, npmregistry.Pack(m, npmregistry.File{"package/CHANGELOG.md", strings.Repeat("## 0.0.1\n", 50) + "## 1.0.0\n## [1.1.0]\n# 1.2.0 (2020-01-02)\n## 9.0.0\n## 8.0.0\n## 7.0.0\n"}))
	}
	in := input(t, reg)
	r, err := New(t.Context(), in, []Wanted{{Name: "plugin-x"}})
	if err != nil {
		t.Fatal(err)
	}
	v := r.Reviews[0]
	want := releases{Shown: 3, Named: 7, Latest: "1.2.0", LatestAt: time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC), At: time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC),
		FirstAt: time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC), MedianDays: 0, Oldest: v.Releases.Oldest, Newest: v.Releases.Newest, Behind: v.Releases.Behind}
	if d := cmp.Diff(want, v.Releases); d != "" {
		t.Error(d)
	}
	if v.Releases.Oldest != "1.23.0" || v.Releases.Newest != "1.31.4" || v.Releases.Behind < 20 {
		t.Errorf("%+v", v.Releases)
	}
	got := reasons(v)
	for _, text := range []string{"do not adopt: its latest version, 1.2.0, is from 2020-01-02: no release for 74 months [registry: time]", "look closer: the newest Backstage release that its ranges admit is 1.31.4, "} {
		if !strings.Contains(got, text) {
			t.Errorf("lacks %q:\n%s", text, got)
		}
	}
	if len(v.Unknown) == 0 || v.Unknown[0].What != "rhythm of its releases" && v.Unknown[1].What != "rhythm of its releases" {
		t.Errorf("%+v", v.Unknown)
	}
}
