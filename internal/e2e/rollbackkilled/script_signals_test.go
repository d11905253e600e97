//go:build unix

package rollbackkilled

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/dbportal"
	"github.com/portalctl/portalctl/internal/ui"
	"github.com/portalctl/portalctl/snapshot/rollback"
)

// portal is a portal on a server, with a snapshot.
type portal struct{ *dbportal.Portal }

// shim makes psql a script that counts its calls, and at one of them sends
// rollback.sh a signal before it goes on. Calls may overlap, so that each adds
// a letter, and the first to see the number makes a folder.
func (p *portal) shim(dir string) (counter string) {
	p.T.Helper()
	counter = filepath.Join(p.T.TempDir(), "calls")
	psql := filepath.Join(dir, "psql")
	text := fmt.Sprintf(`#!/bin/sh
printf x >>%[1]s
if [ -e %[1]s.at ]; then
  read -r n <%[1]s || :
  read -r at <%[1]s.at || :
  if [ "${#n}" -ge "$at" ] && mkdir %[1]s.hit 2>/dev/null; then
    kill -s "$(cat %[1]s.signal)" "$(cat %[2]s)"
  fi
fi
exec %[3]s "$@"
`, ui.ShellQuote(counter), ui.ShellQuote(filepath.Join(p.Dir, "rollback.state.lock", "pid")), ui.ShellQuote(p.Cluster.Tools.Path("psql")))
	if err := os.Remove(psql); err != nil {
		p.T.Fatal(err)
	}
	if err := os.WriteFile(psql, []byte(text), 0o755); err != nil {
		p.T.Fatal(err)
	}
	return counter
}

// otherFlags are how a killed run is gone on with: each in its turn.
var otherFlags = [][]string{{"--yes"}, {"--yes", "--only", "auth"}, {"--yes", "--terminate"}, {"--yes", "--only", "scaffolder"}}

// resume runs the script again with other flags than the run that was killed.
// A choice that is another one is refused once something was changed, and
// obeyed before; then the same flags finish.
func (p *portal) resume(call string, flags []string, shell, path string, before, upgraded map[string]string) string {
	t := p.T
	t.Helper()
	out, code := p.Script(t.Context(), shell, path, "", flags...)
	if len(flags) < 3 {
		if code != 0 {
			t.Fatalf("call %s: the second run, %v: exit %d\n%s", call, flags, code, out)
		}
		return out
	}
	only := flags[2]
	switch {
	case code == 2 && strings.Contains(out, "this rollback was begun without --only, not with --only "+only):
	case code == 0 && strings.Contains(out, "Done for what you asked for"):
		if only == "scaffolder" {
			// It was not migrated, and came back as it was asked for.
			upgraded[only] = p.State(only)
			if !strings.HasPrefix(upgraded[only], fmt.Sprintf("things: %d ", dbportal.Rows)) {
				t.Fatalf("call %s: %v did not bring it back\n%s", call, flags, out)
			}
			break
		}
		p.Same(call, before, only)
	case code == 0 && strings.Contains(out, "Done: every database"):
		// The killed run had swapped what was migrated already.
	default:
		t.Fatalf("call %s: the second run, %v: exit %d\n%s", call, flags, code, out)
	}
	again, code := p.Script(t.Context(), shell, path, "", "--yes")
	if code != 0 {
		t.Fatalf("call %s: the third run: exit %d\n%s\n%s", call, code, out, again)
	}
	return out + again
}

// rollback.sh gets SIGKILL at many of its calls of psql, and SIGTERM or Ctrl-C.
// Each time all live databases are the old ones or the new ones, and running
// the script again finishes, with the same flags and with others.
func TestScriptInterrupted(t *testing.T) {
	testkit.SkipRace(t)
	if testing.Short() {
		t.Skip("more than fifty runs of rollback.sh")
	}
	for _, schemas := range []bool{false, true} {
		for ending, signals := range dbportal.Endings {
			if schemas && ending != "killed" {
				continue // one transaction: there is nothing for a trap to put right
			}
			t.Run(map[bool]string{false: "databases/", true: "schemas/"}[schemas]+ending, func(t *testing.T) {
				t.Parallel()
				shell := dbportal.Shells(t)[0]
				portals, whole := dbportal.NewChains(schemas), t
				// A run that nobody interrupts says how many calls there are.
				calls := 0
				t.Run("whole", func(t *testing.T) {
					p := &portal{portals.Take(whole, t)}
					path, counter := p.scripted()
					p.Upgrade()
					if out, code := p.Script(t.Context(), shell, path, "", "--yes"); code != 0 {
						t.Fatalf("exit %d\n%s", code, out)
					}
					src, err := os.ReadFile(counter)
					if err != nil {
						t.Fatal(err)
					}
					calls = len(src)
					p.DropFailed()
				})
				if calls == 0 {
					t.FailNow()
				}
				moments := 14
				if ending == "killed" {
					moments = 20
				}
				results, points := make([]string, moments), make([]int, moments)
				for n := range points {
					points[n] = n
				}
				testkit.Each(t, points, strconv.Itoa, func(t *testing.T, n int) {
					at, sig := 3+n*(calls-3)/(moments-1), signals[n%len(signals)]
					call := strconv.Itoa(at)
					p := &portal{portals.Take(whole, t)}
					path, counter := p.scripted()
					// What comes back is the same each time: the last point has seen to it.
					if p.Before == nil {
						p.Before = p.States("auth", "catalog")
					}
					before := p.Before
					p.Upgrade()
					upgraded := p.States()
					for name, text := range map[string]string{".at": call, ".signal": strconv.Itoa(int(sig))} {
						if err := os.WriteFile(counter+name, []byte(text), 0o600); err != nil {
							t.Fatal(err)
						}
					}
					out, code := p.Script(t.Context(), shell, path, "", "--yes")
					if code == 0 && at < calls {
						t.Fatalf("call %d of %d: exit 0\n%s", at, calls, out)
					}
					closed := p.Closed()
					results[n] = "old"
					if closed == "" {
						now, want := p.States("auth", "catalog"), upgraded
						if now["auth"] == before["auth"] {
							results[n], want = "new", before
						}
						for id, state := range now {
							if d := cmp.Diff(want[id], state); d != "" {
								t.Fatalf("call %d: the databases are not all %s: %s (-want +got)\n%s\n%s", at, results[n], id, d, out)
							}
						}
					} else if sig != syscall.SIGKILL {
						t.Fatalf("call %d: %s takes no connections\n%s", at, closed, out)
					}
					_ = os.Remove(counter + ".at")
					flags := otherFlags[0]
					if sig == syscall.SIGKILL {
						flags = otherFlags[n%len(otherFlags)]
					}
					again := p.resume(call, flags, shell, path, before, upgraded)
					p.Same(call, before, "auth", "catalog")
					p.Same(call, upgraded, "scaffolder", "search")
					for _, name := range p.Beside() {
						t.Fatalf("call %s: %s is left\n%s\n%s", call, name, out, again)
					}
					p.DropFailed()
				})
				for i, sig := range signals {
					left := map[string]int{}
					for n := i; n < moments; n += len(signals) {
						left[results[n]]++
					}
					if len(left) != 2 || left["old"] == 0 || left["new"] == 0 {
						t.Errorf("%s left %v: the old databases and the new ones, both must happen, at each call", sig, left)
					}
					t.Logf("%s at calls of %d: %v", sig, calls, left)
				}
			})
		}
	}
}

// scripted writes the portal's plan, and makes a PATH whose psql is a shim.
func (p *portal) scripted() (path, counter string) {
	p.T.Helper()
	plan, err := rollback.New(p.Manifest, nil)
	if err == nil {
		err = plan.Write(p.Dir)
	}
	if err != nil {
		p.T.Fatal(err)
	}
	path = p.ScriptPath()
	return path, p.shim(path)
}
