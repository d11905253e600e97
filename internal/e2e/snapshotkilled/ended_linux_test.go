package snapshotkilled

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/pgtest"
	"github.com/portalctl/portalctl/internal/testkit/snapportal"
	"github.com/portalctl/portalctl/snapshot"
)

// Create is ended by Ctrl-C, SIGTERM and SIGKILL at ten points each: there is
// no process left, nothing half-finished under a final name, and the next
// command removes what SIGKILL leaves.
func TestSnapshotCreateEnded(t *testing.T) {
	testkit.SkipRace(t)
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("needs /proc")
	}
	if testing.Short() {
		t.Skip("takes thirty snapshots")
	}
	t.Parallel()
	p := snapportal.New(t)
	p.Enlarge(8000)
	start := time.Now()
	run := p.Start("create", "--name", "whole")
	if err := run.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, run.Out)
	}
	whole := time.Since(start)
	ended := 0
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGKILL} {
		for point := range 10 {
			name := fmt.Sprintf("%d-%d", sig, point)
			mark := p.Mark()
			run := p.Start("create", "--name", name)
			begun := false
			for begin := time.Now(); time.Since(begin) < whole*time.Duration(point+1)/11; time.Sleep(20 * time.Millisecond) {
				begun = begun || len(snapportal.Children(run.Cmd.Process.Pid)) > 0
			}
			begun = begun || len(snapportal.Children(run.Cmd.Process.Pid)) > 0
			_ = run.Cmd.Process.Signal(sig)
			_ = run.Wait()
			testkit.Wait(t, func() string {
				for pid, line := range snapportal.Having(mark) {
					return fmt.Sprintf("%s: process %d is left: %s", name, pid, line)
				}
				return ""
			})
			code := run.Cmd.ProcessState.ExitCode()
			_, err := os.Stat(filepath.Join(p.Dir, name))
			finished := err == nil
			if !begun && !finished && snapportal.DiedBy(run.Cmd.ProcessState, sig) {
				code = 130 // so soon that main had not begun: a shell says the same
			}
			switch {
			case code == 0 && !finished || code != 0 && finished && sig != syscall.SIGKILL && code != 130:
				t.Errorf("%s: exit code %d, finished %v\n%s", name, code, finished, run.Out)
			case sig != syscall.SIGKILL && code != 0 && code != 130:
				t.Errorf("%s: exit code %d\n%s", name, code, run.Out)
			}
			if sig != syscall.SIGKILL {
				p.NothingLeft()
			}
			if code != 0 {
				ended++
			} else {
				// The machine has become quicker since: a whole run takes no
				// longer than this one was given.
				whole = whole * time.Duration(point+1) / 11
			}
			if strings.Contains(run.Out.String(), snapportal.DBPassword) {
				t.Errorf("%s prints the password", name)
			}
			if finished {
				p.Must("verify", "--snapshot", name)
			}
		}
	}
	if ended < 20 {
		t.Errorf("only %d of 30 runs were ended: the points are too late", ended)
	}
	p.Must("list")
	p.NothingLeft()
	all, err := snapshot.Store{Dir: p.Dir}.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if s.Damaged != nil {
			t.Errorf("%s: %v", s.Name(), s.Damaged)
		}
	}
	if n := pgtest.Value(t, p.Cluster, "postgres", "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'portalctl' AND backend_start < now() - interval '20 s'"); n != "0" {
		t.Errorf("%s sessions are left on the server", n)
	}
}
