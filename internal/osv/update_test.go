package osv_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/portalctl/portalctl/internal/httpfetch"
	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/testkit/osvtest"
)

func update(t *testing.T, dir, url string, now time.Time) (osv.Status, bool, error) {
	t.Helper()
	return osv.Update(t.Context(), dir, osv.UpdateOptions{Client: client(t), URL: url, Now: func() time.Time { return now }})
}

func TestUpdate(t *testing.T) {
	s, dir := serve(t), filepath.Join(t.TempDir(), "cache")
	url := s.URL + "/npm/all.zip"
	first, changed, err := update(t, dir, url, today)
	if err != nil || !changed {
		t.Fatal(changed, err)
	}
	if first.Records != 7 || !first.Checked.Equal(today) || first.URL != url || first.ETag == "" || first.Index != osv.IndexKept {
		t.Errorf("%+v", first)
	}
	// Nothing new: not downloaded, and known to be the newest as of now.
	later := today.AddDate(0, 1, 0)
	second, changed, err := update(t, dir, url, later)
	if err != nil || changed || !second.Checked.Equal(later) || !second.Date().Equal(later) {
		t.Errorf("%+v, %v, %v", second, changed, err)
	}
	db, err := osv.OpenDatabase(t.Context(), dir, osv.Options{Now: later.AddDate(0, 0, 1), MaxAge: 48 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if hits, err := db.Match(t.Context(), asked); err != nil || len(hits) != len(want)+1 { // and the canary's lodash
		t.Errorf("%v, %v", rows(hits), err)
	}
	for _, name := range files(t, dir) {
		if !slices.Contains([]string{"all.zip", "all.zip.index", "all.zip.meta"}, name) {
			t.Errorf("%s was left behind", name)
		}
	}
}

// TestUpdateGoesOn: a third comes with each connection. Within one call the
// download is taken up; a call that was killed is taken up by the next.
func TestUpdateGoesOn(t *testing.T) {
	s, dir := serve(t), t.TempDir()
	if _, changed, err := update(t, dir, s.URL+"/fault/cut/npm/all.zip", today); err != nil || !changed {
		t.Fatal(changed, err)
	}
	if n := len(s.Requests()); n != 3 {
		t.Errorf("%d requests: %v", n, s.Requests())
	}

	s, dir = serve(t), t.TempDir()
	url := s.URL + "/npm/all.zip"
	ctx, cancel := context.WithCancel(t.Context())
	var got []int64
	_, _, err := osv.Update(ctx, dir, osv.UpdateOptions{Client: client(t), URL: s.URL + "/fault/cut/npm/all.zip", Progress: func(done, total int64) {
		got = append(got, done, total)
		cancel()
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if _, err := osv.OpenDatabase(t.Context(), dir, osv.Options{Update: "x"}); err == nil {
		t.Fatal("half a download is taken for a database")
	}
	if !slices.Contains(files(t, dir), "all.zip.partial") || len(got) == 0 || got[0] <= 0 || got[1] <= got[0] {
		t.Fatalf("%v, %v", files(t, dir), got)
	}
	// Killed with a third there: the next call fetches two thirds.
	killed := t.TempDir()
	if err := os.CopyFS(killed, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	before := len(s.Requests())
	if _, changed, err := update(t, killed, s.URL+"/fault/cut/npm/all.zip", today); err != nil || !changed {
		t.Fatal(changed, err)
	}
	if n := len(s.Requests()) - before; n > 3 || got[0] == got[1]/3+1 && n != 2 {
		t.Errorf("%d requests after %d of %d bytes", n, got[0], got[1])
	}
	// Another address: what is there is not a part of it.
	if _, changed, err := update(t, dir, url, today); err != nil || !changed {
		t.Fatal(changed, err)
	}
}

// TestUpdateRefuses: what is not a database does not replace one.
func TestUpdateRefuses(t *testing.T) {
	s, dir := serve(t), t.TempDir()
	if _, _, err := update(t, dir, s.URL+"/npm/all.zip", today); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(filepath.Join(dir, "npm", "all.zip"))
	if err != nil {
		t.Fatal(err)
	}
	for fault, what := range map[string]string{
		"html":     "is not a whole zip file",
		"empty":    "it holds no records",
		"foreign":  "another ecosystem",
		"few":      "too few records: 1, the old one has 7",
		"500":      "500",
		"redirect": "redirects in a circle",
		"hang":     "in time",
	} {
		_, _, err := update(t, dir, s.URL+"/fault/"+fault+"/npm/all.zip", today)
		wantFault(t, err, what, "")
		after, err := os.ReadFile(filepath.Join(dir, "npm", "all.zip"))
		if err != nil || string(after) != string(before) {
			t.Errorf("%s: the database is another, %v", fault, err)
		}
		if got := open(t, dir).Status(); got.Index != osv.IndexKept || !got.Checked.Equal(today) {
			t.Errorf("%s: %+v", fault, got)
		}
		// Without a database to compare with, one record is a database.
		if fault != "few" {
			_, _, err = update(t, t.TempDir(), s.URL+"/fault/"+fault+"/npm/all.zip", today)
			wantFault(t, err, what, "")
		}
	}
}

// TestUpdateBehind: a mirror that stopped must not take records away.
func TestUpdateBehind(t *testing.T) {
	dir := t.TempDir()
	newer := map[string][]byte{}
	for _, id := range []string{"GHSA-1", "GHSA-2", "GHSA-3"} {
		newer[id+".json"] = osvtest.Record(id, "npm", "a", "", today.AddDate(0, 0, 1))
	}
	newer["x.json"] = osvtest.Record("GHSA-4", "npm", "b", "", today.AddDate(0, 0, 2))
	write(t, dir, osvtest.Zip(newer))
	_, _, err := update(t, dir, serve(t).URL+"/npm/all.zip", today)
	wantFault(t, err, "its newest record is of 2026-03-06, the old one has one of 2026-03-09", "")
}

// TestUpdateUnwritable does not need a user that is not root.
func TestUpdateUnwritable(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "npm"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := update(t, dir, serve(t).URL+"/npm/all.zip", today)
	wantFault(t, err, "cannot be kept", "PORTALCTL_CACHE_DIR")

	// No place for the index.
	dir = t.TempDir()
	path := zipped(t, dir)
	if err := os.MkdirAll(filepath.Join(path+".index", "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	db := open(t, dir)
	if got := db.Status(); got.Index != osv.IndexMemory || got.IndexErr == nil {
		t.Errorf("%+v", got)
	}
	if hits, err := db.Match(t.Context(), asked); err != nil || len(hits) != len(want) {
		t.Errorf("%v, %v", hits, err)
	}
}

func TestUpdateOffline(t *testing.T) {
	_, _, err := osv.Update(t.Context(), t.TempDir(), osv.UpdateOptions{Client: httpfetch.New(httpfetch.Config{Offline: true})})
	wantFault(t, err, "the network is switched off", "")
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(filepath.Join(dir, "npm"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range list {
		out = append(out, f.Name())
	}
	return out
}
