package rollback

import (
	"errors"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/dbportal"
	"github.com/portalctl/portalctl/internal/testkit/pgtest"
	"github.com/portalctl/portalctl/snapshot"
)

// The server dies at every point of a restore. When it is up again all live
// databases are the old ones or all are the new ones, and the next restore
// finishes.
func TestServerKilledDuringRestore(t *testing.T) {
	testkit.SkipRace(t)
	for _, schemas := range []bool{false, true} {
		points := []string{"created", "restoring", "restored", "analyzed", "compared", "before the swap", "blocked", "terminated", "renamed", "committed"}
		if schemas {
			points = []string{"before the swap", "terminated", "restoring", "restored", "before the commit"}
		}
		t.Run(map[bool]string{false: "databases", true: "schemas"}[schemas], func(t *testing.T) {
			t.Parallel()
			portals, whole := dbportal.NewChains(schemas), t
			testkit.Each(t, points, strings.Clone, func(t *testing.T, point string) {
				p := chained(portals, whole, t)
				p.Crashes = true
				before := p.States()
				p.Upgrade()
				upgraded := p.States()
				hit := false
				ctx := withPoints(t.Context(), func(at string) error {
					if !hit && strings.HasPrefix(at, point) {
						hit = true
						p.Cluster.Kill()
					}
					return nil
				})
				_, err := p.plan().Restore(ctx, p.options())
				if !hit {
					t.Fatalf("the restore never came to %q", point)
				}
				if err == nil && point != "committed" {
					t.Fatalf("%s: the server was dead, and the restore says it went well", point)
				}
				if err := p.Cluster.Start(t.Context()); err != nil {
					t.Fatal(err)
				}
				p.check(point, 9, 2, point, before, upgraded)
				p.DropFailed()
			})
		})
	}
}

// Each point fails once: the error is the point's, all is as before, and what
// was restored beside is gone, unless it was whole and only the swap failed.
func TestRestoreFailingAtEveryPoint(t *testing.T) {
	testkit.SkipRace(t)
	boom := errors.New("boom")
	for _, schemas := range []bool{false, true} {
		t.Run(map[bool]string{false: "databases", true: "schemas"}[schemas], func(t *testing.T) {
			t.Parallel()
			portals, whole := dbportal.NewChains(schemas), t
			points := testkit.UntilBy(t, dbportal.Several, func(t *testing.T, n int) (point string, more bool) {
				p := chained(portals, whole, t)
				if len(p.plan().Targets) == 0 { // as it is after a point that failed
					p.Upgrade()
				}
				before, names := p.States(), p.Databases()
				seen, done, failedAt := map[string]bool{}, false, ""
				ctx := withPoints(t.Context(), func(at string) error {
					if seen[at] {
						return nil
					}
					seen[at] = true
					if len(seen) == n && !done {
						failedAt = at
						return boom
					}
					done = done || restoredAt(at)
					return nil
				})
				_, err := p.plan().Restore(ctx, p.options())
				if failedAt == "" {
					if err != nil {
						t.Fatal(err)
					}
					p.DropFailed()
					return "", false
				}
				if restoredAt(failedAt) {
					// It is done, whatever comes afterwards.
					if len(p.plan().Targets) != 0 {
						t.Fatalf("%s: not restored", failedAt)
					}
					p.DropFailed()
					return failedAt, true
				}
				if !errors.Is(err, boom) && !strings.Contains(err.Error(), "boom") {
					t.Fatalf("%s: %v", failedAt, err)
				}
				for id, state := range p.States() {
					if state != before[id] {
						t.Fatalf("%s: %s changed\n%s\n%s", failedAt, id, before[id], state)
					}
				}
				left := without(p.Databases(), names)
				if !schemas && inSwap(failedAt) {
					// What a whole restore was spent on is kept for the next one, and no
					// more. Here the next begins at the beginning.
					if len(left) != 2 || !strings.Contains(left[0], snapshot.BesideSuffix) || !strings.Contains(left[1], snapshot.BesideSuffix) {
						t.Fatalf("%s: left %v instead of the two copies", failedAt, left)
					}
					for _, name := range left {
						pgtest.Exec(t, p.Cluster, "postgres", "DROP DATABASE "+pg.Ident(name))
					}
					left = nil
				}
				if len(left) > 0 || len(without(names, p.Databases())) > 0 {
					t.Fatalf("%s: databases %v, before %v", failedAt, p.Databases(), names)
				}
				return failedAt, true
			})
			t.Log(strings.Join(points, ", "))
			if len(points) < 8 || !restoredAt(points[len(points)-1]) {
				t.Errorf("%d points only", len(points))
			}
		})
	}
}

// inSwap: at this point the copies are whole, and take the live names.
func inSwap(point string) bool {
	return point == "blocked" || point == "terminated" || strings.HasPrefix(point, "renamed ")
}

// restoredAt: at this point the live data is the snapshot's.
func restoredAt(point string) bool { return point == "committed" || point == "swapped" }
