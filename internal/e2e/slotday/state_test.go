package slotday

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/slot"
)

// Without the state that slot deploy keeps, verify goes by a snapshot; with one that is
// damaged or another portal's, it says so, and goes by nothing.
func TestWithoutState(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	if said := p.run(2, "slot", "verify"); !strings.Contains(said, "there is no slot deploy of this portal on this machine") || !strings.Contains(said, "slot verify -C "+p.root+" --snapshot NAME") {
		t.Error(said)
	}
	var d slot.Deployment
	decode(t, p.run(0, "slot", "deploy", "--format", "json"), &d)
	files, _ := filepath.Glob(filepath.Join(p.state, "portalctl", "slots", "*", "deploy.json"))
	if len(files) != 1 {
		t.Fatal(files)
	}
	kept, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"{": "is damaged, or of another version",
		strings.Replace(string(kept), `"root":`, `"root":"/elsewhere","was":`, 1): "this is of the portal at /elsewhere",
	} {
		if err := os.WriteFile(files[0], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if said := p.run(2, "slot", "verify"); !strings.Contains(said, want) || !strings.Contains(said, files[0]) {
			t.Error(said)
		}
	}
	if err := os.Remove(files[0]); err != nil {
		t.Fatal(err)
	}
	p.boot(slices.Concat(dropped, tagged)...)
	out := p.run(0, "slot", "verify", "--snapshot", d.Snapshot.Path)
	if !strings.Contains(out, "as foreseen: 2 migrations ran, and nothing else") {
		t.Error(out)
	}
	p.in("backstage_plugin_badges", ranSQL("9.js"))
	var v slot.Verification
	decode(t, p.run(1, "slot", "verify", "--snapshot", d.Snapshot.Path, "--format", "json"), &v)
	if len(v.WayBack.Restore) != 2 || !strings.Contains(v.Title, "1 migration ran that it did not have") {
		t.Errorf("%+v", v)
	}
}

// What is in the way of a roll-out is said, and no server is no verdict.
func TestNoGo(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.boot("UPDATE knex_migrations_lock SET is_locked = 1")
	out := p.run(1, "slot", "deploy")
	if !strings.Contains(out, "no-go: there is no snapshot: ") || !strings.Contains(out, "knex_migrations_lock of backstage_plugin_notes is locked") {
		t.Error(out)
	}
	if status := p.run(0, "slot", "status"); !strings.Contains(status, "no-go: ") {
		t.Error(status)
	}
	// There is no snapshot, and so no way back: what ran is said all the same.
	p.boot(append(dropped, "UPDATE knex_migrations_lock SET is_locked = 0")...)
	if out := p.run(1, "slot", "verify"); !strings.Contains(out, "1 of 2 migrations did not run") || strings.Contains(out, "The way back") {
		t.Error(out)
	}
	// The databases have what the commit that is said to run lacks.
	if out := p.run(1, "slot", "deploy"); !strings.Contains(out, "there is no snapshot: ") || !strings.Contains(out, "20250101_drop.js") {
		t.Error(out)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--deployed", "HEAD"}, "there is nothing to roll out"},
		{[]string{"--snapshot", "none"}, "there is no snapshot none"},
		{[]string{"--dsn", "postgres://backstage@127.0.0.1:1/postgres"}, "127.0.0.1:1"},
		{[]string{"--snapshot", "x", "--name", "y"}, "exclude each other"},
	} {
		if said := p.run(2, append([]string{"slot", "deploy"}, c.args...)...); !strings.Contains(said, c.want) {
			t.Errorf("%v: %s", c.args, said)
		}
	}
}
