// Package pgtest gives tests a real PostgreSQL server of their own.
package pgtest

import (
	"context"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/secret"
)

// Tools are the programs of this machine's PostgreSQL, server and client. A
// test is skipped without them, and fails where CI=true promises them.
func Tools(t testing.TB) *pg.Tools {
	t.Helper()
	tools, err := pg.FindTools(t.Context(), "", 0, "postgres", "initdb", "pg_dump", "pg_restore", "pg_dumpall", "psql")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("CI=true, and no PostgreSQL server: %v", err)
		}
		t.Skipf("no PostgreSQL server on this machine (%v): install one, or name its folder in %s, to run this test", err, pg.BinEnv)
	}
	return tools
}

// Start starts a server that listens on loopback with passwords and is removed
// at the end of the test. settings are of postgresql.conf.
func Start(t testing.TB, settings map[string]string) *pg.Cluster {
	t.Helper()
	return StartWith(t, Tools(t), settings)
}

// StartWith is Start with the programs of another installation.
func StartWith(t testing.TB, tools *pg.Tools, settings map[string]string) *pg.Cluster {
	t.Helper()
	return start(t, tools, pg.ClusterOptions{Settings: settings})
}

func start(t testing.TB, tools *pg.Tools, opts pg.ClusterOptions) *pg.Cluster {
	t.Helper()
	opts.Listen = true
	c, err := pg.StartCluster(t.Context(), tools, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// Exec runs statements, one after the other, in a database of the cluster as
// its superuser.
func Exec(t testing.TB, c *pg.Cluster, database string, statements ...string) {
	t.Helper()
	ExecAs(t, c.Target(), database, statements...)
}

// ExecAs is Exec as the user of a target.
func ExecAs(t testing.TB, target pg.Target, database string, statements ...string) {
	t.Helper()
	conn := Connect(t, target, database)
	defer conn.Close(context.Background())
	for _, s := range statements {
		if _, err := conn.Exec(t.Context(), s, pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// Value is the one value, as text, of a query's one row; "" for NULL.
func Value(t testing.TB, c *pg.Cluster, database, query string) string {
	t.Helper()
	conn := Connect(t, c.Target(), database)
	defer conn.Close(context.Background())
	var s *string
	if err := conn.QueryRow(t.Context(), "SELECT ("+query+")::text").Scan(&s); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	if s == nil {
		return ""
	}
	return *s
}

// Connect opens a connection; the caller closes it.
func Connect(t testing.TB, target pg.Target, database string) *pgx.Conn {
	t.Helper()
	conn, err := target.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// Portal opens a connection as a running backend has it, not one of ours; the
// caller closes it.
func Portal(t testing.TB, target pg.Target, database string) *pgx.Conn {
	t.Helper()
	conn := Connect(t, target, database)
	if _, err := conn.Exec(t.Context(), "SET application_name = 'backstage'"); err != nil {
		t.Fatal(err)
	}
	return conn
}

// TCP leads to the cluster's port on loopback as a user with a password.
func TCP(c *pg.Cluster, user, password string) pg.Target {
	return pg.Target{Host: "127.0.0.1", Port: c.Port, User: user, Password: secret.New(password), SSLMode: "disable"}
}
