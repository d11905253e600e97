package check

import "testing"

// What builds and tests a portal is not loaded by it, under whatever names a
// team has tools of its own.
func TestIsTool(t *testing.T) {
	for name, want := range map[string]bool{
		"@backstage/cli": true, "@backstage/cli-node": true, "@acme/cli": true, "@acme/portal-cli": true, "mockttp": true,
		"@backstage/dev-utils": true, "@backstage/test-utils": true, "@backstage/backend-test-utils": true,
		"@acme/dev-utils": false, "@acme/test-utils": false, "@backstage/latest-utils": false, "@backstage/client": false, "clipboard": false,
	} {
		if got := isTool(name); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}
