package rollback

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
)

func sum(src []byte) string {
	s := sha256.Sum256(src)
	return hex.EncodeToString(s[:])
}

// The server dies at every point of a restore. When it is up again all live
// databases are the old ones or all are the new ones, and the next restore
// finishes.
func TestServerKilledDuringRestore(t *testing.T) {
	for _, schemas := range []bool{false, true} {
		points := []string{"created", "restoring", "restored", "analyzed", "compared", "before the swap", "blocked", "terminated", "renamed", "committed"}
		if schemas {
			points = []string{"before the swap", "terminated", "restoring", "restored", "before the commit"}
		}
		t.Run(map[bool]string{false: "databases", true: "schemas"}[schemas], func(t *testing.T) {
			p := newPortal(t, schemas)
			p.crashes = true
			p.take()
			before := p.states()
			for n, point := range points {
				p.upgrade()
				upgraded := p.states()
				hit := false
				ctx := WithPoints(t.Context(), func(at string) error {
					if !hit && strings.HasPrefix(at, point) {
						hit = true
						p.cluster.Kill()
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
				if err := p.cluster.Start(t.Context()); err != nil {
					t.Fatal(err)
				}
				old, replaced := 0, 0
				p.check(n, 9, 2, point, before, upgraded, &old, &replaced)
				p.dropFailed()
			}
		})
	}
}

// Each point fails once: the error is the point's, all is as before, and what
// was restored beside is gone.
func TestRestoreFailingAtEveryPoint(t *testing.T) {
	boom := errors.New("boom")
	for _, schemas := range []bool{false, true} {
		p := newPortal(t, schemas)
		p.take()
		p.upgrade()
		var points []string
		for n := 0; ; n++ {
			before, names := p.states(), p.databases()
			seen, failedAt := map[string]bool{}, ""
			ctx := WithPoints(t.Context(), func(at string) error {
				if seen[at] {
					return nil
				}
				seen[at] = true
				if len(seen) == n+1 {
					failedAt = at
					return boom
				}
				return nil
			})
			_, err := p.plan().Restore(ctx, p.options())
			if failedAt == "" {
				if err != nil {
					t.Fatal(err)
				}
				break
			}
			points = append(points, failedAt)
			if failedAt == "committed" || failedAt == "swapped" {
				// It is done, whatever comes afterwards.
				if len(p.plan().Targets) != 0 {
					t.Fatalf("%s: not restored", failedAt)
				}
				break
			}
			if !errors.Is(err, boom) && !strings.Contains(err.Error(), "boom") {
				t.Fatalf("%s: %v", failedAt, err)
			}
			for id, state := range p.states() {
				if state != before[id] {
					t.Fatalf("%s: %s changed\n%s\n%s", failedAt, id, before[id], state)
				}
			}
			if strings.Join(names, " ") != strings.Join(p.databases(), " ") {
				t.Fatalf("%s: databases %v, before %v", failedAt, p.databases(), names)
			}
		}
		t.Log(strings.Join(points, ", "))
		if len(points) < 8 {
			t.Errorf("%d points only", len(points))
		}
	}
}
