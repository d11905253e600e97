package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/portalctl/portalctl/internal/testkit/osvtest"
	"github.com/portalctl/portalctl/internal/testkit/program"
)

var update = flag.Bool("update", false, "rewrite docs/tour.md")

// docs/tour.md is what a terminal shows: its commands run one after the other, in
// one portal a session, and what they print is compared with the page. With
// -update the page is written.
func TestTour(t *testing.T) {
	for _, program := range []string{"bash", "git"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed", program)
		}
	}
	const name = "docs/tour.md"
	page := readPage(t, name)
	block := regexp.MustCompile("(?ms)^<!-- session: (\\w+) -->\n```text\n(.*?)^```\n")
	sessions := map[string]*session{}
	ran := 0
	got := block.ReplaceAllStringFunc(page, func(text string) string {
		m := block.FindStringSubmatch(text)
		s := sessions[m[1]]
		if s == nil {
			s = newSession(t, m[1])
			sessions[m[1]] = s
		}
		var b strings.Builder
		for line := range strings.Lines(m[2]) {
			if command, ok := strings.CutPrefix(line, "$ "); ok {
				if b.Len() > 0 {
					b.WriteByte('\n')
				}
				b.WriteString(line + s.run(t, strings.TrimSuffix(command, "\n")))
				ran++
			}
		}
		return fmt.Sprintf("<!-- session: %s -->\n```text\n%s```\n", m[1], b.String())
	})
	if ran < 8 {
		t.Fatalf("%d commands ran only", ran)
	}
	if got == page {
		return
	}
	if !*update {
		t.Fatalf("%s is not what the commands print; go test ./cmd/portalctl -run TestTour -update writes it:\n%s", name, firstDifference(page, got))
	}
	if err := os.WriteFile(filepath.Join("..", "..", filepath.FromSlash(name)), []byte(got), 0o644); err != nil {
		t.Fatal(err)
	}
}

func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			return fmt.Sprintf("line %d\n-%s\n+%s", i+1, w[i], g[i])
		}
	}
	return fmt.Sprintf("%d lines instead of %d", len(g), len(w))
}

// session is a portal and the environment of its commands.
type session struct {
	dir     string
	environ []string
	hide    *strings.Replacer
}

func newSession(t *testing.T, kind string) *session {
	s := &session{}
	switch kind {
	case "upgrade":
		s.environ = docsWorld(t)
		s.dir, s.environ = docsPortal(t, "", s.environ)
	case "databases":
		s.dir, s.environ = sqlitePortal(t)
		s.environ = append(s.environ, program.SchemasVar+"="+schemas())
	default:
		t.Fatalf("no session is called %s", kind)
	}
	// An advisory that the upgrade does not bring, and one that a new dependency does.
	records := t.TempDir()
	for id, pkg := range map[string]string{"GHSA-tour-aaaa-aaaa": "react", "GHSA-tour-bbbb-bbbb": "left-pad"} {
		record := osvtest.Record(id, "npm", pkg, "99.0.0", time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC))
		if err := os.WriteFile(filepath.Join(records, id+".json"), record, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	osv, err := osvtest.Start(records)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(osv.Close)
	s.environ = append(s.environ, "PORTALCTL_OSV_URL="+osv.URL)
	home := ""
	for _, kv := range s.environ {
		if value, ok := strings.CutPrefix(kv, "XDG_STATE_HOME="); ok {
			home = value
		}
	}
	s.hide = strings.NewReplacer(home, "~/.local/state", s.dir, "/srv/portal", osv.URL, "https://api.osv.dev")
	return s
}

// What changes from run to run: times, durations, hashes of them.
var tourVaries = []struct {
	re *regexp.Regexp
	to string
}{
	{regexp.MustCompile(`20\d\d-\d\d-\d\d \d\d:\d\d`), "2026-06-01 09:30"},
	{regexp.MustCompile(`20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ`), "2026-06-01T09:30:00Z"},
	{regexp.MustCompile(`20\d{6}_\d{6}`), "20260601_093000"},
	{regexp.MustCompile(`\bin \d+(\.\d+)?(ms|s)\b`), "in 0s"},
	{regexp.MustCompile(`\(\d+(\.\d+)?(ms|s)\)`), "(0s)"},
	{regexp.MustCompile(`\bportal-[0-9a-f]{8}\b`), "portal-f5788d1e"},
	{regexp.MustCompile(`\b[0-9a-f]{40}\b`), "8846ba6b9d1a55d6b9f7d0a41a4c6f2c3e1b7a90"},
	{regexp.MustCompile(`\b[0-9a-f]{12}\b`), "8846ba6b9d1a"},
	{regexp.MustCompile(`\b[0-9a-f]{10}\b`), "8846ba6b9d"},
}

func (s *session) run(t *testing.T, command string) string {
	t.Helper()
	if strings.HasPrefix(command, "# ") { // what is said happens
		migrate(t, s.dir)
		return ""
	}
	c := exec.Command("bash", "-c", command)
	c.Dir, c.Env = s.dir, s.environ
	out, err := c.CombinedOutput()
	if err != nil {
		if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() > 1 {
			t.Errorf("%s: %v\n%s", command, err, out)
		}
	}
	text := s.hide.Replace(s.narrowed(string(out)))
	for _, v := range tourVaries {
		text = v.re.ReplaceAllString(text, v.to)
	}
	// Durations in the columns of tables, which are as wide as their heads.
	text = regexp.MustCompile(`\btook {2,}`).ReplaceAllString(text, "took  ")
	text = regexp.MustCompile(`\b\d+(\.\d+)?m?s {2,}`).ReplaceAllString(text, "0s    ")
	return regexp.MustCompile(`\b\d+ s( {2,})`).ReplaceAllStringFunc(text, func(cell string) string {
		return "1 s" + strings.Repeat(" ", len(cell)-len("1 s"))
	})
}

// narrowed takes out of the heads of tables the blanks that the folder's real name
// needs, and what stands for it does not.
func (s *session) narrowed(text string) string {
	lines := strings.Split(text, "\n")
	more := len(s.dir) - len("/srv/portal")
	for i, line := range lines {
		at := strings.Index(line, s.dir)
		if i == 0 || at < 0 || more <= 0 || strings.Contains(lines[i-1], s.dir) || len(lines[i-1]) <= at {
			continue
		}
		head := lines[i-1]
		if gap := strings.Index(head[at:], strings.Repeat(" ", more+2)); gap >= 0 {
			lines[i-1] = head[:at+gap] + head[at+gap+more:]
		}
	}
	return strings.Join(lines, "\n")
}
