package snapshotkilled

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/snapportal"
)

// A rehearsal that is killed leaves no restored sessions in TMPDIR: not its
// server's folder, and what an older one left is removed by the next.
func TestSnapshotRehearsalKilled(t *testing.T) {
	testkit.SkipRace(t)
	t.Parallel()
	p := snapportal.New(t)
	p.Enlarge(15000)
	p.Must("create", "--name", "one")
	temp := t.TempDir()
	for i, kv := range p.Environ {
		if strings.HasPrefix(kv, "TMPDIR=") {
			p.Environ[i] = "TMPDIR=" + temp
		}
	}
	for _, dir := range []string{temp, filepath.Dir(temp)} {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	names := func() []string {
		entries, err := os.ReadDir(temp)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, e := range entries {
			out = append(out, e.Name())
		}
		return out
	}
	run := p.Start("verify", "--rehearse")
	for restoring := false; !restoring; {
		select {
		case <-run.Ended:
			t.Fatalf("the rehearsal was over before it was seen\n%s", run.Out)
		case <-time.After(time.Millisecond):
		}
		for _, line := range snapportal.Children(run.Cmd.Process.Pid) {
			restoring = restoring || strings.Contains(line, "pg_restore") && strings.Contains(line, "--dbname=")
		}
	}
	if len(names()) == 0 {
		t.Fatal("the rehearsal has no folder in TMPDIR")
	}
	if err := run.Cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-run.Ended
	testkit.Wait(t, func() string { return strings.Join(names(), " ") })

	// Of a machine that lost its power, say.
	left := filepath.Join(temp, "portalctl-rehearsal-left")
	if err := os.MkdirAll(left, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(left, "restored.sqlite"), []byte("sessions"), 0o600); err != nil {
		t.Fatal(err)
	}
	ago := time.Now().Add(-time.Hour)
	if err := os.Chtimes(left, ago, ago); err != nil {
		t.Fatal(err)
	}
	again := p.Start("verify", "--rehearse")
	if err := again.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, again.Out)
	}
	if got := names(); len(got) > 0 {
		t.Errorf("left: %v", got)
	}
}
