package osv_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/httpfetch"
	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/testkit/osvtest"
)

// today is a day after the newest of testdata's records.
var today = time.Date(2026, 3, 7, 0, 0, 0, 0, time.UTC)

const records = "testdata/records"

// wantFault checks that an error says what is wrong and what to do.
func wantFault(t *testing.T, err error, what, next string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error: this is how a gate fails open")
	}
	if got := err.Error(); !strings.Contains(got, what) {
		t.Errorf("error %q, want %q in it", got, what)
	}
	if got := fault.NextOf(err); got == "" || !strings.Contains(got, next) {
		t.Errorf("next step %q of %v, want %q in it", got, err, next)
	}
}

func serve(t *testing.T) *osvtest.Server {
	t.Helper()
	s, err := osvtest.Start(records)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// client wastes no time on waiting.
func client(t *testing.T) *httpfetch.Client {
	c := httpfetch.New(httpfetch.Config{MinWait: time.Millisecond, MaxWait: 2 * time.Millisecond, Timeout: 300 * time.Millisecond, Retries: 1})
	t.Cleanup(c.CloseIdle)
	return c
}

// zipped puts testdata's records into dir/npm/all.zip.
func zipped(t *testing.T, dir string) string {
	t.Helper()
	text, err := osvtest.ZipFolder(records)
	if err != nil {
		t.Fatal(err)
	}
	return write(t, dir, text)
}

func write(t *testing.T, dir string, text []byte) string {
	t.Helper()
	path := filepath.Join(dir, "npm", "all.zip")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t *testing.T, dir string) *osv.Database {
	t.Helper()
	db, err := osv.OpenDatabase(t.Context(), dir, osv.Options{Now: today})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}
