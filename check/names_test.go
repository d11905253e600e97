package check

import (
	"testing"

	"github.com/portalctl/portalctl/internal/finding"
)

func TestSideOf(t *testing.T) {
	for name, want := range map[string]side{
		"@backstage/core-components":                  sideFrontend,
		"@backstage/frontend-plugin-api":              sideFrontend,
		"@backstage/plugin-catalog":                   sideFrontend,
		"@backstage/plugin-catalog-react":             sideFrontend,
		"@backstage/ui":                               sideFrontend,
		"@backstage/backend-defaults":                 sideBackend,
		"@backstage/plugin-catalog-backend":           sideBackend,
		"@backstage/plugin-catalog-node":              sideBackend,
		"@backstage/plugin-catalog-common":            sideCommon,
		"@backstage/catalog-model":                    sideNone,
		"@backstage/types":                            sideNone,
		"@backstage/plugin-events-backend-test-utils": sideNone,
		"@rollup/plugin-yaml":                         sideNone,
		"react":                                       sideNone,
	} {
		if got := sideOf(name); got != want {
			t.Errorf("%s runs in %s, want %s", name, got, want)
		}
	}
}

// .portalctl.yaml adds to the list of every portal.
func TestSingletons(t *testing.T) {
	config, err := finding.ParseConfig(finding.ConfigFile, []byte("check:\n  singletons: ['@acme/*']\n"), configSchema())
	if err != nil {
		t.Fatal(err)
	}
	m := newModel(Input{}, Options{Config: config})
	for name, want := range map[string]string{"@acme/ui": configReason, "@other/ui": ""} {
		if got := m.singletonReason(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if m.singletonReason("react") == "" {
		t.Error("react is none any more")
	}
}
