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

	"github.com/portalctl/portalctl/snapshot"
)

func TestRestoreOfFiles(t *testing.T) {
	p := newFilePortal(t)
	before := p.State(p.Path("catalog"))
	if err := os.Chmod(p.Path("catalog"), 0o640); err != nil {
		t.Fatal(err)
	}
	p.Upgrade()
	failed, kept := p.State(p.Path("catalog")), p.State(p.Path("search"))
	plan := p.plan()
	if len(plan.Targets) != 1 || plan.Targets[0].Plugins[0] != "catalog" {
		t.Fatalf("targets %+v", plan.Targets)
	}
	result, err := plan.Restore(t.Context(), Options{Dir: p.Dir, Began: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	if got := p.State(p.Path("catalog")); got != before {
		t.Errorf("catalog: %s, was %s", got, before)
	}
	if got := p.State(p.Path("search")); got != kept {
		t.Errorf("search changed: %s", got)
	}
	if got := p.State(result.Restored[0].Failed); got != failed {
		t.Errorf("the failed state is %s, was %s", got, failed)
	}
	if info, err := os.Stat(p.Path("catalog")); err != nil || info.Mode().Perm() != 0o640 {
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
		before := p.State(p.Path("catalog"))
		p.Upgrade()
		upgraded := p.State(p.Path("catalog"))
		plan := p.plan()
		at, point := 0, ""
		ctx := withPoints(t.Context(), func(name string) error {
			if at++; at == n {
				point = name
				return fmt.Errorf("stopped")
			}
			return nil
		})
		_, err := plan.Restore(ctx, Options{Dir: p.Dir, Began: time.Now()})
		if point == "" {
			if err != nil {
				t.Fatal(err)
			}
			if n < 5 {
				t.Errorf("%d points only", n)
			}
			return
		}
		if got := p.State(p.Path("catalog")); got != before && got != upgraded {
			t.Fatalf("%s: %s", point, got)
		}
		// As if killed there: what stands beside is not removed.
		if err := os.WriteFile(fileBeside(p.Path("catalog"), "20200101_000000"), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		plan = p.plan()
		if !strings.Contains(plan.Markdown(), "20200101\\_000000 was left by an interrupted restore") && !strings.Contains(plan.Markdown(), "20200101_000000 was left by an interrupted restore") {
			t.Errorf("%s: the plan does not name what is left", point)
		}
		if _, err := plan.Restore(t.Context(), Options{Dir: p.Dir, Began: time.Now().Add(time.Second)}); err != nil {
			t.Fatalf("%s: %v", point, err)
		}
		if d := cmp.Diff(before, p.State(p.Path("catalog"))); d != "" {
			t.Fatalf("%s: %s", point, d)
		}
		if left, _ := filepath.Glob(filepath.Join(p.Dir, "*"+snapshot.BesideSuffix+"*")); len(left) > 0 {
			t.Fatalf("%s: %v is left", point, left)
		}
	}
}

// A portal that still has the file open would write into the failed one.
func TestRestoreOfAFileInUse(t *testing.T) {
	p := newFilePortal(t)
	p.Upgrade()
	upgraded := p.State(p.Path("catalog"))
	plan := p.plan()
	db, err := sql.Open("sqlite", "file:"+p.Path("catalog"))
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
	_, err = plan.Restore(t.Context(), Options{Dir: p.Dir, Began: time.Now()})
	if err == nil || !strings.Contains(err.Error(), "the portal still uses the file") {
		t.Errorf("error %v", err)
	}
	_ = tx.Rollback()
	if got := p.State(p.Path("catalog")); got != upgraded {
		t.Errorf("the file is %s, was %s", got, upgraded)
	}
}
