package database

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func states(found []Found) []string {
	var out []string
	for _, f := range found {
		place := f.Plugin.Database
		if f.Plugin.Schema != "" {
			place += "." + f.Plugin.Schema
		}
		out = append(out, fmt.Sprintf("%s %s %s", f.Plugin.ID, place, f.State))
	}
	return out
}

// TestCompare: the prefix's underscores are not wildcards, and what nobody is
// known to use is named, not taken.
func TestCompare(t *testing.T) {
	l := resolve(t, portalConfig, options{Env: []string{"PG_HOST=db.example", "PG_PASSWORD=x"}}, "todo")
	listings := []Listing{}
	for _, s := range l.Servers() {
		li := Listing{Server: s, Databases: []string{"postgres", "shared", "backstage_plugin_todo", "backstageXpluginXcatalog", "backstage_plugin_", "backstage_plugin_gone", "BACKSTAGE_PLUGIN_x"}}
		if s.Target.Host == "other.example" {
			li.Databases = []string{"postgres"}
		}
		listings = append(listings, li)
	}
	want := []string{
		"auth backstage_plugin_auth missing", "catalog shared present", "gone backstage_plugin_gone unknown",
		"legacy backstage_plugin_legacy missing", "search shared present", "todo backstage_plugin_todo present",
	}
	if diff := cmp.Diff(want, states(l.Compare(listings, nil))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	// Two users of one server are two listings; each database is named once.
	twice := append(listings, listings...)
	if diff := cmp.Diff(want, states(l.Compare(twice, nil))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, f := range l.Compare(nil, nil) {
		if f.State != unasked {
			t.Errorf("%s is %s, and nobody was asked", f.Plugin.ID, f.State)
		}
	}
}

func TestCompareSchemas(t *testing.T) {
	config := "backend: {database: {client: pg, pluginDivisionMode: schema, schemaPrefix: '%s', connection: {host: h, user: u, database: d}}}\n"
	for _, tt := range []struct {
		prefix string
		want   []string
	}{
		{"bs_", []string{"auth d.bs_auth missing", "catalog d.bs_catalog present", "old d.bs_old unknown"}},
		{"x", []string{"auth d.xauth missing", "catalog d.xcatalog missing"}},
	} {
		l := resolve(t, fmt.Sprintf(config, tt.prefix), options{}, "catalog", "auth")
		s := l.Servers()
		if len(s) != 1 || s[0].SchemasIn != "d" {
			t.Fatalf("servers %+v", s)
		}
		got := states(l.Compare([]Listing{{Server: s[0], Databases: []string{"d"}, Schemas: []string{"public", "pg_toast", "information_schema", "bs_catalog", "bs_old", "bsXauth"}}}, nil))
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.prefix, diff)
		}
	}
	l := resolve(t, strings.Replace(config, "schemaPrefix: '%s', ", "", 1), options{}, "catalog")
	got := states(l.Compare([]Listing{{Server: l.Servers()[0], Schemas: []string{"public", "pg_toast", "catalog", "stranger"}}}, nil))
	if diff := cmp.Diff([]string{"catalog d.catalog present", "stranger d.stranger unknown"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
