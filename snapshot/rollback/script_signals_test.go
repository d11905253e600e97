//go:build unix

package rollback

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/pg/pgtest"
)

// shim makes psql a script that counts its calls, and at one of them sends
// rollback.sh a signal before it goes on. Calls may overlap, so that each adds
// a letter, and the first to see the number makes a folder.
func (p *portal) shim(dir string) (counter string) {
	p.t.Helper()
	counter = filepath.Join(p.t.TempDir(), "calls")
	psql := filepath.Join(dir, "psql")
	text := fmt.Sprintf(`#!/bin/sh
printf x >>%[1]s
n=$(cat %[1]s)
n=${#n}
if [ -e %[1]s.at ] && [ "$n" -ge "$(cat %[1]s.at)" ] && mkdir %[1]s.hit 2>/dev/null; then
  kill -s "$(cat %[1]s.signal)" "$(cat %[2]s)"
fi
exec %[3]s "$@"
`, shellQuote(counter), shellQuote(filepath.Join(p.dir, "rollback.state.lock", "pid")), shellQuote(p.cluster.Tools.Path("psql")))
	if err := os.Remove(psql); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(psql, []byte(text), 0o755); err != nil {
		p.t.Fatal(err)
	}
	return counter
}

// rollback.sh gets SIGKILL, SIGTERM and Ctrl-C at many of its calls of psql.
// Each time all live databases are the old ones or the new ones, and running
// the script again finishes.
func TestScriptInterrupted(t *testing.T) {
	if testing.Short() {
		t.Skip("some ninety runs of rollback.sh")
	}
	for _, schemas := range []bool{false, true} {
		for _, sig := range []string{"KILL", "TERM", "INT"} {
			if schemas && sig != "KILL" {
				continue // one transaction: there is nothing for a trap to put right
			}
			t.Run(map[bool]string{false: "databases/", true: "schemas/"}[schemas]+sig, func(t *testing.T) {
				p := newPortal(t, schemas)
				p.take()
				p.writePlan()
				before := p.states()
				path := p.scriptPath()
				counter := p.shim(path)
				shell := shells(t)[0]
				write := func(name, text string) {
					t.Helper()
					if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				// A run that nobody interrupts says how many calls there are.
				p.upgrade()
				if out, code := p.script(t.Context(), shell, path, "", "--yes"); code != 0 {
					t.Fatalf("exit %d\n%s", code, out)
				}
				src, err := os.ReadFile(counter)
				if err != nil {
					t.Fatal(err)
				}
				calls := len(src)
				p.dropFailed()
				old, replaced, runs := 0, 0, 0
				for at := 3; at <= calls; at += max(1, (calls-3)/10) {
					p.upgrade()
					upgraded := p.states()
					write(counter, "")
					_ = os.Remove(counter + ".hit")
					write(counter+".at", strconv.Itoa(at))
					write(counter+".signal", sig)
					out, code := p.script(t.Context(), shell, path, "", "--yes")
					if code == 0 && at < calls {
						t.Fatalf("call %d of %d: exit 0\n%s", at, calls, out)
					}
					runs++
					closed := pgtest.Value(t, p.cluster, "postgres", "SELECT string_agg(datname, ' ') FROM pg_database WHERE NOT datallowconn AND datname <> 'template0'")
					switch {
					case closed != "" && sig != "KILL":
						t.Fatalf("call %d: %s takes no connections\n%s", at, closed, out)
					case closed != "":
						old++
					case p.state("auth") == before["auth"]:
						replaced++
						p.same(at, before, "auth", "catalog")
					default:
						old++
						p.same(at, upgraded, "auth", "catalog")
					}
					_ = os.Remove(counter + ".at")
					if again, code := p.script(t.Context(), shell, path, "", "--yes"); code != 0 {
						t.Fatalf("call %d: the second run: exit %d\n%s\n%s", at, code, out, again)
					}
					p.same(at, before, "auth", "catalog")
					p.same(at, upgraded, "scaffolder", "search")
					for _, name := range p.databases() {
						if strings.Contains(name, besideSuffix) {
							t.Fatalf("call %d: %s is left\n%s", at, name, out)
						}
					}
					p.dropFailed()
				}
				if runs < 10 || old == 0 || replaced == 0 {
					t.Errorf("%d runs, %d left the old databases, %d the new ones: all must happen", runs, old, replaced)
				}
				t.Logf("%d of %d calls of psql: %d times all databases were the old ones, %d times the new ones", runs, calls, old, replaced)
			})
		}
	}
}
