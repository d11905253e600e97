package pg_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/pgtest"
)

func TestClusterAndChildren(t *testing.T) {
	c := pgtest.Start(t, nil)
	pgtest.Exec(t, c, "postgres", `CREATE ROLE app LOGIN PASSWORD 'p:a\ss w''ord'`, "CREATE DATABASE one OWNER app")
	target := pgtest.TCP(c, "app", `p:a\ss w'ord`)
	pgtest.ExecAs(t, target, "one", "CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)")

	var private pg.Private
	defer private.Close()
	access, err := private.Access(target)
	if err != nil {
		t.Fatal(err)
	}
	for _, kv := range access.Env {
		if strings.Contains(kv, "w'ord") {
			t.Errorf("the environment holds the password: %s", kv)
		}
	}
	out, err := pg.Output(t.Context(), pg.Command{Path: c.Tools.Path("psql"), Access: access,
		Args: []string{"-X", "-w", "-At", "-d", "one", "-c", "SELECT current_user || ':' || count(*) FROM t"}})
	if err != nil || strings.TrimSpace(out) != "app:1" {
		t.Errorf("psql says %q, %v", out, err)
	}

	wrong := pgtest.TCP(c, "app", "wrong-and-secret")
	_, err = wrong.Connect(t.Context(), "one")
	if err == nil || strings.Contains(err.Error(), "wrong-and-secret") || !strings.Contains(err.Error(), "password authentication failed") {
		t.Errorf("a wrong password: %v", err)
	}
	access, err = private.Access(wrong)
	if err != nil {
		t.Fatal(err)
	}
	_, err = pg.Output(t.Context(), pg.Command{Path: c.Tools.Path("psql"), Access: access, Args: []string{"-X", "-w", "-d", "one", "-c", "SELECT 1"}})
	if err == nil || strings.Contains(err.Error(), "wrong-and-secret") || !strings.Contains(err.Error(), "password authentication failed") {
		t.Errorf("psql with a wrong password: %v", err)
	}
}

func TestCancelEndsTheGroup(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	child, err := pg.Start(ctx, pg.Command{Path: "/bin/sh", Args: []string{"-c", "sleep 60 & sleep 60"}})
	if err != nil {
		t.Skip(err)
	}
	cancel()
	if err := child.Wait(); err == nil {
		t.Error("a program that was ended has not failed")
	}
	testkit.Wait(t, func() string {
		if _, err := os.Stat(fmt.Sprintf("/proc/%d", child.Pid())); errors.Is(err, os.ErrNotExist) {
			return ""
		}
		return "the program is still there"
	})
}

func TestParseDSN(t *testing.T) {
	t.Setenv("PGPASSWORD", "from-env")
	for _, test := range []struct {
		dsn, want, password string
		own                 bool
	}{
		{"postgres://u@h:1234/db?sslmode=require", "u@h:1234", "from-env", false},
		{"postgres://u:p%40w@h/db", "u@h:5432", "p@w", true},
		{"host=/run/pg user=u", "u@/run/pg:5432", "from-env", false},
		{`host=h user=u password='a b\'c' port=7`, "u@h:7", "a b'c", true},
	} {
		got, err := pg.ParseDSN(test.dsn)
		if err != nil || got.String() != test.want || got.Password.Reveal() != test.password || pg.DSNHasPassword(test.dsn) != test.own {
			t.Errorf("%s: %s, password %q, own %v, %v", test.dsn, got, got.Password.Reveal(), pg.DSNHasPassword(test.dsn), err)
		}
		if s := fmt.Sprintf("%v %+v %#v %s", got, got, got, got.Password); strings.Contains(s, test.password) {
			t.Errorf("printing shows the password: %s", s)
		}
	}
	if _, err := pg.ParseDSN("postgres://u:hunter2@h:notaport/db"); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a bad DSN: %v", err)
	}
}

func TestFindToolsRefusesANewerServer(t *testing.T) {
	pgtest.Tools(t)
	_, err := pg.FindTools(t.Context(), "", 99, "pg_dump")
	if !errors.Is(err, pg.ErrOldClient) || !strings.Contains(err.Error(), "PostgreSQL 99") {
		t.Errorf("a server from the future: %v", err)
	}
	_, err = pg.FindTools(t.Context(), t.TempDir(), 15, "pg_dump")
	if !errors.Is(err, pg.ErrNoTools) {
		t.Errorf("an empty folder: %v", err)
	}
}
