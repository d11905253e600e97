package rollback

import (
	"testing"
	"time"

	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/testkit/dbportal"
	"github.com/portalctl/portalctl/snapshot"
)

// portal is a portal on a server, and the way back of its snapshot.
type portal struct{ *dbportal.Portal }

// newPortal is a portal that nothing was dumped of.
func newPortal(t testing.TB, schemas bool) *portal {
	t.Helper()
	return &portal{dbportal.New(t, schemas)}
}

// newTakenPortal is a portal with a snapshot.
func newTakenPortal(t testing.TB, schemas bool) *portal {
	t.Helper()
	return &portal{dbportal.Taken(t, schemas)}
}

// chained is a chain's portal, for one point of a test.
func chained(c *dbportal.Chains, whole, t testing.TB) *portal {
	t.Helper()
	return &portal{c.Take(whole, t)}
}

// writePlan writes the plan as snapshot create does, before an upgrade.
func writePlan(t testing.TB, m *snapshot.Manifest, dir string) {
	t.Helper()
	plan, err := New(m, nil)
	if err == nil {
		err = plan.Write(dir)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// planOf is the plan for a portal as it is now.
func planOf(t testing.TB, m *snapshot.Manifest, servers []pg.Target, only ...string) *Plan {
	t.Helper()
	plan, err := New(m, nil)
	if err == nil {
		err = plan.Look(t.Context(), servers, only)
	}
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func (p *portal) writePlan() { p.T.Helper(); writePlan(p.T, p.Manifest, p.Dir) }

func (p *portal) plan(only ...string) *Plan {
	p.T.Helper()
	return planOf(p.T, p.Manifest, []pg.Target{p.Admin}, only...)
}

func (p *portal) options() Options {
	return Options{Dir: p.Dir, Connections: []pg.Target{p.Admin}, Began: time.Now()}
}

// filePortal is a portal in files, and the way back of its snapshot.
type filePortal struct{ *dbportal.Files }

func newFilePortal(t testing.TB) *filePortal {
	t.Helper()
	return &filePortal{dbportal.NewFiles(t)}
}

func (p *filePortal) writePlan() { p.T.Helper(); writePlan(p.T, p.Manifest, p.Dir) }

func (p *filePortal) plan() *Plan { p.T.Helper(); return planOf(p.T, p.Manifest, nil) }

func (p *filePortal) options() Options { return Options{Dir: p.Dir, Began: time.Now()} }
