package snapshots

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/snapshot"
)

// What SIGKILL leaves is named and removed by the next command, even one that
// only looks.
func TestSnapshotLeftover(t *testing.T) {
	t.Parallel()
	p := newSnapPortal(t)
	p.must("create", "--name", "one")
	if err := os.MkdirAll(filepath.Join(p.dir, "two.partial"), 0o700); err != nil {
		t.Fatal(err)
	}
	code, out, errOut := p.run("list")
	if code != 0 || strings.Contains(out, "two") || !strings.Contains(errOut, "removed") || !strings.Contains(errOut, "two.partial") {
		t.Errorf("%d %s %s", code, out, errOut)
	}
	p.nothingLeft()
}

func TestSnapshotTwoAtOnce(t *testing.T) {
	t.Parallel()
	p := newSnapPortal(t)
	lock, err := snapshot.Store{Dir: p.dir}.Lock()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(p.dir, "first.partial"), 0o700); err != nil {
		t.Fatal(err)
	}
	code, _, errOut := p.run("create")
	if code != 2 || !strings.Contains(errOut, "another portalctl is at work") {
		t.Errorf("%d %s", code, errOut)
	}
	// Looking is allowed, and does not clean up under the other's hands.
	p.must("list")
	if _, err := os.Stat(filepath.Join(p.dir, "first.partial")); err != nil {
		t.Error("the folder that another portalctl writes was removed")
	}
	lock.Close()
	p.must("create")
	p.nothingLeft()
}

func TestSnapshotServerKilled(t *testing.T) {
	t.Parallel()
	p := newSnapPortal(t)
	p.enlarge(40000)
	run := p.start("create", "--name", "one")
	waitForDump(t, p, run)
	p.cluster.Kill()
	_ = run.wait()
	if code := run.cmd.ProcessState.ExitCode(); code != 2 {
		t.Errorf("exit code %d\n%s", code, run.out)
	}
	p.nothingLeft()
	if err := p.cluster.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(p.dir, "one")); err == nil {
		t.Error("half a snapshot has a final name")
	}
	p.must("create", "--name", "one")
	p.must("verify")
}

// waitForDump waits until the catalog's dump has begun.
func waitForDump(t *testing.T, p *snapPortal, run *process) {
	t.Helper()
	testkit.Wait(t, func() string {
		files, _ := filepath.Glob(filepath.Join(p.dir, "*.partial", "01-*"))
		if len(files) > 0 {
			if info, err := os.Stat(files[0]); err == nil && info.Size() > 0 {
				return ""
			}
		}
		select {
		case <-run.ended:
			t.Fatalf("no dump began\n%s", run.out)
		default:
		}
		return "no dump has begun"
	})
}

func TestSnapshotWrongPassword(t *testing.T) {
	t.Parallel()
	p := newSnapPortal(t)
	for i, kv := range p.environ {
		if strings.HasPrefix(kv, "DB_PASSWORD=") {
			p.environ[i] = "DB_PASSWORD=wr0ng-s3cret"
		}
	}
	code, out, errOut := p.run("create")
	if code != 2 || !strings.Contains(errOut, "password authentication failed") || strings.Contains(out+errOut, "wr0ng") {
		t.Errorf("%d\n%s%s", code, out, errOut)
	}
	p.nothingLeft()
}
