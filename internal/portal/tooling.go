package portal

import "strings"

// IsTooling reports whether a package of Backstage is there to build, test or
// keep a portal, and never runs in one: what is published with the role cli or
// cli-module, the kits for tests and for developing plugins, and the linter's
// rules. create-app lists @backstage/cli under the app's dependencies, so that
// the section of package.json does not tell. cli-common and cli-node are libraries
// that the backend loads, too.
func IsTooling(name string) bool {
	switch name {
	case "@backstage/cli", "@backstage/cli-defaults", "@backstage/codemods", "@backstage/create-app", "@backstage/dev-utils",
		"@backstage/eslint-plugin", "@backstage/repo-tools", "@backstage/test-utils", "@techdocs/cli":
		return true
	}
	return strings.HasPrefix(name, "@backstage/cli-module-") ||
		strings.HasPrefix(name, "@backstage/") && strings.HasSuffix(name, "-test-utils")
}
