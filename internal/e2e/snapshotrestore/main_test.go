// Package snapshotrestore brings databases back from a snapshot, as users do.
package snapshotrestore

import (
	"os"
	"testing"

	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/pgtest"
	"github.com/portalctl/portalctl/internal/testkit/snapportal"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(testkit.M{M: m})) }

type snapPortal struct{ *snapportal.Portal }

func newSnapPortal(t testing.TB) *snapPortal {
	t.Helper()
	testkit.SkipRace(t)
	return &snapPortal{snapportal.New(t)}
}

// newWatchedPortal is newSnapPortal for the tests that run under the race
// detector, too, with a portalctl that has it: each way of storing and restoring
// data once.
func newWatchedPortal(t testing.TB) *snapPortal {
	t.Helper()
	return &snapPortal{snapportal.New(t)}
}

// newSnapPortalOn is newSnapPortal on a server of its own, which has no databases yet.
func newSnapPortalOn(t testing.TB, cluster *pg.Cluster) *snapPortal {
	t.Helper()
	testkit.SkipRace(t)
	return &snapPortal{snapportal.NewOn(t, cluster)}
}
