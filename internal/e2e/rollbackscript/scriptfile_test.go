package rollbackscript

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/dbportal"
)

// A portal in SQLite files: only what was migrated comes back, also from a
// migration that was killed, with --yes and with each of the tools that the
// script can read a file with.
func TestScriptBringsFilesBack(t *testing.T) {
	testkit.SkipRace(t)
	for _, reader := range []string{"sqlite3", "python3"} {
		for _, mode := range []string{"", "WAL", "DELETE"} {
			t.Run(reader+mode, func(t *testing.T) {
				p := newFilePortal(t)
				path := p.ScriptPath(reader)
				before := p.State(p.Path("catalog"))
				if err := os.Chmod(p.Path("catalog"), 0o640); err != nil {
					t.Fatal(err)
				}
				if mode == "" {
					p.Upgrade()
				} else {
					p.KilledUpgrade(mode)
					if err := os.Chmod(p.Path("catalog"), 0o640); err != nil {
						t.Fatal(err)
					}
				}
				kept, listed := p.State(p.Path("search")), p.Listing()
				first := "1 " + p.Path("catalog") + "\n"
				for _, look := range [][]string{{"--check"}, {"--migrated"}, {"--status"}} {
					out, code := p.Script(path, "", look...)
					if code != 0 || look[0] == "--migrated" && out != map[string]string{"": first, "WAL": first, "DELETE": ""}[mode] {
						t.Errorf("%v: exit %d\n%s", look, code, out)
					}
				}
				if d := cmp.Diff(listed, p.Listing()); d != "" {
					t.Errorf("looking changed something\n%s", d)
				}
				out, code := p.Script(path, "", "--yes")
				if code != 0 {
					t.Fatalf("exit %d\n%s", code, out)
				}
				if got := p.State(p.Path("catalog")); got != before {
					t.Errorf("catalog: %s, was %s\n%s", got, before, out)
				}
				if got := p.State(p.Path("search")); got != kept {
					t.Errorf("search was not migrated, and is %s, was %s", got, kept)
				}
				failed, _ := filepath.Glob(p.Path("catalog") + dbportal.FailedSuffix + "????????_??????")
				if mode == "DELETE" {
					// The migration had not been committed: its journal takes it back.
					if len(failed) > 0 {
						t.Errorf("nothing was migrated, and %v came", failed)
					}
					return
				}
				if len(failed) != 1 || !strings.Contains(p.State(failed[0]), "new.js") {
					t.Errorf("the failed state is %v\n%s", failed, out)
				}
				if info, err := os.Stat(p.Path("catalog")); err != nil || info.Mode().Perm() != 0o640 {
					t.Errorf("mode %v, %v", info.Mode(), err)
				}
				if left, _ := filepath.Glob(filepath.Join(p.Dir, "*restoring*")); len(left) > 0 {
					t.Errorf("%v is left", left)
				}
				if again, code := p.Script(path, "", "--yes"); code != 0 || !strings.Contains(again, "Nothing to restore") {
					t.Errorf("again: exit %d\n%s", code, again)
				}
			})
		}
	}
}

// Nothing to read a file with: --yes guesses nothing, a person is asked.
func TestScriptWithoutAReaderOfFiles(t *testing.T) {
	testkit.SkipRace(t)
	p := newFilePortal(t)
	path := p.ScriptPath("")
	before := p.State(p.Path("catalog"))
	p.Upgrade()
	kept, listed := p.State(p.Path("search")), p.Listing()
	out, code := p.Script(path, "", "--yes")
	if code != 2 || !strings.Contains(out, "cannot be looked into without sqlite3 or python3") {
		t.Errorf("exit %d\n%s", code, out)
	}
	if d := cmp.Diff(listed, p.Listing()); d != "" {
		t.Errorf("something changed\n%s", d)
	}
	// Yes to catalog, no to search, and yes to all steps.
	if out, code := p.Script(path, "y\nn\n"+strings.Repeat("y\n", 8)); code != 0 {
		t.Errorf("exit %d\n%s", code, out)
	}
	if got := p.State(p.Path("catalog")); got != before {
		t.Errorf("catalog: %s, was %s", got, before)
	}
	if got := p.State(p.Path("search")); got != kept {
		t.Errorf("search: %s, was %s", got, kept)
	}
}
