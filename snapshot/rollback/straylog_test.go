package rollback

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/snapshot"
)

// A log or a journal that belongs to a file that is gone, or to a file that is
// damaged, is not played into the restored one.
func TestAStrayLogIsMovedAside(t *testing.T) {
	testkit.SkipRace(t)
	for _, way := range []string{"script", "restore"} {
		for _, live := range []string{"gone", "damaged"} {
			t.Run(way+"/"+live, func(t *testing.T) {
				p := newFilePortal(t)
				p.writePlan()
				path := p.ScriptPath("sqlite3")
				before := p.State(p.Path("catalog"))
				p.KilledUpgrade("WAL")
				if live == "gone" {
					if err := os.Remove(p.Path("catalog")); err != nil {
						t.Fatal(err)
					}
				} else {
					for _, name := range []string{p.Path("catalog"), p.Path("catalog") + "-wal"} {
						if err := os.WriteFile(name, bytes.Repeat([]byte("x"), 9000), 0o600); err != nil {
							t.Fatal(err)
						}
					}
				}
				said := ""
				if way == "script" {
					out, code := p.Script(path, "", "--yes")
					if code != 0 {
						t.Fatalf("exit %d\n%s", code, out)
					}
					said = out
				} else {
					result, err := p.plan().Restore(t.Context(), p.options())
					if err != nil {
						t.Fatal(err)
					}
					said = fmt.Sprint(result)
				}
				if got := p.State(p.Path("catalog")); got != before {
					t.Errorf("catalog: %s, was %s\n%s", got, before, said)
				}
				if log, _ := filepath.Glob(p.Path("catalog") + snapshot.FailedSuffix + "*-wal"); len(log) != 1 && live == "gone" {
					t.Errorf("the log is not kept: %v", p.Listing())
				}
			})
		}
	}
}
