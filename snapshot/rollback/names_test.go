package rollback

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/testkit/dbportal"
	"github.com/portalctl/portalctl/snapshot"
)

func TestNamesFitPostgreSQL(t *testing.T) {
	if dbportal.BesideSuffix != snapshot.BesideSuffix || dbportal.FailedSuffix != snapshot.FailedSuffix || dbportal.ScriptFile != ScriptFile {
		t.Error("the portals of the tests have other names than this package gives")
	}
	stamp := stampText(time.Date(2026, 3, 4, 5, 6, 7, 0, time.FixedZone("x", 3600)))
	if stamp != "20260304_040607" {
		t.Fatalf("stamp %s is not UTC", stamp)
	}
	if got := besideName("backstage_plugin_catalog", stamp); got != "backstage_plugin_catalog__restoring_20260304_040607" {
		t.Errorf("got %s", got)
	}
	long := strings.Repeat("x", 60)
	seen := map[string]bool{}
	for _, live := range []string{"a", long, long + "a", long + "b", strings.Repeat("é", 31), strings.Repeat("日", 21)} {
		for _, suffix := range []string{snapshot.BesideSuffix, snapshot.FailedSuffix} {
			name := fitName(live, suffix+stamp)
			if len(name) > 63 || !utf8.ValidString(name) || seen[name] {
				t.Errorf("%q (%d bytes) for %q", name, len(name), live)
			}
			seen[name] = true
			if !belongsTo(name, live, suffix) {
				t.Errorf("%q is not known as %q's", name, live)
			}
			if stamped := strings.ReplaceAll(stampedName(live, suffix), "\x00", stamp); stamped != name {
				t.Errorf("rollback.sh says %q, Restore %q", stamped, name)
			}
		}
	}
	for _, other := range []string{"backstage_plugin_catalog__failed_x", "backstage_plugin_catalog2__failed_" + stamp, "backstage_plugin_catalog"} {
		if belongsTo(other, "backstage_plugin_catalog", snapshot.FailedSuffix) {
			t.Errorf("%q counts as ours", other)
		}
	}
}

func TestProperties(t *testing.T) {
	p := &snapshot.Properties{Owner: "own er", ConnectionLimit: 5, Comment: "it's", ACL: []string{"=T/x", "\"a=\"\"b\"=c*C/x", "plain=CTc/x"},
		Settings: []snapshot.Setting{{Name: "search_path", Value: `"$user", public, "odd, ""name"`}, {Name: "work_mem", Value: "8MB"},
			{Role: "r", Name: "auto_explain.log_nested", Value: "on"}, {Name: "search_path", Value: `""`}, {Name: "search_path", Value: ""}}}
	want := []string{
		`REVOKE ALL ON DATABASE "d" FROM PUBLIC`, `REVOKE ALL ON DATABASE "d" FROM "own er"`,
		`GRANT TEMPORARY ON DATABASE "d" TO PUBLIC`,
		`GRANT CREATE ON DATABASE "d" TO "a=""b"`, `GRANT CONNECT ON DATABASE "d" TO "a=""b" WITH GRANT OPTION`,
		`GRANT CREATE, TEMPORARY, CONNECT ON DATABASE "d" TO "plain"`,
		`ALTER DATABASE "d" CONNECTION LIMIT 5`,
		`ALTER DATABASE "d" SET "search_path" TO '$user', 'public', 'odd, "name'`,
		`ALTER DATABASE "d" SET "work_mem" TO '8MB'`,
		`ALTER ROLE "r" IN DATABASE "d" SET "auto_explain"."log_nested" TO 'on'`,
		`ALTER DATABASE "d" SET "search_path" TO ''`,
		`ALTER DATABASE "d" SET "search_path" TO ''`,
		`COMMENT ON DATABASE "d" IS 'it''s'`,
	}
	if d := cmp.Diff(want, propertySQL(p, "d")); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	p = &snapshot.Properties{Owner: "o", Encoding: "UTF8", Collate: "C", CType: "C", Provider: "i", Locale: "de-DE", Tablespace: "fast", ConnectionLimit: -1}
	if got, want := createSQL(p, "n"), `CREATE DATABASE "n" TEMPLATE template0 OWNER "o" ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'de-DE' LC_COLLATE 'C' LC_CTYPE 'C' TABLESPACE "fast"`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := propertySQL(p, "n"), []string{`COMMENT ON DATABASE "n" IS NULL`}; cmp.Diff(want, got) != "" {
		t.Errorf("defaults: %q", got)
	}
	for _, bad := range []string{"", "x", `"open`, "a=b"} {
		if _, _, ok := parseACL(bad); ok {
			t.Errorf("%q was read as an aclitem", bad)
		}
	}
}

func TestCompareMigrations(t *testing.T) {
	table := func(name string, ran ...string) snapshot.Migration {
		m := snapshot.Migration{Schema: "public", Table: name}
		for _, r := range ran {
			m.Rows = append(m.Rows, snapshot.MigrationRow{Name: r})
		}
		return m
	}
	then := []snapshot.Migration{table("knex_migrations", "a", "b"), table("tasks", "x"), table("gone")}
	for _, c := range []struct {
		name string
		now  []snapshot.Migration
		want []Change
	}{
		{"the same", []snapshot.Migration{table("tasks", "x"), table("gone"), table("knex_migrations", "b", "a")}, []Change{}},
		{"more", []snapshot.Migration{table("knex_migrations", "a", "b", "c"), table("tasks", "x"), table("gone")},
			[]Change{{Table: "public.knex_migrations", Added: []string{"c"}}}},
		{"one undone", []snapshot.Migration{table("knex_migrations", "a"), table("tasks", "x"), table("gone")},
			[]Change{{Table: "public.knex_migrations", Removed: []string{"b"}}}},
		{"a table more, a table less", []snapshot.Migration{table("knex_migrations", "a", "b"), table("new", "n"), table("gone")},
			[]Change{{Table: "public.new", Added: []string{"n"}}, {Table: "public.tasks", Removed: []string{"x"}}}},
		{"an empty table less", []snapshot.Migration{table("knex_migrations", "a", "b"), table("tasks", "x")},
			[]Change{{Table: "public.gone"}}},
	} {
		if d := cmp.Diff(c.want, compareMigrations(then, c.now)); d != "" {
			t.Errorf("%s (-want +got)\n%s", c.name, d)
		}
	}
}

func TestDurations(t *testing.T) {
	for ms, want := range map[int64]string{0: "not measured", 1: "1 s", 1000: "1 s", 9100: "10 s", 11000: "20 s", 61000: "70 s", 121000: "3 min", 7200000: "2.0 h"} {
		if got := about(ms); got != want {
			t.Errorf("%d ms: %q, want %q", ms, got, want)
		}
	}
}
