package rollback

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/dbportal"
	"github.com/portalctl/portalctl/internal/testkit/pgtest"
)

// A role that is not a superuser sees of another role's session little more than
// that it is there. It is named before anything is restored, by the restore and
// by the script, with and without --terminate.
func TestSessionsOfOtherRolesAreSeen(t *testing.T) {
	testkit.SkipRace(t)
	t.Parallel()
	p := newTakenPortal(t, false)
	p.writePlan()
	pgtest.Exec(t, p.Cluster, "postgres", "CREATE ROLE monitor LOGIN SUPERUSER PASSWORD 'monitor-secret'")
	p.Upgrade()
	upgraded, names := p.States(), p.Databases()
	conn := pgtest.Portal(t, pgtest.TCP(p.Cluster, "monitor", "monitor-secret"), "backstage_plugin_auth")
	defer conn.Close(context.Background())
	for _, terminate := range []bool{false, true} {
		plan, err := New(p.Manifest, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := plan.Look(t.Context(), []pg.Target{p.App}, []string{"auth"}); err != nil {
			t.Fatal(err)
		}
		o := p.options()
		o.Connections, o.Terminate = []pg.Target{p.App}, terminate
		p.refused(plan, o, "one session still uses the databases (backstage_plugin_auth: user monitor", "--admin-dsn with a superuser")
		args := []string{"--yes", "--only", "auth"}
		if terminate {
			args = append(args, "--terminate")
		}
		out, code := p.ScriptWith(t.Context(), dbportal.Shells(t)[0], p.ScriptPath(), "", []string{"POSTGRES_PASSWORD=" + dbportal.AppPassword}, args...)
		if code != 2 || !strings.Contains(out, "backstage_plugin_auth  monitor  ") || !strings.Contains(out, "(backstage may not end it)") || strings.Contains(out, "4. Restore") {
			t.Errorf("exit %d\n%s", code, out)
		}
		if d := cmp.Diff(names, p.Databases()); d != "" {
			t.Errorf("databases came or went\n%s", d)
		}
		if d := cmp.Diff(upgraded, p.States()); d != "" {
			t.Errorf("something changed\n%s", d)
		}
	}
	if err := conn.Ping(t.Context()); err != nil {
		t.Errorf("the session was ended: %v", err)
	}
}

// A session that comes after the restore began, and that nobody said to end,
// stops the swap and nothing else: it lives, the databases are the old ones and
// open, and the next restore takes the copy that stands beside.
func TestRestoreKeepsTheCopyAfterAFailedSwap(t *testing.T) {
	t.Parallel()
	p := newTakenPortal(t, false)
	before := p.States()
	p.Upgrade()
	upgraded := p.States()
	var conn interface {
		Ping(context.Context) error
		Close(context.Context) error
	}
	ctx := withPoints(t.Context(), func(point string) error {
		if point == "before the swap" && conn == nil {
			conn = pgtest.Portal(t, p.App, "backstage_plugin_catalog")
		}
		return nil
	})
	_, err := p.plan().Restore(ctx, p.options())
	if !errors.Is(err, errSessions) || !strings.Contains(err.Error(), `application "backstage"`) || !strings.Contains(err.Error(), "the live databases are the old ones") {
		t.Fatalf("error %v", err)
	}
	if err := conn.Ping(t.Context()); err != nil {
		t.Errorf("the session was ended without --terminate: %v", err)
	}
	_ = conn.Close(context.Background())
	p.Is("refused", upgraded, dbportal.Plugins...)
	beside := len(p.Beside())
	plan := p.plan()
	if beside != 2 || !strings.Contains(plan.Markdown(), "it is whole, and the next restore uses it") {
		t.Fatalf("%d databases beside\n%s", beside, plan.Markdown())
	}
	var points []string
	o := p.options()
	o.Began = o.Began.Add(3e9)
	if _, err := plan.Restore(withPoints(t.Context(), func(point string) error { points = append(points, point); return nil }), o); err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(points, func(s string) bool { return strings.HasPrefix(s, "created ") }) {
		t.Errorf("it was restored again: %v", points)
	}
	p.Is("restored", before, "auth", "catalog")
	p.Is("kept", upgraded, "scaffolder", "search")
}
