package rollback

import (
	"bytes"
	"context"
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

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/pgtest"
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

// noOrphans waits until no process of a restore of this portal runs: they may
// take their time to end, as machines are busy.
func (p *portal) noOrphans(what string) {
	p.t.Helper()
	testkit.Wait(p.t, func() string {
		files, _ := filepath.Glob("/proc/[0-9]*/environ")
		for _, f := range files {
			if src, _ := os.ReadFile(f); slices.Contains(strings.Split(string(src), "\x00"), p.mark()) {
				line, _ := os.ReadFile(filepath.Join(filepath.Dir(f), "cmdline"))
				return what + ": still running: " + strings.ReplaceAll(string(line), "\x00", " ")
			}
		}
		return ""
	})
}

// endings are the ways in which a run is ended: at once, or by a signal that it
// hears. These are one thing to a restore (one context that signal.NotifyContext
// ends) and to rollback.sh (one trap), so that the points take turns with them.
var endings = map[string][]syscall.Signal{"killed": {syscall.SIGKILL}, "told": {syscall.SIGTERM, syscall.SIGINT}}

// A restore gets SIGKILL at every point it has, and SIGTERM or Ctrl-C. Every live
// database is then the old one or the new one, nothing runs on, and the next
// restore cleans up and finishes.
func TestRestoreInterruptedAtEveryPoint(t *testing.T) {
	testkit.SkipRace(t)
	if testing.Short() {
		t.Skip("some hundred processes")
	}
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such signals")
	}
	for _, schemas := range []bool{false, true} {
		for ending, signals := range endings {
			t.Run(map[bool]string{false: "databases/", true: "schemas/"}[schemas]+ending, func(t *testing.T) {
				t.Parallel()
				portals, whole := newChains(schemas), t
				all := testkit.UntilBy(t, several, func(t *testing.T, n int) (replaced, more bool) {
					sig := signals[n%len(signals)]
					p := portals.take(whole, t)
					before := p.before
					if before == nil || !p.untouched {
						before = p.states("auth", "catalog")
						p.upgrade()
					}
					p.before, p.untouched = before, false
					upgraded, names, files := p.states(), p.databases(), p.files()
					out, code, ended := p.interrupted(sig, n)
					p.noOrphans("point " + strconv.Itoa(n))
					if !ended {
						if code != 0 {
							t.Fatalf("a run that nobody interrupted: exit %d\n%s", code, out)
						}
						p.dropFailed()
						return false, false
					}
					// What heard the signal and left all as it was need not be
					// restored each time: the next point starts from there.
					if sig != syscall.SIGKILL && n%4 != 0 && cmp.Equal(p.states(), upgraded) && slices.Equal(p.databases(), names) && slices.Equal(p.files(), files) {
						if code != 130 {
							t.Fatalf("point %d: exit %d\n%s", n, code, out)
						}
						p.untouched = true
						return false, true
					}
					replaced = p.check(strconv.Itoa(n), sig, code, out, before, upgraded)
					p.dropFailed()
					return replaced, true
				})
				if len(all) < 10 && !schemas || len(all) < 6 {
					t.Errorf("%d points", len(all))
				}
				replaced := 0
				for _, isNew := range all {
					if isNew {
						replaced++
					}
				}
				if replaced == 0 || replaced == len(all) {
					t.Errorf("%d of %d points left the new databases: the old ones and the new ones, both must happen", replaced, len(all))
				}
				t.Logf("%d points: %d times all databases were the old ones, %d times the new ones", len(all), len(all)-replaced, replaced)
			})
		}
	}
}

// files are what is in the folder of the snapshot.
func (p *portal) files() []string {
	p.t.Helper()
	var out []string
	entries, err := os.ReadDir(p.dir)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != "helper.json" && e.Name() != snapshot.ManifestFile { // the test's own
			out = append(out, e.Name())
		}
	}
	return out
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
	for id, got := range p.states(ids...) {
		if d := cmp.Diff(want[id], got); d != "" {
			p.t.Fatalf("point %s: %s (-want +got)\n%s", point, id, d)
		}
	}
}

// dropFailed is what a person does when nobody needs the failed state.
func (p *portal) dropFailed() {
	p.t.Helper()
	where, query, drop, after := "postgres", `SELECT datname::text FROM pg_database WHERE strpos(datname, $1) > 0`, "DROP DATABASE ", ""
	if p.schemas {
		where, query, drop, after = "backstage", `SELECT nspname::text FROM pg_namespace WHERE strpos(nspname, $1) > 0`, "DROP SCHEMA ", " CASCADE"
	}
	conn := pgtest.Connect(p.t, p.cluster.Target(), where)
	defer conn.Close(context.Background())
	names, err := strings1(p.t.Context(), conn, query, failedSuffix)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, name := range names {
		if _, err := conn.Exec(p.t.Context(), drop+ident(name)+after); err != nil {
			p.t.Fatal(err)
		}
	}
}
