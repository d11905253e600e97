package rollback

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/testkit/dbportal"
	"github.com/portalctl/portalctl/internal/testkit/pgtest"
	"github.com/portalctl/portalctl/snapshot"
)

// refused runs a restore that must fail and change nothing; want is in the
// error and in what to do next.
func (p *portal) refused(plan *Plan, o Options, want, next string) error {
	p.T.Helper()
	return p.refusedLeaving(plan, o, want, next, 0)
}

// refusedLeaving is refused where the swap fails: so many copies, which are
// whole by then, are kept for the next restore.
func (p *portal) refusedLeaving(plan *Plan, o Options, want, next string, copies int) error {
	p.T.Helper()
	before, names := p.States(), p.Databases()
	result, err := plan.Restore(p.T.Context(), o)
	switch {
	case err == nil:
		p.T.Fatalf("restored, and should have been refused with %q", want)
	case result != nil:
		p.T.Errorf("a result, though nothing was restored: %+v", result)
	case !strings.Contains(err.Error(), want), !strings.Contains(fault.NextOf(err), next):
		p.T.Errorf("error %q\nnext  %q\nwant  %q, %q", err, fault.NextOf(err), want, next)
	case strings.Contains(err.Error(), dbportal.AppPassword), strings.Contains(err.Error(), dbportal.AdminPassword):
		p.T.Errorf("the error shows a password: %v", err)
	}
	for _, name := range without(p.Databases(), names) {
		if strings.Contains(name, snapshot.BesideSuffix) && copies > 0 {
			copies--
			pgtest.Exec(p.T, p.Cluster, "postgres", "DROP DATABASE "+pg.Ident(name))
		}
	}
	if copies > 0 {
		p.T.Errorf("%d copies less than expected were kept", copies)
	}
	if d := cmp.Diff(names, p.Databases()); d != "" {
		p.T.Errorf("databases came or went (-before +after)\n%s", d)
	}
	if d := cmp.Diff(before, p.States()); d != "" {
		p.T.Errorf("something changed (-before +after)\n%s", d)
	}
	return err
}

func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	p := newTakenPortal(t, false)
	p.Upgrade()
	dump := filepath.Join(p.Dir, "catalog.dump.zst")
	good, err := os.ReadFile(dump)
	if err != nil {
		t.Fatal(err)
	}
	write := func(src []byte) {
		t.Helper()
		if err := os.WriteFile(dump, src, 0o600); err != nil {
			t.Fatal(err)
		}
	}

	t.Run("a bit that flipped", func(t *testing.T) {
		src := append([]byte{}, good...)
		src[len(src)/2] ^= 4
		write(src)
		p.refused(p.plan(), p.options(), "catalog.dump.zst: the dump is not the file that was written", "another copy")
	})
	t.Run("a dump that ends early", func(t *testing.T) {
		write(good[:len(good)-100])
		p.refused(p.plan(), p.options(), "the dump is not the file that was written", "another copy")
	})
	t.Run("a dump that ends early and has the right sum", func(t *testing.T) {
		write(good[:len(good)-100])
		plan := p.plan()
		for _, target := range plan.Targets {
			if target.Plugins[0] == "catalog" {
				target.Dump.SHA256 = snapshot.SHA256(good[:len(good)-100])
			}
		}
		p.refused(plan, p.options(), "the dump cannot be decoded", "another copy")
	})
	write(good)
	t.Run("no dump", func(t *testing.T) {
		if err := os.Remove(dump); err != nil {
			t.Fatal(err)
		}
		p.refused(p.plan(), p.options(), "the dump cannot be read", "whole folder")
		write(good)
	})
	t.Run("rows that are not the snapshot's", func(t *testing.T) {
		plan := p.plan()
		for _, target := range plan.Targets {
			was := *target.was
			was.Tables = append(was.Tables[:0:0], was.Tables...)
			was.Tables[0].Rows++
			target.was = &was
		}
		p.refused(plan, p.options(), "is not what the snapshot recorded: public.knex_migrations has", "verify --rehearse")
	})
	t.Run("a schema that is not the snapshot's", func(t *testing.T) {
		plan := p.plan()
		for _, target := range plan.Targets {
			was := *target.was
			was.SchemaHash = strings.Repeat("0", 64)
			target.was = &was
		}
		p.refused(plan, p.options(), "the schema is not the one of the snapshot", "verify --rehearse")
	})
	t.Run("sessions", func(t *testing.T) {
		conn := pgtest.Portal(t, p.App, "backstage_plugin_catalog")
		err := p.refused(p.plan(), p.options(), `one session still uses the databases (backstage_plugin_catalog: user backstage, application "backstage"`, "--terminate")
		if !errors.Is(err, errSessions) {
			t.Errorf("error %v is no ErrSessions", err)
		}
		_ = conn.Close(context.Background())
	})
	t.Run("another restore", func(t *testing.T) {
		conn := pgtest.Connect(t, p.Admin, "postgres")
		defer conn.Close(context.Background())
		if _, err := conn.Exec(t.Context(), "SELECT pg_advisory_lock($1)", int64(lockKey)); err != nil {
			t.Fatal(err)
		}
		if err := p.refused(p.plan(), p.options(), "another restore is at work", "Wait"); !errors.Is(err, errBusy) {
			t.Errorf("error %v is no ErrBusy", err)
		}
	})
	t.Run("a role that may not", func(t *testing.T) {
		pgtest.Exec(t, p.Cluster, "postgres", "CREATE ROLE weak LOGIN PASSWORD 'weak-secret'", "GRANT pg_read_all_data TO weak",
			"CREATE ROLE maker LOGIN CREATEDB PASSWORD 'maker-secret'")
		o := p.options()
		o.Connections = []pg.Target{pgtest.TCP(p.Cluster, "weak", "weak-secret")}
		p.refused(p.plan(), o, "may not create databases", "--admin-dsn")
		o.Connections = []pg.Target{pgtest.TCP(p.Cluster, "maker", "maker-secret")}
		p.refused(p.plan(), o, "may not rename it", "--admin-dsn")
		// It owns the databases, and ALTER ROLE reader IN DATABASE is not its.
		o.Connections = []pg.Target{p.App}
		p.refused(p.plan(), o, "may not repeat ALTER ROLE reader IN DATABASE backstage_plugin_catalog", "--admin-dsn")
	})
	t.Run("a role that is gone", func(t *testing.T) {
		plan := p.plan()
		for _, target := range plan.Targets {
			was, props := *target.was, *target.was.Properties
			props.ACL = []string{"vanished=c/backstage"}
			was.Properties, target.was = &props, &was
		}
		// Found in the last step: the databases stay open, and the old ones.
		p.refusedLeaving(plan, p.options(), `role "vanished" does not exist`, "", 2)
	})
	t.Run("a wrong password", func(t *testing.T) {
		o := p.options()
		o.Connections = []pg.Target{pgtest.TCP(p.Cluster, "boss", "Wrong-And-Secret")}
		if err := p.refused(p.plan(), o, "password authentication failed", "password"); strings.Contains(err.Error(), "Wrong-And-Secret") {
			t.Errorf("the error shows the password: %v", err)
		}
	})
	// After all of this, the way back is open.
	if _, err := p.plan().Restore(t.Context(), p.options()); err != nil {
		t.Error(err)
	}
}

// A snapshot is of one server. On another with databases of the same names,
// nothing is compared, let alone restored; there is no option to go on.
func TestLookRefusesAnotherServer(t *testing.T) {
	t.Parallel()
	p := newTakenPortal(t, false)
	look := func() error {
		plan, err := New(p.Manifest, nil)
		if err != nil {
			t.Fatal(err)
		}
		return plan.Look(t.Context(), []pg.Target{p.Admin}, nil)
	}
	id := p.Manifest.Servers[0].SystemIdentifier
	p.Manifest.Servers[0].SystemIdentifier = "7000000000000000001"
	if err := look(); err == nil || !strings.Contains(err.Error(), "is not the server that the snapshot was taken of: its system identifier is "+id) ||
		!strings.Contains(fault.NextOf(err), "--yes does not override this") {
		t.Errorf("error %v, next %q", err, fault.NextOf(err))
	}
	// Where the identifier was not readable, the databases' numbers decide.
	p.Manifest.Servers[0].SystemIdentifier = ""
	if err := look(); err != nil {
		t.Error(err)
	}
	p.Upgrade()
	p.Manifest.Servers[0].SystemIdentifier = id
	plan := p.plan()
	p.Manifest.Servers[0].SystemIdentifier = ""
	if _, err := plan.Restore(t.Context(), p.options()); err != nil {
		t.Fatal(err)
	}
	if err := look(); err != nil {
		t.Errorf("after a restore the same server counts as another: %v", err)
	}
	for i := range p.Manifest.Databases {
		p.Manifest.Databases[i].OID += 100000
	}
	if err := look(); err == nil || !strings.Contains(err.Error(), "its databases are not those that were dumped") {
		t.Errorf("error %v", err)
	}
}

// What is asked for comes back whether it was migrated or not.
func TestRestoreOnly(t *testing.T) {
	t.Parallel()
	p := newTakenPortal(t, false)
	before := p.States()
	p.Upgrade()
	upgraded := p.States()
	plan := p.plan("search")
	if _, err := plan.Restore(t.Context(), p.options()); err != nil {
		t.Fatal(err)
	}
	p.Is("restored", before, "search")
	p.Is("restored", upgraded, "auth", "catalog", "scaffolder")
	if plan, _ := New(p.Manifest, nil); plan.Look(t.Context(), []pg.Target{p.Admin}, []string{"kubernetes"}) == nil {
		t.Error("a plugin that the snapshot does not have was accepted")
	}
}

// A database that somebody dropped comes back, and there is nothing to keep.
func TestRestoreOfADroppedDatabase(t *testing.T) {
	t.Parallel()
	p := newTakenPortal(t, false)
	before := p.States()
	pgtest.Exec(t, p.Cluster, "postgres", "DROP DATABASE backstage_plugin_auth")
	result, err := p.plan().Restore(t.Context(), p.options())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(before, p.States()); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if len(result.Restored) != 1 || result.Restored[0].Failed != "" || len(result.Drop) != 0 {
		t.Errorf("result %+v", result)
	}
}

// --terminate ends what a portal that was not stopped holds open.
func TestRestoreTerminates(t *testing.T) {
	t.Parallel()
	for _, schemas := range []bool{false, true} {
		p := newTakenPortal(t, schemas)
		before := p.States()
		p.Upgrade()
		db, _ := p.Place("catalog")
		conn := pgtest.Portal(t, p.App, db)
		defer conn.Close(context.Background())
		o := p.options()
		o.Terminate = true
		if _, err := p.plan().Restore(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		p.Same("terminated", before, "auth", "catalog")
		if err := conn.Ping(t.Context()); err == nil {
			t.Error("the session is alive")
		}
	}
}
