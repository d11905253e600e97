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

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/dbportal"
	"github.com/portalctl/portalctl/snapshot"
)

// interrupted runs a restore in a process of its own that gets a signal at its
// n-th point. ended is false when there was no such point.
func (p *portal) interrupted(sig syscall.Signal, n int) (output string, code int, ended bool) {
	p.T.Helper()
	write := func(name string, v any) string {
		src, err := json.Marshal(v)
		if err != nil {
			p.T.Fatal(err)
		}
		path := filepath.Join(p.Dir, name)
		if err := os.WriteFile(path, src, 0o600); err != nil {
			p.T.Fatal(err)
		}
		return path
	}
	write(snapshot.ManifestFile, p.Manifest)
	config := write("helper.json", helper{Dir: p.Dir, Host: p.Admin.Host, Port: p.Admin.Port, User: p.Admin.User, Password: p.Admin.Password.Reveal(), Signal: int(sig), At: n})
	exe, err := os.Executable()
	if err != nil {
		p.T.Fatal(err)
	}
	cmd := exec.CommandContext(p.T.Context(), exe)
	cmd.Env = append(os.Environ(), helperEnv+"="+config, p.mark())
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.T.Fatal(err)
	}
	lines := strings.Count(out.String(), "\n")
	return out.String(), cmd.ProcessState.ExitCode(), lines >= n
}

// mark is the variable by which the processes of this portal's restore are
// known: they hand it on to whatever they start.
func (p *portal) mark() string { return "TMPDIR=" + filepath.Dir(p.Dir) }

// noOrphans waits until no process of a restore of this portal runs: they may
// take their time to end, as machines are busy.
func (p *portal) noOrphans(what string) {
	p.T.Helper()
	testkit.Wait(p.T, func() string {
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
		for ending, signals := range dbportal.Endings {
			t.Run(map[bool]string{false: "databases/", true: "schemas/"}[schemas]+ending, func(t *testing.T) {
				t.Parallel()
				portals, whole := dbportal.NewChains(schemas), t
				all := testkit.UntilBy(t, dbportal.Several, func(t *testing.T, n int) (replaced, more bool) {
					sig := signals[n%len(signals)]
					p := chained(portals, whole, t)
					before := p.Before
					if before == nil {
						before = p.States("auth", "catalog")
						p.Upgrade()
					}
					p.Before = nil
					upgraded, names, files := p.States(), p.Databases(), p.files()
					out, code, ended := p.interrupted(sig, n)
					p.noOrphans("point " + strconv.Itoa(n))
					if !ended {
						if code != 0 {
							t.Fatalf("a run that nobody interrupted: exit %d\n%s", code, out)
						}
						p.DropFailed()
						return false, false
					}
					// What heard the signal and left all as it was need not be
					// restored each time: the next point starts from there.
					if sig != syscall.SIGKILL && n%4 != 0 && cmp.Equal(p.States(), upgraded) && slices.Equal(p.Databases(), names) && slices.Equal(p.files(), files) {
						if code != 130 {
							t.Fatalf("point %d: exit %d\n%s", n, code, out)
						}
						p.Before = before
						return false, true
					}
					replaced = p.check(strconv.Itoa(n), sig, code, out, before, upgraded)
					p.DropFailed()
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
	p.T.Helper()
	var out []string
	entries, err := os.ReadDir(p.Dir)
	if err != nil {
		p.T.Fatal(err)
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
	t := p.T
	t.Helper()
	closed, besides := p.Closed(), len(p.Beside())
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
		p.Same(point, before, "auth", "catalog")
	default:
		p.Same(point, upgraded, "auth", "catalog")
	}
	if besides > 0 && !strings.Contains(plan.Markdown(), "was left by an interrupted restore and never used") {
		t.Errorf("point %s: the plan does not name what is left", point)
	}
	if _, err := plan.Restore(t.Context(), p.options()); err != nil {
		t.Fatalf("point %s: the next restore: %v\n%s", point, err, out)
	}
	p.Same(point, before, "auth", "catalog")
	p.Same(point, upgraded, "scaffolder", "search")
	for _, name := range p.Beside() {
		t.Fatalf("point %s: %s is left after the next restore", point, name)
	}
	return replaced
}
