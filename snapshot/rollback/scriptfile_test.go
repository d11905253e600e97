package rollback

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/testkit"
)

// fileTools is a PATH with what rollback.sh lists and one program, or none,
// that can read SQLite files.
func fileTools(t *testing.T, reader string) string {
	t.Helper()
	dir := t.TempDir()
	for _, tool := range slices.Concat([]string{"sha256sum", reader}, scriptTools, sqliteTools) {
		if tool == "" {
			continue
		}
		path, err := exec.LookPath(tool)
		if err == nil && tool == "python3" {
			// A version manager's shim needs more than itself.
			var real []byte
			if real, err = exec.Command(path, "-c", "import sqlite3, sys; print(sys.executable)").Output(); err == nil {
				path = strings.TrimSpace(string(real))
			}
		}
		if err != nil {
			t.Skipf("%s is not installed: rollback.sh of a portal with SQLite files needs it", tool)
		}
		if err := os.Symlink(path, filepath.Join(dir, tool)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// runShell runs a script and returns what it said and how it ended.
func runShell(t testing.TB, cmd *exec.Cmd, input string) (string, int) {
	t.Helper()
	cmd.Stdin = strings.NewReader(input)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// script runs the portal's rollback.sh.
func (p *filePortal) script(path, input string, args ...string) (string, int) {
	p.t.Helper()
	cmd := exec.CommandContext(p.t.Context(), shells(p.t)[0], append([]string{filepath.Join(p.dir, ScriptFile)}, args...)...)
	cmd.Env = []string{"PATH=" + path, "TMPDIR=" + p.t.TempDir()}
	return runShell(p.t, cmd, input)
}

func (p *filePortal) writePlan() {
	p.t.Helper()
	plan, err := New(p.manifest, nil)
	if err == nil {
		err = plan.Write(p.dir)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// listing is every file of the folder with its content, but those of the plan.
func (p *filePortal) listing() map[string]string {
	p.t.Helper()
	out := map[string]string{}
	names, _ := filepath.Glob(filepath.Join(p.dir, "*.sqlite*"))
	for _, name := range names {
		src, err := os.ReadFile(name)
		if err != nil {
			p.t.Fatal(err)
		}
		out[filepath.Base(name)] = sum(src)
	}
	return out
}

// killedUpgrade is an upgrade whose process gets SIGKILL: what it committed last
// is in the write-ahead log alone, or a journal waits to be played back.
func (p *filePortal) killedUpgrade(mode string) {
	p.t.Helper()
	dir := p.t.TempDir()
	path := p.path("catalog")
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		p.t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, s := range []string{"PRAGMA journal_mode = " + mode, "PRAGMA wal_autocheckpoint = 0", "PRAGMA cache_size = 2", "PRAGMA cache_spill = 2", "BEGIN",
		"INSERT INTO knex_migrations VALUES (2, 'new.js', 2, 'x')", "ALTER TABLE things ADD COLUMN more",
		"INSERT INTO things SELECT hex(randomblob(900)), 1 FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400) SELECT i FROM n)"} {
		if _, err := db.Exec(s); err != nil {
			p.t.Fatalf("%s: %v", s, err)
		}
	}
	if mode == "WAL" {
		if _, err := db.Exec("COMMIT"); err != nil {
			p.t.Fatal(err)
		}
	}
	// A copy of all that is on the disk is what a kill would leave.
	copyAll := func(from, to string) {
		for _, side := range []string{"", "-wal", "-shm", "-journal"} {
			_ = os.Remove(to + side)
			if src, err := os.ReadFile(from + side); err == nil {
				if err := os.WriteFile(to+side, src, 0o600); err != nil {
					p.t.Fatal(err)
				}
			}
		}
	}
	copyAll(path, filepath.Join(dir, "x"))
	_ = db.Close()
	copyAll(filepath.Join(dir, "x"), path)
	side := map[string]string{"WAL": "-wal", "DELETE": "-journal"}[mode]
	if info, err := os.Stat(path + side); err != nil || info.Size() == 0 {
		p.t.Fatalf("no %s: %v", side, err)
	}
	execSQLite(p.t, p.path("search"), "INSERT INTO things VALUES ('three')")
}

// A portal in SQLite files: only what was migrated comes back, also from a
// migration that was killed, with --yes and with each of the tools that the
// script can read a file with.
func TestScriptBringsFilesBack(t *testing.T) {
	testkit.SkipRace(t)
	for _, reader := range []string{"sqlite3", "python3"} {
		for _, mode := range []string{"", "WAL", "DELETE"} {
			t.Run(reader+mode, func(t *testing.T) {
				path := fileTools(t, reader)
				p := newFilePortal(t)
				p.writePlan()
				before := p.state(p.path("catalog"))
				if err := os.Chmod(p.path("catalog"), 0o640); err != nil {
					t.Fatal(err)
				}
				if mode == "" {
					p.upgrade()
				} else {
					p.killedUpgrade(mode)
					if err := os.Chmod(p.path("catalog"), 0o640); err != nil {
						t.Fatal(err)
					}
				}
				kept, listed := p.state(p.path("search")), p.listing()
				first := "1 " + p.path("catalog") + "\n"
				for _, look := range [][]string{{"--check"}, {"--migrated"}, {"--status"}} {
					out, code := p.script(path, "", look...)
					if code != 0 || look[0] == "--migrated" && out != map[string]string{"": first, "WAL": first, "DELETE": ""}[mode] {
						t.Errorf("%v: exit %d\n%s", look, code, out)
					}
				}
				if d := cmp.Diff(listed, p.listing()); d != "" {
					t.Errorf("looking changed something\n%s", d)
				}
				out, code := p.script(path, "", "--yes")
				if code != 0 {
					t.Fatalf("exit %d\n%s", code, out)
				}
				if got := p.state(p.path("catalog")); got != before {
					t.Errorf("catalog: %s, was %s\n%s", got, before, out)
				}
				if got := p.state(p.path("search")); got != kept {
					t.Errorf("search was not migrated, and is %s, was %s", got, kept)
				}
				failed, _ := filepath.Glob(p.path("catalog") + failedSuffix + "????????_??????")
				if mode == "DELETE" {
					// The migration had not been committed: its journal takes it back.
					if len(failed) > 0 {
						t.Errorf("nothing was migrated, and %v came", failed)
					}
					return
				}
				if len(failed) != 1 || !strings.Contains(p.state(failed[0]), "new.js") {
					t.Errorf("the failed state is %v\n%s", failed, out)
				}
				if info, err := os.Stat(p.path("catalog")); err != nil || info.Mode().Perm() != 0o640 {
					t.Errorf("mode %v, %v", info.Mode(), err)
				}
				if left, _ := filepath.Glob(filepath.Join(p.dir, "*restoring*")); len(left) > 0 {
					t.Errorf("%v is left", left)
				}
				if again, code := p.script(path, "", "--yes"); code != 0 || !strings.Contains(again, "Nothing to restore") {
					t.Errorf("again: exit %d\n%s", code, again)
				}
			})
		}
	}
}

// Nothing to read a file with: --yes guesses nothing, a person is asked.
func TestScriptWithoutAReaderOfFiles(t *testing.T) {
	testkit.SkipRace(t)
	path := fileTools(t, "")
	p := newFilePortal(t)
	p.writePlan()
	before := p.state(p.path("catalog"))
	p.upgrade()
	kept, listed := p.state(p.path("search")), p.listing()
	out, code := p.script(path, "", "--yes")
	if code != 2 || !strings.Contains(out, "cannot be looked into without sqlite3 or python3") {
		t.Errorf("exit %d\n%s", code, out)
	}
	if d := cmp.Diff(listed, p.listing()); d != "" {
		t.Errorf("something changed\n%s", d)
	}
	// Yes to catalog, no to search, and yes to all steps.
	if out, code := p.script(path, "y\nn\n"+strings.Repeat("y\n", 8)); code != 0 {
		t.Errorf("exit %d\n%s", code, out)
	}
	if got := p.state(p.path("catalog")); got != before {
		t.Errorf("catalog: %s, was %s", got, before)
	}
	if got := p.state(p.path("search")); got != kept {
		t.Errorf("search: %s, was %s", got, kept)
	}
}

// A log or a journal that belongs to a file that is gone, or to a file that is
// damaged, is not played into the restored one.
func TestAStrayLogIsMovedAside(t *testing.T) {
	testkit.SkipRace(t)
	for _, way := range []string{"script", "restore"} {
		for _, live := range []string{"gone", "damaged"} {
			t.Run(way+"/"+live, func(t *testing.T) {
				path := fileTools(t, "sqlite3")
				p := newFilePortal(t)
				p.writePlan()
				before := p.state(p.path("catalog"))
				p.killedUpgrade("WAL")
				if live == "gone" {
					if err := os.Remove(p.path("catalog")); err != nil {
						t.Fatal(err)
					}
				} else {
					for _, name := range []string{p.path("catalog"), p.path("catalog") + "-wal"} {
						if err := os.WriteFile(name, bytes.Repeat([]byte("x"), 9000), 0o600); err != nil {
							t.Fatal(err)
						}
					}
				}
				said := ""
				if way == "script" {
					out, code := p.script(path, "", "--yes")
					if code != 0 {
						t.Fatalf("exit %d\n%s", code, out)
					}
					said = out
				} else {
					result, err := p.plan().Restore(t.Context(), p.options())
					if err != nil {
						t.Fatal(err)
					}
					said = fmt.Sprint(result)
				}
				if got := p.state(p.path("catalog")); got != before {
					t.Errorf("catalog: %s, was %s\n%s", got, before, said)
				}
				if log, _ := filepath.Glob(p.path("catalog") + failedSuffix + "*-wal"); len(log) != 1 && live == "gone" {
					t.Errorf("the log is not kept: %v", p.listing())
				}
			})
		}
	}
}
