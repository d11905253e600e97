package rollbackscript

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/dbportal"
	"github.com/portalctl/portalctl/snapshot/rollback"
)

// An administrator's role has its own password: the variable of app-config is
// the portal's. A passfile without a line for the login is an error that says
// so, and no program asks on the terminal.
func TestScriptPasswords(t *testing.T) {
	testkit.SkipRace(t)
	t.Parallel()
	p := newPortal(t, false)
	path := p.ScriptPath()
	passfile := filepath.Join(t.TempDir(), "passfile")
	if err := os.WriteFile(passfile, []byte("elsewhere:*:*:*:x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		login []string
		code  int
	}{
		{[]string{"PGUSER=boss", "POSTGRES_PASSWORD=" + dbportal.AppPassword, "PGPASSWORD=" + dbportal.AdminPassword}, 0},
		{[]string{"PGUSER=boss", "POSTGRES_PASSWORD=" + dbportal.AdminPassword}, 2},
		{[]string{"PGUSER=boss", "PGPASSFILE=" + passfile, "PGPASSWORD=" + dbportal.AdminPassword}, 2},
	} {
		out, code := p.ScriptWith(t.Context(), dbportal.Shells(t)[0], path, "", tt.login, "--check", "--yes")
		if code != tt.code || code == 2 && !strings.Contains(out, "as boss") {
			t.Errorf("%d: exit %d\n%s", tt.code, code, out)
		}
	}
	p.Manifest.Servers[0].AdminUser = "boss"
	p.writePlan()
	if out, code := p.ScriptWith(t.Context(), dbportal.Shells(t)[0], path, "", []string{"POSTGRES_PASSWORD=" + dbportal.AppPassword, "PGPASSWORD=" + dbportal.AdminPassword}, "--check"); code != 0 {
		t.Errorf("the role of --admin-dsn: exit %d\n%s", code, out)
	}
	for _, name := range []string{rollback.ScriptFile, rollback.MarkdownFile} {
		src, err := os.ReadFile(filepath.Join(p.Dir, name))
		if err != nil {
			t.Fatal(err)
		}
		asks := regexp.MustCompile(`(?m)^.*(psql -X|pg_dump -|pg_restore -).*$`)
		lines := asks.FindAllString(string(src), -1)
		if len(lines) < 2 {
			t.Errorf("%s: %d calls", name, len(lines))
		}
		for _, line := range lines {
			if !strings.Contains(line, " -w ") && !strings.Contains(line, "--no-password") && !strings.Contains(line, "--version") {
				t.Errorf("%s: may ask for a password: %s", name, line)
			}
		}
	}
}
