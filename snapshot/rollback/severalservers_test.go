//go:build unix

package rollback

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// With several servers a variable of libpq can be right for one of them only:
// each server has its own, and what would send all to one place is refused before
// anything is asked.
func TestScriptOfSeveralServers(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("no sh")
	}
	p := plannedPortal(t, kindDatabase, kindSchema) // the servers are called like these
	dir, bin := t.TempDir(), t.TempDir()
	if err := p.Write(dir); err != nil {
		t.Fatal(err)
	}
	// A psql that says where it would connect, and fails there.
	asked := filepath.Join(bin, "asked")
	psql := "#!/bin/sh\necho \"$PGUSER@$PGHOST:$PGPORT $PGSSLMODE\" >>'" + asked + "'\nexit 1\n"
	if err := os.WriteFile(filepath.Join(bin, "psql"), []byte(psql), 0o755); err != nil {
		t.Fatal(err)
	}
	run := func(only string, env ...string) (text, where string) {
		t.Helper()
		os.Remove(asked)
		cmd := exec.Command("sh", filepath.Join(dir, ScriptFile), "--migrated", "--only", only)
		cmd.Env = append([]string{"PATH=" + bin + ":" + os.Getenv("PATH"), "PGPASSFILE=/dev/null"}, env...)
		out, err := cmd.CombinedOutput()
		if err == nil {
			t.Fatalf("it found a server: %s", out)
		}
		at, _ := os.ReadFile(asked)
		first, _, _ := strings.Cut(string(at), "\n")
		return string(out), first
	}
	const database, schema = "pdatabase", "pschema"
	if _, at := run(database); at != "backstage@database:5432 verify-full" {
		t.Errorf("without variables: %s", at)
	}
	// The first target is of the first server; it is asked first.
	if _, at := run(database, "PGHOST_1=127.0.0.1", "PGPORT_1=6000", "PGHOST_2=10.0.0.2", "PGUSER_2=boss", "PGSSLMODE_1=disable"); at != "backstage@127.0.0.1:6000 disable" {
		t.Errorf("the first server's variables: %s", at)
	}
	if _, at := run(database, "PGUSER=boss"); at != "boss@database:5432 verify-full" {
		t.Errorf("a user for all: %s", at)
	}
	for _, env := range []string{"PGHOST=127.0.0.1", "PGPORT=6000"} {
		text, at := run(schema, env)
		if at != "" || !strings.Contains(text, "PGHOST and PGPORT name one server, and the snapshot is of 2") ||
			!strings.Contains(text, "PGHOST_1 and PGPORT_1 for database:5432, PGHOST_2 and PGPORT_2 for schema:5432") {
			t.Errorf("%s: asked %q\n%s", env, at, text)
		}
	}
	help, err := exec.Command("sh", filepath.Join(dir, ScriptFile), "--help").CombinedOutput()
	if err != nil || !strings.Contains(string(help), "1 is database:5432, 2 is schema:5432.") {
		t.Errorf("%v\n%s", err, help)
	}
	// One server has no numbers.
	one := plannedPortal(t, kindDatabase)
	if text, err := one.script(); err != nil || strings.Contains(text, "PGHOST_1") {
		t.Errorf("numbers with one server: %v", err)
	}
}
