package rollbackscript

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/snapshot/rollback"
)

// rollback.sh, as it is written for each kind of portal, is nothing that
// shellcheck has a word to say about.
func TestScriptLint(t *testing.T) {
	testkit.SkipRace(t)
	shellcheck, err := exec.LookPath("shellcheck")
	if err != nil {
		t.Skip("shellcheck is not installed")
	}
	check := func(t *testing.T, dir string) {
		t.Helper()
		out, err := exec.Command(shellcheck, "--shell", "sh", filepath.Join(dir, rollback.ScriptFile)).CombinedOutput()
		if err != nil || len(out) > 0 {
			t.Errorf("%v\n%s", err, out)
		}
	}
	t.Parallel()
	t.Run("files", func(t *testing.T) { check(t, newFilePortal(t).Dir) })
	for _, schemas := range []bool{false, true} {
		t.Run(map[bool]string{false: "databases", true: "schemas"}[schemas], func(t *testing.T) { check(t, newPortal(t, schemas).Dir) })
	}
}
