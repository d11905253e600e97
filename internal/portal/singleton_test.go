package portal

import "testing"

func TestSingletons(t *testing.T) {
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
		if got := IsSingleton(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	for _, s := range singletons {
		if s.reason == "" {
			t.Errorf("%s has no reason", s.name)
		}
	}
}

// A backend has no React contexts: the reason is one that holds on its side.
func TestReasonOfTheSide(t *testing.T) {
	for name, want := range map[string]string{
		"@backstage/plugin-catalog":                       pluginReason,
		"@backstage/plugin-catalog-backend":               backendReason,
		"@backstage/plugin-catalog-backend-module-github": backendReason,
		"@backstage/backend-app-api":                      backendReason,
		"@backstage/core-app-api":                         appAPIReason,
	} {
		if got := SingletonReason(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
