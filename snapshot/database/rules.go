package database

import (
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/semrange"
)

// rules are what differs between versions of @backstage/backend-defaults.
type rules struct {
	// mergeBase: the connection is merged over the base connection once more,
	// and only the role of all plugins is set (0.15.2, computePgPluginConfig).
	mergeBase bool
	// schemaPrefix is read, and the length of schema names checked (0.18.0).
	schemaPrefix bool
}

// rulesOf are the rules of a version, "" for the newest.
func rulesOf(version string) (rules, error) {
	if version == "" {
		return rules{mergeBase: true, schemaPrefix: true}, nil
	}
	v, err := semrange.ParseVersion(version)
	if err != nil {
		return rules{}, fault.Wrap(err, fault.Pos{}, "the version %q of @backstage/backend-defaults is not valid", version).
			WithNext("Install the portal's packages, so that the version is known")
	}
	since := func(first string) bool {
		f, err := semrange.ParseVersion(first)
		return err == nil && semrange.Compare(v, f) >= 0
	}
	return rules{mergeBase: since("0.15.2-next.0"), schemaPrefix: since("0.18.0-next.0")}, nil
}
