package portal

import "testing"

func TestBackendPlugin(t *testing.T) {
	for name, want := range map[string][2]string{
		"@backstage/plugin-catalog-backend":                    {"backend-plugin", "catalog"},
		"@backstage/plugin-catalog-backend-module-github":      {"backend-plugin-module", "catalog"},
		"@backstage/plugin-user-settings-backend":              {"backend-plugin", "user-settings"},
		"@backstage-community/plugin-rbac-backend":             {"backend-plugin", "rbac"},
		"@roadiehq/scaffolder-backend-module-utils":            {"backend-plugin-module", "scaffolder"},
		"@roadiehq/backstage-plugin-argo-cd-backend":           {"backend-plugin", "argo-cd"},
		"@janus-idp/backstage-plugin-rbac-backend-dynamic":     {"backend-plugin", "rbac"},
		"@aws/amazon-ecs-plugin-for-backstage-backend":         {"backend-plugin", "amazon-ecs"},
		"plugin-x-backend":                                     {"backend-plugin", "x"},
		"@internal/plugin-scaffolder-backend-module-a-backend": {"backend-plugin-module", "scaffolder"},
		"@backstage/plugin-catalog":                            {},
		"@backstage/plugin-catalog-node":                       {},
		"@backstage/backend-defaults":                          {},
		"@backstage/plugin-backend":                            {},
		"backend":                                              {},
		"":                                                     {},
		"my-backend":                                           {},
	} {
		role, id, ok := BackendPlugin(name)
		if !ok {
			role, id = "", ""
		}
		if got := [2]string{role, id}; got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}
