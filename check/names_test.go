package check

import "testing"

func TestParseName(t *testing.T) {
	for name, want := range map[string]named{
		"@acme/plugin-badges":                                 {kindPlugin, "@acme/plugin-badges", "badges"},
		"@acme/plugin-badges-backend":                         {kindBackend, "@acme/plugin-badges", "badges"},
		"@acme/backstage-plugin-badges-common":                {kindCommon, "@acme/backstage-plugin-badges", "badges"},
		"backstage-plugin-badges-node":                        {kindNode, "backstage-plugin-badges", "badges"},
		"plugin-badges-react":                                 {kindReact, "plugin-badges", "badges"},
		"@backstage/plugin-catalog-backend-module-github-org": {kindBackendModule, "@backstage/plugin-catalog", "catalog"},
		"@roadiehq/scaffolder-backend-module-utils":           {kindBackendModule, "@roadiehq/scaffolder", "scaffolder"},
		"@backstage/plugin-techdocs-module-addons-contrib":    {kindFrontendModule, "@backstage/plugin-techdocs", "techdocs"},
		"@backstage/plugin-search-backend-node":               {kindNode, "@backstage/plugin-search-backend", "search-backend"},
		"backstage-plugin-kubernetes-backend-dynamic":         {kindBackend, "backstage-plugin-kubernetes", "kubernetes"},
		"@backstage-community/plugin-tech-radar":              {kindPlugin, "@backstage-community/plugin-tech-radar", "tech-radar"},
		"pagerduty-backstage-plugin-backend":                  {kind: kindBackend},
		"@backstage/plugin-scaffolder-node-test-utils":        {kindNone, "@backstage/plugin-scaffolder-node-test-utils", "scaffolder-node-test-utils"},
		"@backstage/backend-plugin-api":                       {},
		"@backstage/core-plugin-api":                          {},
		"@backstage/eslint-plugin":                            {},
		"eslint-plugin-react":                                 {},
		"@rollup/plugin-yaml":                                 {kindPlugin, "@rollup/plugin-yaml", "yaml"},
		"app":                                                 {},
		"":                                                    {},
		"@acme/some-backend":                                  {},
	} {
		if got := parseName(name); got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

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

func TestSingletons(t *testing.T) {
	m := newModel(Input{}, Options{})
	for name, want := range map[string]bool{
		"react":                              true,
		"react-dom":                          true,
		"@backstage/core-plugin-api":         true,
		"@backstage/core-app-api":            true,
		"@backstage/frontend-app-api":        true,
		"@backstage/plugin-catalog":          true,
		"@backstage/plugin-catalog-backend":  true,
		"@roadiehq/backstage-plugin-argo-cd": true,
		"@backstage/plugin-catalog-react":    false,
		"@backstage/plugin-catalog-node":     false,
		"@backstage/plugin-catalog-common":   false,
		"@backstage/backend-plugin-api":      false,
		"@backstage/errors":                  false,
		"@acme/plugin-badges":                false,
		"lodash":                             false,
	} {
		if got := m.isSingleton(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	for _, s := range singletons {
		if s.reason == "" {
			t.Errorf("%s has no reason", s.name)
		}
	}
}
