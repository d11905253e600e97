//go:build unix

package main

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/npmregistry"
)

// Ctrl-C (and SIGTERM) while a packument or a tarball is under way: exit 130,
// the tree byte-identical, no temporary file, and nothing kept that is half.
func TestLockInterrupted(t *testing.T) {
	t.Parallel()
	side := testkit.SideBySide(t)
	defer side.Wait()
	big := bigTarball()
	for _, tt := range []struct {
		name, path string
		sig        os.Signal
		text       func(*lockPortal) string
	}{
		{"in a packument", "/gain", os.Interrupt, func(p *lockPortal) string { return string(p.reg.Packument("gain")) }},
		{"in a tarball", gainTarball, os.Interrupt, func(*lockPortal) string { return string(big) }},
		{"in a tarball, SIGTERM", gainTarball, syscall.SIGTERM, func(*lockPortal) string { return string(big) }},
	} {
		side.Run(tt.name, func(t *testing.T) {
			p := newLockPortal(t)
			p.gainOf(big)
			p.mustLock()
			p.after = p.lockText()
			p.reset()
			p.reg.Heal()
			under := make(chan struct{}, 1)
			send := npmregistry.Stall("application/octet-stream", tt.text(p))
			p.reg.Fail(tt.path, -1, func(w http.ResponseWriter, req *http.Request) {
				if tt.path == "/gain" {
					w.Header().Set("Content-Type", "application/json")
				}
				under <- struct{}{}
				send(w, req)
			})
			before := readTree(t, p.dir)
			cmd := p.command("portalctl", "versions", "lock", "-C", p.dir)
			var out, errOut bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &errOut
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			<-under
			time.Sleep(50 * time.Millisecond) // of the 4 MB that it gets, more have arrived than are kept in memory
			if err := cmd.Process.Signal(tt.sig); err != nil {
				t.Fatal(err)
			}
			err := cmd.Wait() // a server that is still sending would keep it until the test's own deadline
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != 130 || out.Len() > 0 ||
				errOut.String() != "portalctl: interrupted, nothing was changed\n" {
				t.Errorf("%v, stdout %q, stderr %q; want exit 130 and one line", err, out.String(), errOut.String())
			}
			if d := cmp.Diff(before, readTree(t, p.dir)); d != "" {
				t.Errorf("the tree changed (-before +after):\n%s", d)
			}
			p.noLitter()
			p.mustHeal()
		})
	}
}

// A bump that writes the lock itself and is killed before file-system operation
// 1, 2, 3, …: yarn.lock, like every other file, is old or new at any time, and
// the next command leaves all files old or all new.
func TestNativeBumpKilledAtEveryOperation(t *testing.T) {
	testkit.SkipRace(t)
	if testing.Short() {
		t.Skip("starts a process for each of some 100 operations")
	}
	t.Parallel()
	p := newLockPortal(t)
	p.releasePortal()
	before := readTree(t, p.dir)
	environ := p.environ()
	undone, finished := killing{
		environ: environ,
		portal: func(t *testing.T) string {
			dir := t.TempDir()
			writeTree(t, dir, before)
			return dir
		},
		command: func(dir string) []string {
			return []string{"versions", "bump", "--release", "1.1.0", "--lockfile", "native", "--yes", "-C", dir}
		},
		next: func(t *testing.T, dir string) string {
			lookThenRecover(t, p.environ(), dir)
			code, out, errOut := run0(t, "", p.environ(), "versions", "lock", "--check", "-C", dir)
			if code == 2 {
				t.Fatalf("the next command:\n%s%s", out, errOut)
			}
			for name := range readTree(t, dir) {
				if isOurs(name) {
					t.Errorf("left behind: %s", name)
				}
			}
			return errOut
		},
		done: func(after map[string]string, _ string) bool {
			return before["yarn.lock"] != after["yarn.lock"] && strings.Contains(after["yarn.lock"], "@backstage/b@npm:1.2.0")
		},
	}.atEveryOperation(t)
	if finished == 0 || undone == 0 {
		t.Errorf("%d runs were finished and %d undone: both must happen", finished, undone)
	}
	p.noLitter()
}

// Killed in the middle of a download: the next run is right, and the checksum
// cache has no more than what was complete.
func TestLockKilledInADownload(t *testing.T) {
	t.Parallel()
	p := newLockPortal(t)
	p.gainOf(bigTarball())
	p.mustLock()
	p.after = p.lockText()
	p.reset()
	p.reg.Heal()
	p.reg.Fail(gainTarball, -1, npmregistry.Stall("application/octet-stream", string(p.reg.Served(gainTarball))))
	before := readTree(t, p.dir)
	cmd := p.command("portalctl", "versions", "lock", "-C", p.dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	testkit.Wait(t, func() string {
		if len(p.reg.Asked(gainTarball)) > 0 && len(p.reg.Asked("/inner/-/")) > 0 {
			return ""
		}
		return "the tarballs were not asked for"
	})
	time.Sleep(50 * time.Millisecond) // of the 4 MB that it gets, more have arrived than are kept in memory
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if d := cmp.Diff(before, readTree(t, p.dir)); d != "" {
		t.Errorf("the tree changed (-before +after):\n%s", d)
	}
	p.noLitter()
	p.mustHeal()
}
