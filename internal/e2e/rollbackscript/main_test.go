// Package rollbackscript runs the rollback.sh and the commands of ROLLBACK.md that
// a snapshot has, as people run them on the day when they need them.
package rollbackscript

import (
	"os"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/dbportal"
	"github.com/portalctl/portalctl/snapshot"
	"github.com/portalctl/portalctl/snapshot/rollback"
)

func TestMain(m *testing.M) {
	os.Exit(dbportal.Main(testkit.M{M: m}))
}

// portal is a portal on a server, and the way back of its snapshot.
type portal struct{ *dbportal.Portal }

// filePortal is a portal in SQLite files, and the way back of its snapshot.
type filePortal struct{ *dbportal.Files }

// newPortal is a portal with a snapshot and its plan.
func newPortal(t testing.TB, schemas bool) *portal {
	t.Helper()
	p := &portal{dbportal.Taken(t, schemas)}
	p.writePlan()
	return p
}

// newFilePortal is the same in files.
func newFilePortal(t testing.TB) *filePortal {
	t.Helper()
	p := &filePortal{dbportal.NewFiles(t)}
	p.writePlan()
	return p
}

// writePlan writes the plan as snapshot create does: before anybody knows what the
// upgrade will migrate.
func writePlan(t testing.TB, m *snapshot.Manifest, dir string) *rollback.Plan {
	t.Helper()
	plan, err := rollback.New(m, nil)
	if err == nil {
		err = plan.Write(dir)
	}
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func (p *portal) writePlan() { p.T.Helper(); writePlan(p.T, p.Manifest, p.Dir) }

func (p *filePortal) writePlan() { p.T.Helper(); writePlan(p.T, p.Manifest, p.Dir) }
