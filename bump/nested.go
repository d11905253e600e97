package bump

import (
	"fmt"
	"maps"
	"slices"

	"github.com/portalctl/portalctl/internal/semrange"
)

// noteNested names the other portals of the repo that the bump leaves behind:
// folders with a backstage.json and a yarn.lock of their own, which nothing else
// would tell from those that moved.
func (pl *planner) noteNested() {
	to, err := semrange.ParseVersion(pl.plan.To)
	if err != nil {
		return
	}
	behind := map[string]string{}
	for rel, file := range pl.in.Project.Nested() {
		if on, err := semrange.ParseVersion(file.Version); err == nil && on.LessThan(to) {
			behind[rel] = file.Version
		}
	}
	switch names := slices.Sorted(maps.Keys(behind)); len(names) {
	case 0:
	case 1:
		pl.note(Note{Kind: noteGeneral, File: names[0] + "/backstage.json", Message: fmt.Sprintf(
			"%s is a portal of its own, on %s, and stays; bump it as well, with -C on that folder", names[0], behind[names[0]])})
	default:
		pl.note(Note{Kind: noteGeneral, Message: fmt.Sprintf(
			"%d folders are portals of their own, and stay behind: %s; bump them as well, with -C on each folder", len(names), listSome(names, 3))})
	}
}
