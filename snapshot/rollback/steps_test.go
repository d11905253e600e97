package rollback

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var shellBlock = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")

// The commands of ROLLBACK.md, pasted into a shell one after the other, are a
// rollback. Only what a person does elsewhere is left out: stopping, deploying
// and starting the portal.
func TestMarkdownIsAWayBack(t *testing.T) {
	for _, schemas := range []bool{false, true} {
		t.Run(map[bool]string{false: "databases", true: "schemas"}[schemas], func(t *testing.T) {
			t.Parallel()
			p := newTakenPortal(t, schemas)
			before := p.states()
			p.upgrade()
			upgraded := p.states()
			plan := p.plan()
			if err := plan.Write(p.dir); err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(filepath.Join(p.dir, MarkdownFile))
			if err != nil {
				t.Fatal(err)
			}
			var script strings.Builder
			script.WriteString("set -e\n")
			blocks := shellBlock.FindAllStringSubmatch(string(text), -1)
			for _, b := range blocks {
				for _, line := range strings.SplitAfter(b[1], "\n") {
					switch {
					case strings.HasPrefix(line, "kubectl"), strings.HasPrefix(line, "portalctl"), strings.HasPrefix(line, "sha256sum"):
					default:
						script.WriteString(line)
					}
				}
			}
			if len(blocks) < 8 {
				t.Fatalf("%d blocks of commands in\n%s", len(blocks), text)
			}
			passfile := filepath.Join(t.TempDir(), "passfile")
			if err := os.WriteFile(passfile, []byte("*:*:*:*:"+adminPassword+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			shell := shells(t)[0]
			for _, tool := range []string{"zstd", "sed"} {
				if _, err := exec.LookPath(tool); err != nil {
					t.Skipf("the plan needs %s", tool)
				}
			}
			cmd := exec.CommandContext(t.Context(), shell)
			cmd.Dir = p.dir
			cmd.Stdin = strings.NewReader(strings.ReplaceAll(script.String(), "PGUSER='backstage'", "PGUSER=boss"))
			cmd.Env = []string{"PATH=" + p.cluster.Tools.Dir + string(os.PathListSeparator) + os.Getenv("PATH"), "PGPASSFILE=" + passfile, "TMPDIR=" + t.TempDir()}
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s\n%s", err, out, script.String())
			}
			after := p.states()
			for _, id := range portalPlugins {
				want := upgraded[id]
				if id == "auth" || id == "catalog" {
					want = before[id]
				}
				if schemas {
					// Without ANALYZE of its own: autovacuum comes by.
					want, after[id] = strings.Split(want, "analyzed")[0], strings.Split(after[id], "analyzed")[0]
				}
				if d := cmp.Diff(want, after[id]); d != "" {
					t.Errorf("%s (-want +got)\n%s\n%s", id, d, out)
				}
			}
		})
	}
}
