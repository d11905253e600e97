package snapshotkilled

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/snapportal"
	"github.com/portalctl/portalctl/snapshot"
)

// What SIGKILL leaves is named and removed by the next command, even one that
// only looks.
func TestSnapshotLeftover(t *testing.T) {
	testkit.SkipRace(t)
	t.Parallel()
	p := snapportal.New(t)
	p.Must("create", "--name", "one")
	if err := os.MkdirAll(filepath.Join(p.Dir, "two.partial"), 0o700); err != nil {
		t.Fatal(err)
	}
	code, out, errOut := p.Run("list")
	if code != 0 || strings.Contains(out, "two") || !strings.Contains(errOut, "removed") || !strings.Contains(errOut, "two.partial") {
		t.Errorf("%d %s %s", code, out, errOut)
	}
	p.NothingLeft()
}

func TestSnapshotTwoAtOnce(t *testing.T) {
	testkit.SkipRace(t)
	t.Parallel()
	p := snapportal.New(t)
	lock, err := snapshot.Store{Dir: p.Dir}.Lock()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(p.Dir, "first.partial"), 0o700); err != nil {
		t.Fatal(err)
	}
	code, _, errOut := p.Run("create")
	if code != 2 || !strings.Contains(errOut, "another portalctl is at work") {
		t.Errorf("%d %s", code, errOut)
	}
	// Looking is allowed, and does not clean up under the other's hands.
	p.Must("list")
	if _, err := os.Stat(filepath.Join(p.Dir, "first.partial")); err != nil {
		t.Error("the folder that another portalctl writes was removed")
	}
	lock.Close()
	p.Must("create")
	p.NothingLeft()
}

func TestSnapshotServerKilled(t *testing.T) {
	testkit.SkipRace(t)
	t.Parallel()
	p := snapportal.New(t)
	p.Enlarge(40000)
	run := p.Start("create", "--name", "one")
	waitForDump(t, p, run)
	p.Cluster.Kill()
	_ = run.Wait()
	if code := run.Cmd.ProcessState.ExitCode(); code != 2 {
		t.Errorf("exit code %d\n%s", code, run.Out)
	}
	p.NothingLeft()
	if err := p.Cluster.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(p.Dir, "one")); err == nil {
		t.Error("half a snapshot has a final name")
	}
	p.Must("create", "--name", "one")
	p.Must("verify")
}

// waitForDump waits until the catalog's dump has begun.
func waitForDump(t *testing.T, p *snapportal.Portal, run *snapportal.Process) {
	t.Helper()
	testkit.Wait(t, func() string {
		files, _ := filepath.Glob(filepath.Join(p.Dir, "*.partial", "01-*"))
		if len(files) > 0 {
			if info, err := os.Stat(files[0]); err == nil && info.Size() > 0 {
				return ""
			}
		}
		select {
		case <-run.Ended:
			t.Fatalf("no dump began\n%s", run.Out)
		default:
		}
		return "no dump has begun"
	})
}

func TestSnapshotWrongPassword(t *testing.T) {
	testkit.SkipRace(t)
	t.Parallel()
	p := snapportal.New(t)
	for i, kv := range p.Environ {
		if strings.HasPrefix(kv, "DB_PASSWORD=") {
			p.Environ[i] = "DB_PASSWORD=wr0ng-s3cret"
		}
	}
	code, out, errOut := p.Run("create")
	if code != 2 || !strings.Contains(errOut, "password authentication failed") || strings.Contains(out+errOut, "wr0ng") {
		t.Errorf("%d\n%s%s", code, out, errOut)
	}
	p.NothingLeft()
}
