package rollbackscript

import (
	"context"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/dbportal"
	"github.com/portalctl/portalctl/internal/testkit/pgtest"
)

// A session that comes between the check and the swap ends by its owner's word
// alone.
func TestScriptEndsNoSessionThatCameLater(t *testing.T) {
	testkit.SkipRace(t)
	t.Parallel()
	p := newPortal(t, false)
	before := p.States()
	p.Upgrade()
	upgraded := p.States()
	path := p.ScriptPath()
	// Up to step 6, then a replica comes back, and the person says yes to step 7.
	conn := pgtest.Portal(t, p.App, "backstage_plugin_catalog")
	defer conn.Close(context.Background())
	out, code := p.Script(t.Context(), dbportal.Shells(t)[0], path, "q\n")
	if code != 2 || !strings.Contains(out, "stopped before anything was changed") {
		t.Errorf("exit %d\n%s", code, out)
	}
	p.Is("stopped", upgraded, dbportal.Plugins...)
	if err := conn.Ping(t.Context()); err != nil {
		t.Errorf("the session was ended: %v", err)
	}
	out, code = p.Script(t.Context(), dbportal.Shells(t)[0], path, "end\n"+strings.Repeat("y\n", 20))
	if code != 0 {
		t.Errorf("exit %d\n%s", code, out)
	}
	p.Is("in the end", before, "auth", "catalog")
}
