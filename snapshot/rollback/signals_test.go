package rollback

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/pg/pgtest"
	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/snapshot"
)

// interrupted runs a restore in a process of its own that gets a signal at its
// n-th point. ended is false when there was no such point.
func (p *portal) interrupted(sig syscall.Signal, n int) (output string, code int, ended bool) {
	p.t.Helper()
	write := func(name string, v any) string {
		src, err := json.Marshal(v)
		if err != nil {
			p.t.Fatal(err)
		}
		path := filepath.Join(p.dir, name)
		if err := os.WriteFile(path, src, 0o600); err != nil {
			p.t.Fatal(err)
		}
		return path
	}
	write(snapshot.ManifestFile, p.manifest)
	config := write("helper.json", helper{Dir: p.dir, Host: p.admin.Host, Port: p.admin.Port, User: p.admin.User, Password: p.admin.Password.Reveal(), Signal: int(sig), At: n})
	exe, err := os.Executable()
	if err != nil {
		p.t.Fatal(err)
	}
	cmd := exec.CommandContext(p.t.Context(), exe)
	cmd.Env = append(os.Environ(), helperEnv+"="+config, p.mark())
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	}
	lines := strings.Count(out.String(), "\n")
	return out.String(), cmd.ProcessState.ExitCode(), lines >= n
}

// mark is the variable by which the processes of this portal's restore are
// known: they hand it on to whatever they start.
func (p *portal) mark() string { return "TMPDIR=" + filepath.Dir(p.dir) }

// orphans are processes that a restore of this portal has left. They may take
// their time to end, as machines are busy.
func (p *portal) orphans() []string {
	p.t.Helper()
	var out []string
	for range 600 {
		out = nil
		files, _ := filepath.Glob("/proc/[0-9]*/environ")
		for _, f := range files {
			if src, _ := os.ReadFile(f); slices.Contains(strings.Split(string(src), "\x00"), p.mark()) {
				line, _ := os.ReadFile(filepath.Join(filepath.Dir(f), "cmdline"))
				out = append(out, strings.ReplaceAll(string(line), "\x00", " "))
			}
		}
		if len(out) == 0 {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return out
}

// A restore gets SIGKILL, SIGTERM or Ctrl-C at every point it has. Every live
// database is then the old one or the new one, nothing runs on, and the next
// restore cleans up and finishes.
func TestRestoreInterruptedAtEveryPoint(t *testing.T) {
	if testing.Short() {
		t.Skip("some hundred processes")
	}
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such signals")
	}
	for _, schemas := range []bool{false, true} {
		for _, sig := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM, syscall.SIGINT} {
			t.Run(map[bool]string{false: "databases/", true: "schemas/"}[schemas]+sig.String(), func(t *testing.T) {
				t.Parallel()
				portals, whole := newChains(schemas), t
				old, replaced, points := 0, 0, 0
				for _, isNew := range testkit.Until(t, func(t *testing.T, n int) (replaced, more bool) {
					p := portals.take(whole, t)
					before := p.states()
					p.upgrade()
					upgraded := p.states()
					out, code, ended := p.interrupted(sig, n)
					if left := p.orphans(); len(left) > 0 {
						t.Fatalf("point %d: still running: %v\n%s", n, left, out)
					}
					if !ended {
						if code != 0 {
							t.Fatalf("a run that nobody interrupted: exit %d\n%s", code, out)
						}
						p.dropFailed()
						return false, false
					}
					replaced = p.check(strconv.Itoa(n), sig, code, out, before, upgraded)
					p.dropFailed()
					return replaced, true
				}) {
					points++
					if isNew {
						replaced++
					} else {
						old++
					}
				}
				if points < 10 && !schemas || points < 6 || old == 0 || replaced == 0 {
					t.Errorf("%d points, %d left the old databases, %d the new ones: all must happen", points, old, replaced)
				}
				t.Logf("%d points: %d times all databases were the old ones, %d times the new ones", points, old, replaced)
			})
		}
	}
}

// check looks at what an interruption left, and has the next restore finish. It
// says whether the live data was the snapshot's already.
func (p *portal) check(point string, sig syscall.Signal, code int, out string, before, upgraded map[string]string) (replaced bool) {
	t := p.t
	t.Helper()
	closed := pgtest.Value(t, p.cluster, "postgres", "SELECT string_agg(datname, ' ') FROM pg_database WHERE NOT datallowconn AND datname <> 'template0'")
	besides := 0
	for _, name := range p.databases() {
		if strings.Contains(name, besideSuffix) {
			besides++
		}
	}
	if sig != syscall.SIGKILL && (closed != "" || besides > 0) {
		t.Fatalf("point %s, exit %d: closed %q, %d databases beside, though there was time to clean up\n%s", point, code, closed, besides, out)
	}
	plan := p.plan()
	switch {
	case closed != "":
		// The block came, the swap did not: no session was let in, and both
		// databases are the old ones.
		if !strings.Contains(plan.Markdown(), "takes no connections, as an interrupted restore left it") {
			t.Errorf("point %s: the plan does not say that %s is closed", point, closed)
		}
	case len(plan.Targets) == 0:
		replaced = true
		p.same(point, before, "auth", "catalog")
	default:
		p.same(point, upgraded, "auth", "catalog")
	}
	if besides > 0 && !strings.Contains(plan.Markdown(), "was left by an interrupted restore and never used") {
		t.Errorf("point %s: the plan does not name what is left", point)
	}
	if _, err := plan.Restore(t.Context(), p.options()); err != nil {
		t.Fatalf("point %s: the next restore: %v\n%s", point, err, out)
	}
	p.same(point, before, "auth", "catalog")
	p.same(point, upgraded, "scaffolder", "search")
	for _, name := range p.databases() {
		if strings.Contains(name, besideSuffix) {
			t.Fatalf("point %s: %s is left after the next restore", point, name)
		}
	}
	return replaced
}

func (p *portal) same(point string, want map[string]string, ids ...string) {
	p.t.Helper()
	for _, id := range ids {
		if d := cmp.Diff(want[id], p.state(id)); d != "" {
			p.t.Fatalf("point %s: %s (-want +got)\n%s", point, id, d)
		}
	}
}

// dropFailed is what a person does when nobody needs the failed state.
func (p *portal) dropFailed() {
	p.t.Helper()
	for _, name := range p.databases() {
		if strings.Contains(name, failedSuffix) {
			pgtest.Exec(p.t, p.cluster, "postgres", "DROP DATABASE "+ident(name))
		}
	}
	if p.schemas {
		for _, name := range strings.Fields(pgtest.Value(p.t, p.cluster, "backstage", `SELECT string_agg(nspname, ' ') FROM pg_namespace WHERE nspname LIKE '%\_\_failed\_%'`)) {
			pgtest.Exec(p.t, p.cluster, "backstage", "DROP SCHEMA "+ident(name)+" CASCADE")
		}
	}
}
