package rollback

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A backend that is idle outside WAL mode holds no lock that SQLite would know
// of; its open file is seen, and nothing is replaced under it.
func TestAFileThatIsOnlyOpenIsInUse(t *testing.T) {
	p := newFilePortal(t)
	p.writePlan()
	path := p.ScriptPath("sqlite3")
	p.Upgrade()
	cmd := exec.Command("sh", "-c", `exec 3<"$0"; echo ready; read -r line`, p.Path("catalog"))
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	ready, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close(); _ = cmd.Wait() }()
	if _, err := ready.Read(make([]byte, 6)); err != nil {
		t.Fatal(err)
	}
	listed := p.Listing()
	if _, err := p.plan().Restore(t.Context(), Options{Dir: p.Dir, Began: time.Now()}); err == nil || !strings.Contains(err.Error(), "the portal still uses the file: it is open in process ") {
		t.Errorf("error %v", err)
	}
	for _, args := range [][]string{{"--yes"}, {"--yes", "--terminate"}} {
		if out, code := p.Script(path, "", args...); code != 2 || !strings.Contains(out, p.Path("catalog")+" is open in another process") {
			t.Errorf("exit %d\n%s", code, out)
		}
	}
	after := p.Listing()
	for name := range after {
		// What SQLite itself needs to look into a file.
		if strings.HasSuffix(name, "-shm") || strings.HasSuffix(name, "-wal") {
			delete(after, name)
			delete(listed, name)
		}
	}
	if d := cmp.Diff(listed, after); d != "" {
		t.Errorf("something changed\n%s", d)
	}
}
