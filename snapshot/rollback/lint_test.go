package rollback

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit"
)

// rollback.sh, as it is written for each kind of portal, is nothing that
// shellcheck has a word to say about.
func TestScriptLint(t *testing.T) {
	testkit.SkipRace(t)
	shellcheck, err := exec.LookPath("shellcheck")
	if err != nil {
		t.Skip("shellcheck is not installed")
	}
	check := func(t *testing.T, plan *Plan, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		script, err := plan.Script()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(shellcheck, "--shell", "sh", "-")
		cmd.Stdin = strings.NewReader(script)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Run(); err != nil || out.Len() > 0 {
			t.Errorf("%v\n%s", err, out.String())
		}
	}
	t.Parallel()
	t.Run("files", func(t *testing.T) {
		plan, err := New(newFilePortal(t).manifest, nil)
		check(t, plan, err)
	})
	for _, schemas := range []bool{false, true} {
		t.Run(map[bool]string{false: "databases", true: "schemas"}[schemas], func(t *testing.T) {
			p := newPortal(t, schemas)
			p.take()
			plan, err := New(p.manifest, nil)
			check(t, plan, err)
		})
	}
}
