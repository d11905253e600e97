package portal

import "testing"

func TestParseName(t *testing.T) {
	for name, want := range map[string]Naming{
		"@acme/plugin-badges":                                 {Plugin, "@acme/plugin-badges", "badges"},
		"@acme/plugin-badges-backend":                         {Backend, "@acme/plugin-badges", "badges"},
		"@acme/backstage-plugin-badges-common":                {Common, "@acme/backstage-plugin-badges", "badges"},
		"backstage-plugin-badges-node":                        {Node, "backstage-plugin-badges", "badges"},
		"plugin-badges-react":                                 {React, "plugin-badges", "badges"},
		"@backstage/plugin-catalog-backend-module-github-org": {BackendModule, "@backstage/plugin-catalog", "catalog"},
		"@roadiehq/scaffolder-backend-module-utils":           {BackendModule, "@roadiehq/scaffolder", "scaffolder"},
		"@backstage/plugin-techdocs-module-addons-contrib":    {FrontendModule, "@backstage/plugin-techdocs", "techdocs"},
		"@backstage/plugin-search-backend-node":               {Node, "@backstage/plugin-search-backend", "search-backend"},
		"backstage-plugin-kubernetes-backend-dynamic":         {Backend, "backstage-plugin-kubernetes", "kubernetes"},
		"@backstage-community/plugin-tech-radar":              {Plugin, "@backstage-community/plugin-tech-radar", "tech-radar"},
		"pagerduty-backstage-plugin-backend":                  {Kind: Backend},
		"@backstage/plugin-scaffolder-node-test-utils":        {NoKind, "@backstage/plugin-scaffolder-node-test-utils", "scaffolder-node-test-utils"},
		"@backstage/backend-plugin-api":                       {},
		"@backstage/core-plugin-api":                          {},
		"@backstage/eslint-plugin":                            {},
		"eslint-plugin-react":                                 {},
		"@rollup/plugin-yaml":                                 {Plugin, "@rollup/plugin-yaml", "yaml"},
		"app":                                                 {},
		"":                                                    {},
		"@acme/some-backend":                                  {},
	} {
		if got := ParseName(name); got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}
