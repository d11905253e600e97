package snapshot

import "testing"

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
		if got := leftByRestore(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
