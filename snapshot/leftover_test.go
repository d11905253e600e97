package snapshot

import (
	"strings"
	"testing"

	"github.com/portalctl/portalctl/snapshot/database"
)

func TestLeftByRestore(t *testing.T) {
	for name, want := range map[string]string{
		"backstage_plugin_auth__failed_20261125_081208":    "__failed_",
		"backstage_plugin_auth__restoring_20261125_081208": "__restoring_",
		"portal.catalog__failed_20261125_081208":           "__failed_",
		"backstage_plugin_auth":                            "",
		"backstage_plugin_auth__failed_20261399_081208":    "",
		"backstage_plugin_failed_20261125_081208":          "",
		"__failed_": "",
	} {
		if got, stamp, ok := LeftByRestore(name); got != want || ok != (want != "") || ok && !strings.HasSuffix(name, want+stamp) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// What a restore left is named, and is neither a plugin's nor a database that
// nobody knows.
func TestWhatARestoreLeftIsNoPlugins(t *testing.T) {
	var all []database.Found
	for _, id := range []string{"catalog__failed_20261125_081208", "catalog__restoring_20261125_081208", "catalog__failed_by_hand"} {
		all = append(all, database.Found{State: database.Unknown, Plugin: database.Plugin{ID: id, Kind: database.Postgres, Database: "backstage_plugin_" + id}})
	}
	s := &Survey{}
	strays := s.find(all)
	if len(strays) != 1 || strays[0].found.Plugin.ID != "catalog__failed_by_hand" || len(s.Warnings) != 2 {
		t.Errorf("strays %v, warnings %v", strays, s.Warnings)
	}
	for i, want := range []Line{{State: "leftover"}, {State: "leftover"}, {Plugin: "catalog__failed_by_hand", State: "unknown"}} {
		if got := s.Plugins[i]; got.Plugin != want.Plugin || got.State != want.State || got.Database != all[i].Plugin.Database {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}
