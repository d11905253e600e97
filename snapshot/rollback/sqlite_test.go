package rollback

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"github.com/portalctl/portalctl/snapshot"
)

// filePortal keeps two plugins in SQLite files.
type filePortal struct {
	t        *testing.T
	dir      string
	manifest *snapshot.Manifest
}

func execSQLite(t *testing.T, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

func newFilePortal(t *testing.T) *filePortal {
	p := &filePortal{t: t, dir: t.TempDir(), manifest: &snapshot.Manifest{Schema: snapshot.Schema, Name: "files", Created: time.Now()}}
	for _, id := range []string{"catalog", "search"} {
		execSQLite(t, p.path(id), "PRAGMA journal_mode = WAL",
			"CREATE TABLE knex_migrations (id integer PRIMARY KEY, name text, batch int, migration_time text)",
			"INSERT INTO knex_migrations VALUES (1, 'init.js', 1, 'x')", "CREATE TABLE things (body text)", "INSERT INTO things VALUES ('one'), ('two')")
		stored := filepath.Join(p.dir, id+".raw")
		execSQLite(t, p.path(id), "VACUUM INTO '"+stored+"'")
		raw, err := os.ReadFile(stored)
		if err != nil {
			t.Fatal(err)
		}
		w, _ := zstd.NewWriter(nil)
		text := w.EncodeAll(raw, nil)
		if err := os.WriteFile(filepath.Join(p.dir, id+".sqlite.zst"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		p.manifest.Databases = append(p.manifest.Databases, snapshot.Database{Kind: snapshot.KindSQLite, Path: p.path(id), Plugins: []string{id}, Rows: 3,
			Tables:     []snapshot.Table{{Name: "knex_migrations", Rows: 1}, {Name: "things", Rows: 2}},
			Migrations: []snapshot.Migration{{Table: "knex_migrations", Rows: []snapshot.MigrationRow{{ID: 1, Name: "init.js"}}}},
			Dump:       snapshot.File{Name: id + ".sqlite.zst", Size: int64(len(text)), SHA256: sum(text)}})
	}
	return p
}

func (p *filePortal) path(id string) string { return filepath.Join(p.dir, id+".sqlite") }

func (p *filePortal) upgrade() {
	execSQLite(p.t, p.path("catalog"), "INSERT INTO knex_migrations VALUES (2, 'new.js', 2, 'x')", "ALTER TABLE things ADD COLUMN more", "INSERT INTO things VALUES ('three', 1)")
	execSQLite(p.t, p.path("search"), "INSERT INTO things VALUES ('three')")
}

func (p *filePortal) plan() *Plan {
	p.t.Helper()
	plan, err := New(p.manifest, nil)
	if err == nil {
		err = plan.Look(p.t.Context(), nil, nil)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return plan
}

// state is what is in a file.
func (p *filePortal) state(path string) string {
	p.t.Helper()
	rows, list, err := sqliteState(p.t.Context(), path)
	if err != nil {
		p.t.Fatal(err)
	}
	return fmt.Sprint(rows, list)
}

func TestRestoreOfFiles(t *testing.T) {
	p := newFilePortal(t)
	before := p.state(p.path("catalog"))
	if err := os.Chmod(p.path("catalog"), 0o640); err != nil {
		t.Fatal(err)
	}
	p.upgrade()
	failed, kept := p.state(p.path("catalog")), p.state(p.path("search"))
	plan := p.plan()
	if len(plan.Targets) != 1 || plan.Targets[0].Plugins[0] != "catalog" {
		t.Fatalf("targets %+v", plan.Targets)
	}
	result, err := plan.Restore(t.Context(), Options{Dir: p.dir, Began: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	if got := p.state(p.path("catalog")); got != before {
		t.Errorf("catalog: %s, was %s", got, before)
	}
	if got := p.state(p.path("search")); got != kept {
		t.Errorf("search changed: %s", got)
	}
	if got := p.state(result.Restored[0].Failed); got != failed {
		t.Errorf("the failed state is %s, was %s", got, failed)
	}
	if info, err := os.Stat(p.path("catalog")); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if len(p.plan().Targets) != 0 {
		t.Error("there is still something to restore")
	}
}

// Every point fails once: the file is the old one or the new one, and the next
// restore removes what is left.
func TestRestoreOfFilesInterrupted(t *testing.T) {
	for n := 1; ; n++ {
		p := newFilePortal(t)
		before := p.state(p.path("catalog"))
		p.upgrade()
		upgraded := p.state(p.path("catalog"))
		plan := p.plan()
		at, point := 0, ""
		ctx := withPoints(t.Context(), func(name string) error {
			if at++; at == n {
				point = name
				return fmt.Errorf("stopped")
			}
			return nil
		})
		_, err := plan.Restore(ctx, Options{Dir: p.dir, Began: time.Now()})
		if point == "" {
			if err != nil {
				t.Fatal(err)
			}
			if n < 5 {
				t.Errorf("%d points only", n)
			}
			return
		}
		if got := p.state(p.path("catalog")); got != before && got != upgraded {
			t.Fatalf("%s: %s", point, got)
		}
		// As if killed there: what stands beside is not removed.
		if err := os.WriteFile(fileBeside(p.path("catalog"), "20200101_000000"), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		plan = p.plan()
		if !strings.Contains(plan.Markdown(), "20200101\\_000000 was left by an interrupted restore") && !strings.Contains(plan.Markdown(), "20200101_000000 was left by an interrupted restore") {
			t.Errorf("%s: the plan does not name what is left", point)
		}
		if _, err := plan.Restore(t.Context(), Options{Dir: p.dir, Began: time.Now().Add(time.Second)}); err != nil {
			t.Fatalf("%s: %v", point, err)
		}
		if d := cmp.Diff(before, p.state(p.path("catalog"))); d != "" {
			t.Fatalf("%s: %s", point, d)
		}
		if left, _ := filepath.Glob(filepath.Join(p.dir, "*"+besideSuffix+"*")); len(left) > 0 {
			t.Fatalf("%s: %v is left", point, left)
		}
	}
}

// A portal that still has the file open would write into the failed one.
func TestRestoreOfAFileInUse(t *testing.T) {
	p := newFilePortal(t)
	p.upgrade()
	upgraded := p.state(p.path("catalog"))
	plan := p.plan()
	db, err := sql.Open("sqlite", "file:"+p.path("catalog"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec("INSERT INTO things VALUES ('four', 1)"); err != nil {
		t.Fatal(err)
	}
	_, err = plan.Restore(t.Context(), Options{Dir: p.dir, Began: time.Now()})
	if err == nil || !strings.Contains(err.Error(), "the portal still uses the file") {
		t.Errorf("error %v", err)
	}
	_ = tx.Rollback()
	if got := p.state(p.path("catalog")); got != upgraded {
		t.Errorf("the file is %s, was %s", got, upgraded)
	}
}

func (p *filePortal) options() Options { return Options{Dir: p.dir, Began: time.Now()} }
