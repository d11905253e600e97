package production

import (
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/renovate"
)

// leavesOut reports whether Renovate's configuration turns the updates of Backstage's
// own packages off, and where. A file that cannot be read leaves nothing out.
func leavesOut(f file) (fault.Pos, bool) {
	if !strings.Contains(f.base(), "renovate") {
		return fault.Pos{}, false
	}
	pos, off, err := renovate.LeavesOut(f.pos(1, 0).File, f.read())
	return pos, off && err == nil
}
