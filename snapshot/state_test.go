package snapshot

import (
	"slices"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit/pgtest"
)

// What a database has is read without a change; what the role may not read is said,
// and the rest is told all the same.
func TestReadState(t *testing.T) {
	c := pgtest.Start(t, nil)
	pgtest.Exec(t, c, "postgres", "CREATE DATABASE one", "CREATE ROLE reader LOGIN PASSWORD '"+pgtest.Password(t, "reader-secret")+"'")
	pgtest.Exec(t, c, "one",
		"CREATE TABLE knex_migrations (id int, name text, batch int, migration_time timestamptz)", "INSERT INTO knex_migrations VALUES (1, '1.js', 1, now())",
		"CREATE TABLE big (a int, b text)", "INSERT INTO big SELECT g, repeat('x', 100) FROM generate_series(1, 5000) g", "CREATE INDEX big_a ON big (a)", "ANALYZE big",
		"CREATE TABLE never (a int)", "CREATE SCHEMA other", "CREATE TABLE other.there (a int)")
	s, err := ReadState(t.Context(), c.Target(), "one", "")
	if err != nil {
		t.Fatal(err)
	}
	big := s.Relations["big"]
	if big.Rows != 5000 || big.Bytes < 500_000 || big.IndexBytes == 0 || big.Indexes != 1 || s.Relations["never"].Rows != -1 || s.Indexes["big_a"] != "big" {
		t.Errorf("%+v, %v", s.Relations, s.Indexes)
	}
	if len(s.Migrations) != 1 || len(s.Migrations[0].Rows) != 1 || s.Migrations[0].Rows[0].Name != "1.js" || s.Unread != "" {
		t.Errorf("%+v", s)
	}
	if s, err = ReadState(t.Context(), c.Target(), "one", "other"); err != nil || len(s.Relations) != 1 {
		t.Errorf("%+v, %v", s, err)
	}

	reader := pgtest.TCP(c, "reader", "reader-secret")
	if s, err = ReadState(t.Context(), reader, "one", ""); err != nil || s.Relations["big"].Rows != 5000 || s.Migrations != nil || !strings.Contains(s.Unread, "permission denied") {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := ReadState(t.Context(), reader, "absent", ""); err == nil {
		t.Error("a database that is not there was read")
	}
	if took := Probe(t.Context(), reader, "one"); len(took) == 0 || slices.Min(took) <= 0 {
		t.Error(took)
	}
	if took := Probe(t.Context(), reader, "absent"); took != nil {
		t.Error(took)
	}
}
