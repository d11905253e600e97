package production

import (
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/dependabot"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/renovate"
)

// leavesOut reports whether a bot's configuration turns the updates of Backstage's own
// packages off, and where. A file that cannot be read leaves nothing out.
func leavesOut(f file) (fault.Pos, bool) {
	pos := f.pos(1, 0)
	switch {
	case strings.Contains(f.base(), "renovate"):
		at, off, err := renovate.LeavesOut(pos.File, f.read())
		return at, off && err == nil
	case slices.Contains(dependabot.Places, f.name):
		_, off, err := dependabot.LeavesOut(pos.File, f.read(), func(string) bool { return true })
		return pos, off && err == nil
	}
	return fault.Pos{}, false
}
