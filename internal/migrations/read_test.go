package migrations

import (
	"os"
	"strings"
	"testing"
)

func does(m *Migration) string {
	var out []string
	for _, k := range m.Does() {
		out = append(out, string(k))
	}
	return strings.Join(out, " ")
}

// What cannot be read is named, and nothing is claimed of it.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ file, src, why string }{
		"not JavaScript":  {"a.js", "exports.up = = knex", "not JavaScript"},
		"TypeScript":      {"a.ts", "export async function up(knex: Knex): Promise<void> {}", "TypeScript"},
		"CoffeeScript":    {"a.coffee", "exports.up = (knex) ->", ".coffee"},
		"too large":       {"a.js", strings.Repeat("//\n", maxFile), "more than"},
		"no up":           {"a.js", "exports.down = async () => {}", "exports no up"},
		"up of another":   {"a.js", "module.exports = require('./other')", "not a function of this file"},
		"always throws":   {"a.js", "exports.up = async () => { throw new Error('no') }", "up throws"},
		"endless":         {"a.js", "function f(k) { g(k); g(k); } function g(k) { f(k); f(k); } exports.up = f", "too long or too deep"},
		"a module's own":  {"a.js", "const db = require('../db'); exports.up = async () => { await db.schema.dropTable('x'); }", "its code is not in this file"},
		"an import's own": {"a.js", "import { db } from './db.js'; export async function up() { await db('x').del(); }", "its code is not in this file"},
		"a program":       {"a.js", "exports.up = async () => { require('node:child_process').execSync('psql -c x'); }", "its code is not in this file"},
		"code in a text":  {"a.js", "exports.up = async knex => { eval('knex(1).del()'); }", "its code is not in this file"},
		"on loading":      {"a.js", "const k = require('knex')({}); exports.up = async knex => { await k.raw('DROP TABLE x'); await stray(knex) }", "its code is not in this file"},
	} {
		m := read("migrations", c.file, []byte(c.src))
		if does(m) != "unknown" && !strings.HasSuffix(does(m), " unknown") {
			t.Errorf("%s: does %s", name, does(m))
		}
		found := false
		for _, d := range m.Doubts {
			found = found || strings.Contains(d.Why, c.why)
		}
		if !found {
			t.Errorf("%s: %v", name, m.Doubts)
		}
	}
}

// Steps say where they are, and doubts, too.
func TestLines(t *testing.T) {
	t.Parallel()
	m := read("migrations", "a.js", []byte("exports.up = async knex => {\n  await knex.schema\n    .dropTable('a')\n    .alterTable('b', t => {\n      t.dropColumn('c');\n    });\n  await knex.raw(`\n    DELETE FROM d`);\n  helper(knex);\n};\n"))
	want := []int{3, 5, 7}
	if len(m.Ops) != len(want) || len(m.Doubts) != 1 || m.Doubts[0].Line != 9 {
		t.Fatal(m.Ops, m.Doubts)
	}
	for i, o := range m.Ops {
		if o.Line != want[i] {
			t.Errorf("%s: line %d, want %d", o.Effect, o.Line, want[i])
		}
	}
}

// The SQL of a comment that is for running it by hand is found; that of another is
// not.
func TestManual(t *testing.T) {
	t.Parallel()
	const by = "/**\n * Builds an index.\n *\n * Run this manually before deploying:\n *\n *   -- the index\n *   CREATE INDEX CONCURRENTLY IF NOT EXISTS\n *     i ON t (a);\n *\n *   DROP INDEX j;\n *\n * It is then skipped.\n */\nexports.up = async () => {};"
	m := read("migrations", "a.js", []byte(by))
	if want := "-- the index\nCREATE INDEX CONCURRENTLY IF NOT EXISTS\n  i ON t (a);\n\nDROP INDEX j;"; m.Manual != want {
		t.Errorf("%q", m.Manual)
	}
	if m := read("migrations", "a.js", []byte(strings.ReplaceAll(by, "manually before deploying", "as it is"))); m.Manual != "" {
		t.Errorf("%q", m.Manual)
	}
}

// Each statement of SQL has its class.
func TestStatements(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{
		"CREATE TABLE a (id int REFERENCES b(id))":                                  "add",
		"CREATE TEMP TABLE a AS SELECT 1; UPDATE a SET x = 1; DROP TABLE a":         "",
		"CREATE LOCAL TEMP UNLOGGED TABLE a (b int)":                                "",
		"CREATE OR REPLACE VIEW v AS SELECT 1":                                      "alter",
		"CREATE TRIGGER t BEFORE INSERT ON a EXECUTE FUNCTION f()":                  "alter",
		"CREATE UNIQUE INDEX ON a (b)":                                              "alter index",
		"CREATE INDEX CONCURRENTLY i ON a (b)":                                      "index-concurrently",
		"ALTER TABLE a ADD b int":                                                   "add",
		"ALTER TABLE a ADD COLUMN b int NOT NULL":                                   "add alter",
		"ALTER TABLE a ADD COLUMN b int NOT NULL DEFAULT 0":                         "add",
		"ALTER TABLE a ADD COLUMN b uuid DEFAULT gen_random_uuid()":                 "add alter",
		"ALTER TABLE a ADD COLUMN b serial":                                         "add alter",
		"ALTER TABLE a ADD PRIMARY KEY (b)":                                         "alter index",
		"ALTER TABLE a ADD CONSTRAINT c FOREIGN KEY (b) REFERENCES d (e) NOT VALID": "alter",
		"ALTER TABLE ONLY s.a DROP b, DROP CONSTRAINT c":                            "drop",
		"ALTER TABLE a ALTER b TYPE text USING (b || ',')::text, RENAME TO c":       "alter",
		"ALTER TABLE a FROBNICATE b":                                                "unknown",
		"ALTER TABLE a ADD COLUMN b int; DROP TABLE c":                              "add drop",
		"DROP INDEX CONCURRENTLY i":                                                 "drop",
		"WITH x AS (SELECT 1) SELECT * FROM x":                                      "",
		"WITH x (a) AS (UPDATE t SET b = 1 RETURNING *) SELECT * FROM x":            "rewrite",
		"SELECT * INTO new FROM old":                                                "add",
		"SELECT evil()":                                                             "unknown",
		"INSERT INTO a (b) SELECT evil(c) FROM d":                                   "add unknown",
		"INSERT INTO a (b) VALUES (1) ON CONFLICT (b) DO UPDATE SET b = 2":          "rewrite",
		"INSERT INTO a (b) VALUES (1) ON CONFLICT DO NOTHING":                       "add",
		"MERGE INTO a USING b ON a.x = b.x WHEN MATCHED THEN DELETE":                "rewrite",
		"TRUNCATE a, b":                      "rewrite",
		"VACUUM (FULL) a":                    "rewrite",
		"ANALYZE a":                          "",
		"COPY a FROM PROGRAM 'x'":            "unknown",
		"DO $x$ BEGIN DROP TABLE a; END $x$": "unknown",
		"CALL p()":                           "unknown",
		"EXPLAIN ANALYZE DELETE FROM a":      "unknown",
		"/* /* nested */ DROP TABLE a */ SELECT 'it''s; DROP TABLE b'":           "",
		"SELECT E'\\'; DROP TABLE a; --'":                                        "",
		"GRANT SELECT ON a TO b":                                                 "alter",
		"LOCK TABLE a; SET search_path = b":                                      "",
		"REINDEX TABLE CONCURRENTLY a":                                           "index-concurrently",
		"CREATE SCHEMA s CREATE TABLE t (a int)":                                 "add unknown",
		"DROP TABLE IF EXISTS a CASCADE":                                         "drop",
		"ALTER TABLE a SET (fillfactor = 70), ALTER COLUMN b SET STATISTICS 100": "alter",
		"CREATE TABLE b AS SELECT evil(1)":                                       "add unknown",
	} {
		ops, doubts := readSQL(sql, 1)
		m := &Migration{Doubts: doubts}
		f := &follower{m: m, fresh: map[string]bool{}, temporary: map[string]bool{}, call: &frame{}}
		for _, o := range ops {
			f.emit(o)
		}
		if got := does(m); got != want {
			t.Errorf("%s: %q, want %q (%v)", sql, got, want, doubts)
		}
	}
}

// Whatever a file holds, reading it ends and says nothing that is not a step.
func FuzzRead(f *testing.F) {
	for _, dir := range []string{"testdata/thirty"} {
		files, err := os.ReadDir(dir)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			src, err := os.ReadFile(dir + "/" + file.Name())
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(src))
		}
	}
	f.Add("exports.up = k => k.raw(`ALTER TABLE ${x} ADD ${y}`)")
	f.Fuzz(func(t *testing.T, src string) {
		m := read("migrations", "a.js", []byte(src))
		// The parser ends a line at each of JavaScript's signs for it.
		lines := strings.Count(src, "\n") + strings.Count(src, "\r") + strings.Count(src, "\u2028") + strings.Count(src, "\u2029") + 1
		for _, o := range m.Ops {
			if o.Kind == temporary || o.Effect == "" || o.Line < 0 || o.Line > lines {
				t.Errorf("%+v", o)
			}
		}
		for _, d := range m.Doubts {
			if d.Why == "" || d.Line > lines+1 {
				t.Errorf("%+v", d)
			}
		}
		m.Does()
		m.Tables()
	})
}

// The steps of functions in an object come in the same order each time.
func TestFunctionsOfAnObjectInOrder(t *testing.T) {
	t.Parallel()
	for range 20 {
		m := read("migrations", "a.js", []byte("exports.up = async knex => { each({\n b: k => knex.schema.dropTable('b'),\n a: k => knex.schema.dropTable('a'),\n c: async () => { await knex.schema.dropTable('c') },\n d: async () => { await knex.schema.dropTable('d') },\n}) };"))
		var got []string
		for _, o := range m.Ops {
			got = append(got, o.Table)
		}
		if strings.Join(got, " ") != "c d" {
			t.Fatal(got, m.Doubts)
		}
	}
}

// A table that may have been there is nobody's own, and code that is compiled or
// bound is followed as what it was.
func TestCompiled(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ src, want string }{
		"IF NOT EXISTS":        {"exports.up = async k => { await k.raw('CREATE TABLE IF NOT EXISTS a (b int)'); await k.raw('ALTER TABLE a DROP COLUMN b'); }", "add drop"},
		"createTable":          {"exports.up = async k => { await k.raw('CREATE TABLE a (b int)'); await k.raw('CREATE INDEX i ON a (b)'); await k('a').update({ b: 1 }); }", "add"},
		"createIfNotExists":    {"exports.up = async k => { await k.schema.createTableIfNotExists('a', t => {}); await k('a').del(); }", "add rewrite"},
		"bind with arguments":  {"async function go(table, k) { await k.schema.dropTable(table); } exports.up = go.bind(null, 'a');", "drop"},
		"arguments":            {"exports.up = function () { return arguments[0].schema.dropTable('a'); };", "drop"},
		"tslib":                {"const tslib_1 = require('tslib'); exports.up = k => (0, tslib_1.__awaiter)(this, void 0, void 0, function* () { yield k.schema.dropTable('a'); });", "drop"},
		"jumps":                {"exports.up = k => __awaiter(this, void 0, void 0, function () { return __generator(this, function (_a) { switch (_a.label) { case 0: if (!x) return [3, 2]; return [4, k.schema.dropTable('a')]; case 1: _a.sent(); case 2: return [2]; } }); });", "drop unknown"},
		"no steps":             {"exports.up = k => __awaiter(this, void 0, void 0, function () { return later(() => k.schema.dropTable('a')); });", "unknown"},
		"a class without code": {"class M { static { go(); } static async up(k) { await k.schema.dropTable('a'); } } module.exports = M;", "drop unknown"},
	} {
		if m := read("migrations", "a.js", []byte(c.src)); does(m) != c.want {
			t.Errorf("%s: %s %v, want %s", name, does(m), m.Doubts, c.want)
		}
	}
}

// What is not known of the way back is not said to be missing.
func TestDown(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]Down{
		"exports.up = async k => {}":                                                              Absent,
		"exports.up = async k => {}; exports.down = async () => {}":                               Empty,
		"exports.up = async k => {}; exports.down = async k => { helper(k); }":                    downUnsure,
		"exports.up = async k => {}; exports.down = async k => { await k('a').del(); helper(k) }": downPresent,
		"exports.up = async k => {}; exports.down = async () => { throw new Error('x'); }":        Throws,
		"module.exports = require('./other')":                                                     downUnsure,
		"exports.up = = k":                                                                        downUnsure,
	} {
		if m := read("migrations", "a.js", []byte(src)); m.Down != want {
			t.Errorf("%s: %s, want %s", src, m.Down, want)
		}
	}
}
