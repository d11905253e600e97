package rollbackscript

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/dbportal"
	"github.com/portalctl/portalctl/internal/testkit/pgtest"
	"github.com/portalctl/portalctl/snapshot"
	"github.com/portalctl/portalctl/snapshot/rollback"
)

var shellBlock = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")

// pasted are the commands of ROLLBACK.md, as somebody pastes them who has never
// seen it. kubectl is not there.
func pasted(t testing.TB, dir string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, rollback.MarkdownFile))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "IN ()") {
		t.Errorf("a query over nothing:\n%s", text)
	}
	for _, step := range strings.Split(string(text), "\n### ")[1:] {
		if title, _, _ := strings.Cut(step, "\n"); strings.Contains(title, "(expected: ") && (!strings.Contains(step, "```sh\n") || !strings.Contains(step, "\nTo back out: ")) {
			t.Errorf("the step %q has no command, or no way out", title)
		}
	}
	commands := "kubectl() { :; }\n"
	blocks := shellBlock.FindAllStringSubmatch(string(text), -1)
	if len(blocks) < 7 {
		t.Fatalf("%d blocks of commands in\n%s", len(blocks), text)
	}
	for _, b := range blocks {
		commands += b[1]
	}
	return commands
}

// sums writes the list of sums that a snapshot has.
func writeSums(t testing.TB, dir string, m *snapshot.Manifest) {
	t.Helper()
	text := ""
	for _, f := range m.Files() {
		text += f.SHA256 + "  " + f.Name + "\n"
	}
	if err := os.WriteFile(filepath.Join(dir, snapshot.SumsFile), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// paste runs the commands of the document in one shell that goes on after an
// error, as a terminal does, with a passfile that has one user in it.
func (p *portal) paste(change func(string) string, user, password string) string {
	p.T.Helper()
	writeSums(p.T, p.Dir, p.Manifest)
	for _, tool := range []string{"zstd", "sed", "sha256sum", "grep"} {
		if _, err := exec.LookPath(tool); err != nil {
			p.T.Skipf("the plan needs %s", tool)
		}
	}
	passfile := filepath.Join(p.T.TempDir(), "passfile")
	line := "*:*:*:" + user + ":" + strings.NewReplacer(`\`, `\\`, ":", `\:`).Replace(password) + "\n"
	if err := os.WriteFile(passfile, []byte(line), 0o600); err != nil {
		p.T.Fatal(err)
	}
	cmd := exec.CommandContext(p.T.Context(), dbportal.Shells(p.T)[0])
	cmd.Dir = p.Dir
	cmd.Env = []string{"PATH=" + p.Cluster.Tools.Dir + string(os.PathListSeparator) + os.Getenv("PATH"), "PGPASSFILE=" + passfile, "TMPDIR=" + p.T.TempDir()}
	out, _ := dbportal.Run(p.T, cmd, change(pasted(p.T, p.Dir)))
	if strings.Contains(out, "ERROR") || strings.Contains(out, "rror:") {
		p.T.Errorf("an error:\n%s", out)
	}
	return out
}

// The commands of ROLLBACK.md as create writes it, before anybody knows what the
// upgrade will migrate, are what Restore is: what was migrated comes back, and
// nothing else. For each kind of portal.
func TestMarkdownIsAWayBack(t *testing.T) {
	testkit.SkipRace(t)
	for _, kind := range []string{"databases", "schemas", "mixed", "TLS", "admin", "looked"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			var p *portal
			var ca []byte
			if kind == "TLS" {
				var settings map[string]string
				settings, ca = pgtest.TLS(t)
				p = &portal{dbportal.With(t, settings)}
				p.Take()
			} else {
				p = newPortal(t, kind == "schemas")
			}
			server := &p.Manifest.Servers[0]
			var files *filePortal
			change := func(s string) string { return strings.ReplaceAll(s, "PGUSER='backstage'", "PGUSER=boss") }
			switch kind {
			case "mixed":
				files = p.mix()
			case "TLS":
				server.Host, server.SSLMode = "localhost", "verify-full"
				server.CA = &snapshot.File{Name: "localhost.ca.pem", Size: int64(len(ca)), SHA256: snapshot.SHA256(ca)}
				if err := os.WriteFile(filepath.Join(p.Dir, server.CA.Name), ca, 0o600); err != nil {
					t.Fatal(err)
				}
				// Nothing else than TLS leads to it.
				pgtest.Exec(t, p.Cluster, "postgres", "ALTER SYSTEM SET ssl_min_protocol_version = 'TLSv1.2'")
			case "admin":
				server.AdminUser = "boss"
				change = func(s string) string { return s }
			}
			p.writePlan()
			before := p.States()
			p.Upgrade()
			fileBefore, fileKept, filesUp := "", "", ""
			if files != nil {
				fileBefore = files.State(files.Path("catalog"))
				files.KilledUpgrade("WAL")
				fileKept, filesUp = files.State(files.Path("search")), files.State(files.Path("catalog"))
			}
			if kind == "looked" {
				plan, err := rollback.New(p.Manifest, nil)
				if err == nil {
					err = plan.Look(t.Context(), []pg.Target{p.Admin}, nil)
				}
				if err == nil {
					err = plan.Write(p.Dir)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			upgraded := p.States()
			out := p.paste(change, "boss", dbportal.AdminPassword)
			p.Is(out, before, "auth", "catalog")
			p.Is(out, upgraded, "scaffolder", "search")
			if files != nil {
				failed, _ := filepath.Glob(files.Path("catalog") + dbportal.FailedSuffix + "????????_??????")
				if got := files.State(files.Path("catalog")); got != fileBefore {
					t.Errorf("catalog's file is %s, was %s\n%s", got, fileBefore, out)
				}
				if got := files.State(files.Path("search")); got != fileKept {
					t.Errorf("search's file is %s, was %s", got, fileKept)
				}
				if len(failed) != 1 || files.State(failed[0]) != filesUp {
					t.Errorf("the failed file is not whole: %v", failed)
				}
			}
			if kind != "schemas" && strings.Count(strings.Join(p.Databases(), " "), dbportal.FailedSuffix) != 2 {
				t.Errorf("databases %v", p.Databases())
			}
			if testing.Verbose() {
				t.Log(out)
			}
		})
	}
}

// The same without a server: files alone, after an upgrade that was killed.
func TestMarkdownIsAWayBackForFiles(t *testing.T) {
	testkit.SkipRace(t)
	for _, mode := range []string{"WAL", "clean"} {
		t.Run(mode, func(t *testing.T) {
			p := newFilePortal(t)
			p.ScriptPath("sqlite3") // skips where something is not installed
			before := p.State(p.Path("catalog"))
			if mode == "WAL" {
				p.KilledUpgrade(mode)
			} else {
				p.Upgrade()
			}
			kept, upgraded := p.State(p.Path("search")), p.State(p.Path("catalog"))
			writeSums(t, p.Dir, p.Manifest)
			cmd := exec.CommandContext(t.Context(), dbportal.Shells(t)[0])
			cmd.Dir = p.Dir
			cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + t.TempDir()}
			out, _ := dbportal.Run(t, cmd, pasted(t, p.Dir)+"echo \"at $TIME\"\n")
			if got := p.State(p.Path("catalog")); got != before {
				t.Errorf("catalog is %s, was %s\n%s", got, before, out)
			}
			if got := p.State(p.Path("search")); got != kept {
				t.Errorf("search is %s, was %s\n%s", got, kept, out)
			}
			_, stamp, _ := strings.Cut(out, "\nat ")
			if got := p.State(p.Path("catalog") + dbportal.FailedSuffix + strings.TrimSpace(stamp)); got != upgraded {
				t.Errorf("the failed file is %s, was %s\n%s", got, upgraded, out)
			}
			for _, word := range []string{"psql", "pg_", "PGHOST"} {
				if commands := pasted(t, p.Dir); strings.Contains(commands, word) {
					t.Errorf("%s for files alone:\n%s", word, commands)
				}
			}
		})
	}
}

// Every step says how to back out of it, and its commands do: a portal whose
// databases are closed, with copies beside, is as it was.
func TestBackingOut(t *testing.T) {
	testkit.SkipRace(t)
	t.Parallel()
	p := newPortal(t, false)
	p.Upgrade()
	upgraded, names := p.States(), p.Databases()
	text := pasted(t, p.Dir)
	// Up to the swap, then what stands there for backing out.
	until := strings.Index(text, "{ echo 'BEGIN;'")
	plan, err := rollback.New(p.Manifest, nil)
	if err != nil {
		t.Fatal(err)
	}
	var undo []string
	for _, s := range plan.Steps {
		if s.BackOut == "" {
			t.Errorf("%s: no way out", s.Title)
		}
		if strings.HasPrefix(s.Title, "Restore beside") || strings.HasPrefix(s.Title, "Keep everybody out") {
			undo = append(undo, s.BackOutCommands...)
		}
	}
	change := func(string) string {
		return strings.ReplaceAll(text[:until], "PGUSER='backstage'", "PGUSER=boss") + strings.Join(undo, "\n") + "\n"
	}
	out := p.paste(change, "boss", dbportal.AdminPassword)
	if fmt.Sprint(p.Databases()) != fmt.Sprint(names) {
		t.Errorf("databases %v, were %v\n%s", p.Databases(), names, out)
	}
	p.Is("backed out", upgraded, dbportal.Plugins...)
}
