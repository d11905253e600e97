package bump

import (
	"fmt"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/portal"
	"github.com/portalctl/portalctl/internal/semrange"
)

// noteAhead lists a spec that asks for more than the release has.
func (pl *planner) noteAhead(where, name, spec string, to *semver.Version) {
	pl.note(Note{Kind: Ahead, File: where, Name: name,
		Message: fmt.Sprintf("%s is ahead of %s in the release; it stays%s", spec, to, dataWarning(name))})
}

// noteLockedAhead lists the packages whose locked version is above the
// release's: a range that admits both keeps them there.
func (pl *planner) noteLockedAhead() {
	if pl.opts.AllowDowngrade {
		return
	}
	for _, name := range sortedKeys(pl.locked) {
		if !strings.HasPrefix(name, backstageScope) || !pl.patterns.match(name) {
			continue
		}
		has, ok := pl.manifest.Packages[name]
		if !ok {
			continue
		}
		to, err := semrange.ParseVersion(has)
		from := pl.highestLocked(name)
		if err != nil || from == nil || !from.GreaterThan(to) {
			continue
		}
		pl.note(Note{Kind: Ahead, File: "yarn.lock", Name: name,
			Message: fmt.Sprintf("locked at %s, ahead of %s in the release; it is not moved down%s", from, to, dataWarning(name))})
	}
}

func dataWarning(name string) string {
	if portal.ShipsMigrations(name) {
		return " (its database may be migrated already)"
	}
	return ""
}
