package rollback

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/testkit/dbportal"
	"github.com/portalctl/portalctl/snapshot"
)

// What is decided without a server.

// replace gives a target another dump, with the sum that belongs to it.
func (p *filePortal) replace(i int, raw []byte) {
	p.T.Helper()
	w, _ := zstd.NewWriter(nil)
	p.stored(i, w.EncodeAll(raw, nil))
}

func (p *filePortal) stored(i int, text []byte) {
	p.T.Helper()
	d := &p.Manifest.Databases[i].Dump
	d.Size, d.SHA256 = int64(len(text)), snapshot.SHA256(text)
	if err := os.WriteFile(filepath.Join(p.Dir, d.Name), text, 0o600); err != nil {
		p.T.Fatal(err)
	}
}

// TestRestoreOfFilesRefuses: a copy that is not what the snapshot recorded takes
// no live file's place.
func TestRestoreOfFilesRefuses(t *testing.T) {
	catalog := func(p *filePortal) *snapshot.Database { return &p.Manifest.Databases[0] }
	dump := func(p *filePortal) string { return filepath.Join(p.Dir, catalog(p).Dump.Name) }
	const verify = "Nothing live was changed. Check the snapshot with: portalctl snapshot verify --rehearse"
	for _, tt := range []struct {
		name       string
		spoil      func(p *filePortal) error
		want, next string
	}{
		{"no dump", func(p *filePortal) error { return os.Remove(dump(p)) }, "the dump cannot be read", "Copy the whole folder"},
		{"another dump", func(p *filePortal) error { return os.WriteFile(dump(p), []byte("x"), 0o600) }, "the dump is not the file that was written", "Use another copy"},
		{"half a dump", func(p *filePortal) error {
			text, err := os.ReadFile(dump(p))
			p.stored(0, text[:len(text)/2])
			return err
		}, "the dump cannot be decoded", "Use another copy"},
		{"no database", func(p *filePortal) error { p.replace(0, []byte(strings.Repeat("x", 5000))); return nil }, "the restored file is damaged", verify},
		{"a damaged database", func(p *filePortal) error {
			raw, err := os.ReadFile(filepath.Join(p.Dir, "catalog.raw"))
			raw[len(raw)-4096+4]++ // the last page has a cell more than it has
			p.replace(0, raw)
			return err
		}, "the restored file is damaged: ", verify},
		{"other rows", func(p *filePortal) error { catalog(p).Tables[1].Rows++; return nil }, "the restored file is not what the snapshot recorded", verify},
		{"other migrations", func(p *filePortal) error { catalog(p).Migrations[0].Rows[0].Name = "x.js"; return nil },
			"the restored file has other migrations than the snapshot recorded", verify},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newFilePortal(t)
			p.Upgrade()
			if err := tt.spoil(p); err != nil {
				t.Fatal(err)
			}
			upgraded := p.State(p.Path("catalog"))
			result, err := p.plan().Restore(t.Context(), Options{Dir: p.Dir, Began: time.Now()})
			if err == nil || result != nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(fault.NextOf(err), tt.next) {
				t.Errorf("%v, next %q, result %v", err, fault.NextOf(err), result)
			}
			if got := p.State(p.Path("catalog")); got != upgraded {
				t.Errorf("the file is %s, was %s", got, upgraded)
			}
			if left, _ := filepath.Glob(p.Path("*") + "__*"); len(left) > 0 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

// TestWhatComesBack: what was migrated, and what is asked for.
func TestWhatComesBack(t *testing.T) {
	p := newFilePortal(t)
	names := func(list []*Target) string {
		var out []string
		for _, target := range list {
			out = append(out, target.Plugins...)
		}
		return strings.Join(out, " ")
	}
	look := func(only ...string) (*Plan, error) {
		plan, err := New(p.Manifest, nil)
		if err != nil {
			t.Fatal(err)
		}
		return plan, plan.Look(t.Context(), nil, only)
	}
	want := func(when, back, kept string, only ...string) {
		t.Helper()
		plan, err := look(only...)
		if err != nil || names(plan.Targets) != back || names(plan.Kept) != kept || plan.Empty() != (back == "") {
			t.Errorf("%s, only %q: %q come back, %q stay, %v", when, only, names(plan.Targets), names(plan.Kept), err)
		}
	}
	want("before the upgrade", "", "catalog search")
	want("before the upgrade", "search", "catalog", "search")
	p.Upgrade()
	want("after it", "catalog", "search")
	want("after it", "search", "catalog", "search")
	want("after it", "search", "catalog", p.Path("search"))
	want("after it", "catalog search", "", "all")
	if _, err := look("search", "kubernetes"); err == nil || !strings.Contains(err.Error(), `no database or plugin "kubernetes"`) || !strings.Contains(fault.NextOf(err), p.Path("search")) {
		t.Errorf("%v, next %q", err, fault.NextOf(err))
	}
	if err := os.Remove(p.Path("search")); err != nil {
		t.Fatal(err)
	}
	want("without the file", "catalog search", "")
}

// TestAnotherServer: where the server does not say which it is, the numbers of
// its databases do.
func TestAnotherServer(t *testing.T) {
	target := func(server int, name string, oid uint32) *Target {
		return &Target{Kind: kindDatabase, Server: server, Database: name, was: &snapshot.Database{OID: oid}}
	}
	all := []*Target{target(0, "a", 1), target(0, "b", 2), target(0, "c", 3), target(0, "not known", 0), target(1, "elsewhere", 9),
		{Kind: kindSQLite, Server: -1, was: &snapshot.Database{}}}
	failed := failedName("b", "20260101_000000")
	for _, tt := range []struct {
		name string
		rows []row
		ok   bool
	}{
		{"all are here", []row{{Name: "a", OID: 1}, {Name: "b", OID: 2}, {Name: "c", OID: 3}}, true},
		{"one was replaced by a restore, one is gone", []row{{Name: "a", OID: 1}, {Name: "b", OID: 12}, {Name: failed, OID: 2}}, true},
		{"most are others", []row{{Name: "a", OID: 1}, {Name: "b", OID: 12}, {Name: "c", OID: 13}}, false},
		{"their numbers are others'", []row{{Name: "x", OID: 1}, {Name: "y", OID: 2}, {Name: failed + "x", OID: 3}}, false},
		{"none", nil, false},
	} {
		p := &Plan{Servers: []snapshot.Server{{ID: "one"}, {ID: "two"}}}
		err := p.sameServer(t.Context(), nil, 0, tt.rows, all)
		if (err == nil) != tt.ok || err != nil && !strings.Contains(fault.NextOf(err), "at the server of the snapshot") {
			t.Errorf("%s: %v, next %q", tt.name, err, fault.NextOf(err))
		}
		if err := p.sameServer(t.Context(), nil, 0, tt.rows, all[3:]); err != nil {
			t.Errorf("%s: nothing is known of the server, and still %v", tt.name, err)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for want, d := range map[string]snapshot.Database{
		"which it does not describe": {Name: "x", Server: "two", Properties: &snapshot.Properties{}},
		"does not say who owns":      {Name: "x", Server: "one"},
	} {
		_, err := New(&snapshot.Manifest{Servers: []snapshot.Server{{ID: "one"}}, Databases: []snapshot.Database{d}}, nil)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(fault.NextOf(err), "portalctl snapshot verify") {
			t.Errorf("%v, next %q", err, fault.NextOf(err))
		}
	}
}

// TestPgRestoreStopsEarly: pg_restore does not say so when it takes less than
// the whole dump.
func TestPgRestoreStopsEarly(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a script stands for pg_restore")
	}
	for _, tt := range []struct{ name, script, want string }{
		{"reads all", "cat > /dev/null", ""},
		{"stops", "head -c 10 > /dev/null", "pg_restore stopped reading before the end"},
		{"fails", "cat > /dev/null; echo 'no such role' >&2; exit 1", "no such role"},
	} {
		p := &filePortal{&dbportal.Files{T: t, Dir: t.TempDir(), Manifest: &snapshot.Manifest{Databases: []snapshot.Database{{Dump: snapshot.File{Name: "x.dump.zst"}}}}}}
		p.replace(0, make([]byte, 8<<20)) // more than a pipe takes
		if err := os.WriteFile(filepath.Join(p.Dir, "pg_restore"), []byte("#!/bin/sh\n"+tt.script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		r := &run{Plan: &Plan{}, tools: &pg.Tools{Dir: p.Dir},
			Options: Options{Dir: p.Dir, Progress: func(Event) {}, Connections: []pg.Target{{Host: "h", User: "u"}}}}
		target := &Target{Kind: kindSchema, Schema: "x", Dump: p.Manifest.Databases[0].Dump, was: &snapshot.Database{}}
		for how, run := range map[string]func() error{
			"a database": func() error { return r.pgRestore(t.Context(), target, "x") },
			"a schema":   func() error { return r.scriptOf(t.Context(), io.Discard, target, pg.Access{}) },
		} {
			err := run()
			if tt.want == "" && err != nil || tt.want != "" && (!strings.Contains(fmt.Sprint(err), tt.want) || !strings.Contains(fault.NextOf(err), "Nothing live was changed")) {
				t.Errorf("%s, %s: %v, next %q", tt.name, how, err, fault.NextOf(err))
			}
		}
		if err := r.private.Close(); err != nil {
			t.Error(err)
		}
	}
}
