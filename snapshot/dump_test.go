package snapshot

import (
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/testkit/pgtest"
)

// A backend that boots between the survey and the dump; no program is started.
func TestDumpOfADatabaseThatIsMigrated(t *testing.T) {
	c := pgtest.Start(t, nil)
	pgtest.Exec(t, c, "postgres", "CREATE TABLE knex_migrations (id int, name text, batch int, migration_time timestamptz)",
		"INSERT INTO knex_migrations VALUES (1, '1.js', 1, now())")
	u := &unit{Database: Database{Kind: KindPostgres, Name: "postgres"}, target: c.Target()}
	err := dumpPostgres(t.Context(), nil, pg.Access{}, u, t.TempDir(), "x", effort{}, nil)
	if err == nil || !strings.Contains(err.Error(), "was migrated while its snapshot was prepared") || !strings.Contains(fault.NextOf(err), "Stop the backends") {
		t.Errorf("%v, next %q", err, fault.NextOf(err))
	}
}

// dumpOf is what pg_dump writes of a database.
func dumpOf(t *testing.T, c *pg.Cluster, database string, args ...string) []byte {
	t.Helper()
	out, err := pg.Output(t.Context(), pg.Command{Path: c.Tools.Path("pg_dump"), Args: append([]string{"-Fc", "-Z0", "-w", "-h", c.Socket, "-p", strconv.Itoa(c.Port), "-U", pg.Superuser}, args...),
		Env: []string{"PGDATABASE=" + database}})
	if err != nil {
		t.Fatal(err)
	}
	return []byte(out)
}

// Every table whose rows could be counted wrongly in a dump, in the encoding
// that has the most surprising bytes as well.
func TestRowsCountedInTheDumpAreTheServers(t *testing.T) {
	c := pgtest.Start(t, nil)
	pgtest.Exec(t, c, "postgres", "CREATE DATABASE one", "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
	for _, name := range []string{"one", "latin"} {
		pgtest.Exec(t, c, name,
			"CREATE TABLE none ()", "INSERT INTO none SELECT FROM generate_series(1, 7)",
			"CREATE TABLE empty (a int)",
			`CREATE TABLE texts (a text, b bytea)`, `INSERT INTO texts VALUES (E'x\n\\.\ny', '\x0a0a'), ('\.', NULL), (E'\n', ''), ('', '\x5c2e0a'), (E'\r\n\t', NULL)`,
			`CREATE TABLE "größe ü" (a int)`, `INSERT INTO "größe ü" VALUES (1), (2)`,
			"CREATE TABLE wide (a text)", "INSERT INTO wide SELECT repeat(md5(i::text), 40000) FROM generate_series(1, 3) i",
			"CREATE TABLE many (a int)", "INSERT INTO many SELECT generate_series(1, 60000)",
			"CREATE TABLE parted (a int) PARTITION BY RANGE (a)", "CREATE TABLE p1 PARTITION OF parted FOR VALUES FROM (0) TO (10)",
			"CREATE TABLE p2 PARTITION OF parted FOR VALUES FROM (10) TO (20) PARTITION BY LIST (a)", "CREATE TABLE p21 PARTITION OF p2 DEFAULT", "CREATE INDEX ON parted (a)",
			"INSERT INTO parted SELECT i % 20 FROM generate_series(1, 33) i",
			"CREATE TABLE parent (a int)", "CREATE TABLE child (b int) INHERITS (parent)", "INSERT INTO parent VALUES (1)", "INSERT INTO child VALUES (1, 2), (3, 4)",
			"CREATE UNLOGGED TABLE fast (a int)", "INSERT INTO fast VALUES (1)", "CREATE MATERIALIZED VIEW m AS SELECT * FROM many",
			"CREATE SCHEMA other", "CREATE TABLE other.many (a int)", "INSERT INTO other.many VALUES (1)",
			`SELECT lo_from_bytea(0, '\x0a0b0c'), lo_from_bytea(0, ''), lo_from_bytea(0, decode(repeat('0a', 100000), 'hex'))`)
		dump := dumpOf(t, c, name)
		tx, done, err := begin(t.Context(), c.Target(), name, lockTimeout)
		if err != nil {
			t.Fatal(err)
		}
		defer done()
		list, err := tables(t.Context(), tx, "")
		if err != nil {
			t.Fatal(err)
		}
		want := slices.Clone(list)
		sum, err := countRows(t.Context(), tx, want)
		if err != nil {
			t.Fatal(err)
		}
		if sum == 0 || len(want) != 11 {
			t.Fatalf("the test's own tables: %v", want)
		}
		for _, size := range []int{len(dump), 4096, 7, 1} {
			var seen dumpRows
			for rest := dump; len(rest) > 0; rest = rest[min(size, len(rest)):] {
				_, _ = seen.Write(rest[:min(size, len(rest))])
			}
			counts, ok := seen.rows()
			if !ok {
				t.Fatalf("%s in pieces of %d: not understood: %v", name, size, seen.broken)
			}
			got := slices.Clone(list)
			n, err := streamRows(t.Context(), tx, got, counts)
			if err != nil || n != sum || !slices.Equal(got, want) {
				t.Errorf("%s in pieces of %d: %d rows instead of %d, %v\n%v\n%v", name, size, n, sum, err, got, want)
			}
			for _, table := range got {
				if _, ok := counts[oidOf(t, c, name, table)]; !ok && table.Name != "parted" {
					t.Errorf("%s: %s was not counted in the dump", name, table.Name)
				}
			}
		}
		// What is cut off or changed in its frame is not counted at all.
		for _, bad := range [][]byte{dump[:len(dump)-1], dump[:len(dump)/2], dump[1:], append(slices.Clone(dump), 9), {}} {
			var seen dumpRows
			_, _ = seen.Write(bad)
			if counts, ok := seen.rows(); ok {
				t.Errorf("%s: a damaged dump of %d bytes instead of %d was counted: %v", name, len(bad), len(dump), counts)
			}
		}
	}
}

func oidOf(t *testing.T, c *pg.Cluster, database string, table Table) uint32 {
	t.Helper()
	n, err := strconv.ParseUint(pgtest.Value(t, c, database, "SELECT "+pg.Literal(pg.Ident(table.Schema, table.Name))+"::regclass::oid"), 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	return uint32(n)
}

// A format that is not known leaves counting to the server.
func TestRowsWithoutADumpThatIsUnderstood(t *testing.T) {
	c := pgtest.Start(t, nil)
	pgtest.Exec(t, c, "postgres", "CREATE TABLE a (x int)", "INSERT INTO a VALUES (1), (2)")
	var seen dumpRows
	_, _ = seen.Write([]byte("PGDMP\x01\x63\x00\x04\x08\x01 of a later PostgreSQL"))
	counts, ok := seen.rows()
	if ok {
		t.Fatal("a format of the future was understood")
	}
	tx, done, err := begin(t.Context(), c.Target(), "postgres", lockTimeout)
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	got := []Table{{Schema: "public", Name: "a"}}
	if sum, err := streamRows(t.Context(), tx, got, counts); err != nil || sum != 2 || got[0].Rows != 2 {
		t.Errorf("%d, %v, %v", sum, err, got)
	}
}

// trickle is a pipe that has 4 kB whenever it is looked at, and more after a
// pause: what pg_dump wrote meanwhile.
type trickle struct{ ready, left int }

func (p *trickle) Read(b []byte) (int, error) {
	if p.left == 0 {
		return 0, io.EOF
	}
	n := min(max(p.ready, 4096), p.left, len(b))
	p.ready, p.left = 0, p.left-n
	return n, nil
}

// pg_dump writes 4 kB at a time, and must not be read so.
func TestGatheringReadsLargePieces(t *testing.T) {
	const all, size = 64 << 20, 1 << 20
	pipe := &trickle{left: all}
	g := &gathering{r: pipe, size: size, sleep: func(time.Duration) { pipe.ready = size / 2 }}
	if n, err := io.Copy(io.Discard, struct{ io.Reader }{g}); err != nil || n != all {
		t.Fatalf("%d bytes, %v", n, err)
	}
	if g.reads > 3*all/size*2 {
		t.Errorf("%d reads for %d bytes", g.reads, all)
	}
}
