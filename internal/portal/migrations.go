// Package portal knows what the packages of a Backstage portal are: which are
// plugins, which keep data, which must not be there twice.
package portal

import "strings"

// migrating are the @backstage packages that ship database migrations, as seen
// in the migrations/ folder of their npm tarballs. An older release cannot run
// on a database that a newer one of these has migrated.
var migrating = map[string]bool{
	"@backstage/backend-defaults":                                    true, // auth keys, scheduler
	"@backstage/backend-tasks":                                       true, // scheduler, before backend-defaults had it
	"@backstage/plugin-app-backend":                                  true,
	"@backstage/plugin-auth-backend":                                 true,
	"@backstage/plugin-bazaar-backend":                               true,
	"@backstage/plugin-catalog-backend":                              true,
	"@backstage/plugin-catalog-backend-module-incremental-ingestion": true,
	"@backstage/plugin-code-coverage-backend":                        true,
	"@backstage/plugin-events-backend":                               true,
	"@backstage/plugin-linguist-backend":                             true,
	"@backstage/plugin-notifications-backend":                        true,
	"@backstage/plugin-playlist-backend":                             true,
	"@backstage/plugin-scaffolder-backend":                           true,
	"@backstage/plugin-search-backend-module-pg":                     true,
	"@backstage/plugin-tech-insights-backend":                        true,
	"@backstage/plugin-user-settings-backend":                        true,
}

// ShipsMigrations reports whether a package is known to migrate a database at
// boot. false means "not known to", not "known not to".
func ShipsMigrations(name string) bool { return migrating[name] }

// IsBackend reports whether a package's name says that it runs in the backend,
// by the naming rules of Backstage's ADR 11 (plugin-x-backend, its modules and
// the backend-* framework packages).
func IsBackend(name string) bool {
	_, base, scoped := strings.Cut(name, "/")
	if !scoped {
		base = name
	}
	return strings.HasPrefix(base, "backend-") ||
		strings.HasSuffix(base, "-backend") ||
		strings.Contains(base, "-backend-module-")
}

// DataOrder ranks packages for lists where a wrong move costs data: what
// migrates a database first, then the rest of the backend, then all others.
func DataOrder(name string) int {
	switch {
	case ShipsMigrations(name):
		return 0
	case IsBackend(name):
		return 1
	default:
		return 2
	}
}
