package slotday

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/portalctl/portalctl/internal/slot"
	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/pgtest"
	"github.com/portalctl/portalctl/internal/testkit/program"
)

// Ended at any of its steps, by Ctrl-C or at once, slot deploy leaves the deployment that
// was kept before, nothing half, and nothing in the way of the next.
func TestDeployEnded(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	before := p.rows("backstage_plugin_notes")
	var first slot.Deployment
	decode(t, p.run(0, "slot", "deploy", "--format", "json"), &first)
	snapshots := filepath.Dir(first.Snapshot.Path)
	exists := func(pattern string) func() bool {
		return func() bool { found, _ := filepath.Glob(filepath.Join(snapshots, pattern)); return len(found) > 0 }
	}
	state, _ := filepath.Glob(filepath.Join(p.state, "portalctl", "slots", "*", "deploy.json"))
	if len(state) != 1 {
		t.Fatal(state)
	}
	has := func(text string) func() bool {
		return func() bool { src, _ := os.ReadFile(state[0]); return strings.Contains(string(src), text) }
	}
	for _, c := range []struct {
		point   string
		reached func() bool
		signal  syscall.Signal
	}{
		{"the forecast is kept", has(`"ended":false`), syscall.SIGINT},
		{"the snapshot is being taken", exists("second*.partial"), syscall.SIGKILL},
		{"the snapshot is there", exists("second"), syscall.SIGINT},
		{"the snapshot is kept", has(`"name":"second"`), syscall.SIGKILL},
	} {
		point, reached, signal := c.point, c.reached, c.signal
		cmd := exec.Command(program.Path(t, program.AsIs), "slot", "deploy", "--name", "second", "-C", p.root)
		var said bytes.Buffer
		cmd.Env, cmd.Stdout, cmd.Stderr = p.environ, &said, &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() { _ = cmd.Wait(); close(ended) }()
		testkit.Wait(t, func() string {
			select {
			case <-ended: // it was faster than we looked
			default:
				if !reached() {
					return "never: " + point
				}
			}
			return ""
		})
		_ = cmd.Process.Signal(signal)
		<-ended
		if code := cmd.ProcessState.ExitCode(); signal == syscall.SIGINT && code != 130 && code != 0 {
			t.Errorf("%s: exit %d\n%s", point, code, said.String())
		}
		// What was kept before holds; status shows it, and says what was interrupted.
		var run struct{ Deploy *slot.Deployment }
		decode(t, p.run(0, "slot", "status", "--format", "json"), &run)
		if run.Deploy == nil || run.Deploy.Ended && cmd.ProcessState.ExitCode() != 0 && run.Deploy.Snapshot.Name != first.Snapshot.Name {
			t.Errorf("%s: %+v", point, run.Deploy)
		}
		if out := p.run(1, "slot", "verify"); !strings.Contains(out, "none of 2 migrations ran") {
			t.Errorf("%s: %s", point, out)
		}
		p.run(0, "snapshot", "list") // removes what is half
		if exists("*.partial")() {
			t.Errorf("%s, %v: an unfinished snapshot is left", point, signal)
		}
		if err := os.RemoveAll(filepath.Join(snapshots, "second")); err != nil {
			t.Fatal(err)
		}
	}
	p.run(0, "slot", "deploy", "--snapshot", first.Snapshot.Name)
	if names := pgtest.Value(t, p.cluster, "postgres", "SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database WHERE NOT datistemplate"); names != "backstage_plugin_badges backstage_plugin_notes postgres" {
		t.Errorf("databases are left: %s", names)
	}
	if got := p.rows("backstage_plugin_notes"); got != before {
		t.Error("slot deploy changed the portal's rows")
	}
}
