package bump

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/portal"
	"github.com/portalctl/portalctl/internal/relock"
	"github.com/portalctl/portalctl/internal/semrange"
)

// noteAhead lists a spec that asks for more than the release has.
func (pl *planner) noteAhead(where, name, spec string, to *semver.Version) {
	pl.note(Note{Kind: noteAhead, File: where, Name: name,
		Message: fmt.Sprintf("%s is ahead of %s in the release; it stays%s", spec, to, dataWarning(name))})
}

// noteLockedAhead lists the packages whose locked version is above the
// release's: a range that admits both keeps them there.
func (pl *planner) noteLockedAhead() {
	if pl.opts.AllowDowngrade {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(pl.locked)) {
		if !strings.HasPrefix(name, backstageScope) || !pl.patterns.match(name) {
			continue
		}
		has, ok := pl.manifest.Packages[name]
		if !ok {
			continue
		}
		to, err := semrange.ParseVersion(has)
		if err != nil {
			continue
		}
		for _, version := range pl.locked[name] {
			if from, err := semrange.ParseVersion(version); err == nil && from.GreaterThan(to) {
				pl.note(lockedAhead(name, version, has))
			}
		}
	}
}

// lockedAhead is the note about a version of the lock that is above the
// release's.
func lockedAhead(name, version, release string) Note {
	return Note{Kind: noteAhead, File: "yarn.lock", Name: name,
		Message: fmt.Sprintf("locked at %s, ahead of %s in the release; it is not moved down%s", version, release, dataWarning(name))}
}

// aheadNotes say of the copies that a new lock has above the release whether the
// lock had them before.
func aheadNotes(list []relock.Off, before map[string][]string) []Note {
	out := make([]Note, 0, len(list))
	for _, o := range list {
		if slices.Contains(before[o.Name], o.Version) {
			out = append(out, lockedAhead(o.Name, o.Version, o.Release))
			continue
		}
		out = append(out, Note{Kind: noteAhead, File: "yarn.lock", Name: o.Name,
			Message: fmt.Sprintf("gets %s, which a range asks for, ahead of %s in the release%s", o.Version, o.Release, dataWarning(o.Name))})
	}
	return out
}

func dataWarning(name string) string {
	if portal.ShipsMigrations(name) {
		return " (its database may be migrated already)"
	}
	return ""
}
