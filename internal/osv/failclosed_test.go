package osv_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/portalctl/portalctl/internal/httpfetch"
	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/testkit/osvtest"
)

// TestOpenRefuses is every database that would answer "nothing found".
func TestOpenRefuses(t *testing.T) {
	whole, err := osvtest.ZipFolder(records)
	if err != nil {
		t.Fatal(err)
	}
	record := osvtest.Record("GHSA-1", "npm", "a", "", today)
	pypi := map[string][]byte{"a.json": osvtest.Record("PYSEC-1", "PyPI", "a", "", today), "b.json": osvtest.Record("PYSEC-2", "PyPI", "b", "", today), "c.json": record}
	flipped := bytes.Clone(whole)
	flipped[len(flipped)/3] ^= 0xff
	lying := bytes.Clone(osvtest.Zip(map[string][]byte{"a.json": record}))
	binary.LittleEndian.PutUint32(lying[bytes.Index(lying, []byte("PK\x01\x02"))+24:], 1<<30)
	old := osv.Options{Now: today.AddDate(0, 0, 30), MaxAge: 7 * 24 * time.Hour, Update: "portalctl audit db update"}
	for _, test := range []struct {
		name string
		text []byte
		opt  osv.Options
		what string
	}{
		{"empty file", []byte{}, osv.Options{}, "it holds no records"},
		{"no records", osvtest.Zip(nil), osv.Options{}, "it holds no records"},
		{"other files only", osvtest.Zip(map[string][]byte{"README.md": []byte("x")}), osv.Options{}, "it holds no records"},
		{"cut at the end", whole[:len(whole)-10], osv.Options{}, "is not a whole zip file"},
		{"cut in half", whole[:len(whole)/2], osv.Options{}, "is not a whole zip file"},
		{"a web page", []byte("<html>Sign in</html>"), osv.Options{}, "is not a whole zip file"},
		{"a byte is another", flipped, osv.Options{}, "does not unpack"},
		{"a record of 1 GB", lying, osv.Options{}, "does not unpack"},
		{"another ecosystem", osvtest.Zip(pypi), osv.Options{}, "another ecosystem"},
		{"stale", whole, old, "30 days old; 7 days are allowed"},
		{"from the future", osvtest.Zip(map[string][]byte{"a.json": osvtest.Record("GHSA-1", "npm", "a", "", today.AddDate(50, 0, 0))}), osv.Options{}, "still to come"},
		{"no record", osvtest.Zip(map[string][]byte{"a.json": []byte(`{"id":"x"}`)}), osv.Options{}, "a.json is not an OSV record"},
		{"half a record", osvtest.Zip(map[string][]byte{"a.json": record[:len(record)/2]}), osv.Options{}, "a.json is not an OSV record"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			path := write(t, dir, test.text)
			if test.opt.Now.IsZero() {
				test.opt = osv.Options{Now: today, Update: "portalctl audit db update"}
			}
			for range 2 { // the second time from the index, if one was kept
				_, err := osv.OpenDatabase(t.Context(), dir, test.opt)
				wantFault(t, err, test.what, "portalctl audit db update")
				wantFault(t, err, path, "")
			}
		})
	}
}

func TestOpenMissing(t *testing.T) {
	dir := t.TempDir()
	for _, opt := range []osv.Options{{}, {Update: "portalctl audit db update"}} {
		next := "npm/all.zip"
		if opt.Update != "" {
			next = opt.Update
		}
		_, err := osv.OpenDatabase(t.Context(), filepath.Join(dir, "nothing"), opt)
		wantFault(t, err, "there is no OSV database", next)
		_, err = osv.OpenDatabase(t.Context(), dir, opt)
		wantFault(t, err, "there is no OSV database", next)
	}
}

// TestOpenBadFolder: one record that cannot be read may be the one that counts.
func TestOpenBadFolder(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string][]byte{"a.json": osvtest.Record("GHSA-1", "npm", "a", "", today), "b.json": []byte("{")} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, err := osv.OpenDatabase(t.Context(), dir, osv.Options{Now: today})
	wantFault(t, err, "b.json is not an OSV record", "npm/all.zip")
}

// TestDamagedUnderOurHands: the database changes after it was opened.
func TestDamagedUnderOurHands(t *testing.T) {
	dir := t.TempDir()
	path := zipped(t, dir)
	db := open(t, dir)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	clear(text[:len(text)/2])
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = db.Match(t.Context(), asked)
	wantFault(t, err, "the advisories are incomplete", "Renew the OSV database")
}

// TestNewerThanTheEngine: ecosystems that it does not know would have it break
// down, and a range of commits would have it stop.
func TestNewerThanTheEngine(t *testing.T) {
	dir := t.TempDir()
	text := string(osvtest.Record("GHSA-1", "npm", "a", "2.0.0", today))
	text = strings.Replace(text, `"summary"`, `"no_such_field":{"a":1},"summary"`, 1)
	text = strings.Replace(text, `"affected":[`, `"affected":[{"package":{"ecosystem":"Nobody Knows","name":"a"},"ranges":[{"type":"NEW"}]},`, 1)
	text = strings.Replace(text, `"ranges":[{"type":"SEMVER"`, `"ranges":[{"type":"GIT","repo":"x","events":[{"introduced":"0"}]},{"type":"SEMVER"`, 1)
	write(t, dir, osvtest.Zip(map[string][]byte{"GHSA-1.json": []byte(text)}))
	hits, err := open(t, dir).Match(t.Context(), []osv.Package{{Name: "a", Version: "1.0.0"}, {Name: "a", Version: "2.0.0"}})
	if err != nil || len(hits) != 1 {
		t.Errorf("%v, %v", hits, err)
	}
}

// TestTwoRecordsInOne: readers disagree about a key that comes twice.
func TestTwoRecordsInOne(t *testing.T) {
	dir := t.TempDir()
	text := strings.Replace(string(osvtest.Record("GHSA-1", "npm", "a", "", today)), `"affected"`, `"affected":[],"affected"`, 1)
	write(t, dir, osvtest.Zip(map[string][]byte{"GHSA-1.json": []byte(text)}))
	_, err := open(t, dir).Match(t.Context(), []osv.Package{{Name: "a", Version: "1.0.0"}})
	wantFault(t, err, "the advisories are incomplete", "Renew the OSV database")
}

func TestIndex(t *testing.T) {
	dir := t.TempDir()
	path := zipped(t, dir)
	index := path + ".index"
	state := func(want osv.IndexState) {
		t.Helper()
		db := open(t, dir)
		if got := db.Status(); got.Index != want {
			t.Errorf("index %s, want %s", got.Index, want)
		}
		hits, err := db.Match(t.Context(), asked)
		if err != nil || len(hits) != len(asked)-10 {
			t.Errorf("%d hits, %v", len(hits), err)
		}
	}
	state(osv.IndexBuilt)
	state(osv.IndexKept)
	good, err := os.ReadFile(index)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{0, 20, 60, len(good) / 2, len(good) - 20, len(good) - 1} {
		bad := bytes.Clone(good)
		bad[at] ^= 1
		if err := os.WriteFile(index, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		state(osv.IndexRebuilt)
		state(osv.IndexKept)
	}
	for _, bad := range [][]byte{nil, good[:10], good[:len(good)-1], append(bytes.Clone(good), 0)} {
		if err := os.WriteFile(index, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		state(osv.IndexRebuilt)
	}
	// Another database of the same size and time.
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil || len(r.File) == 0 {
		t.Fatal(err)
	}
	text[bytes.LastIndex(text, []byte("PK\x01\x02"))+12]++ // the entry's time
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	state(osv.IndexRebuilt)
}

// TestReadOnlyCache: slower, and as right; an update says what to do.
func TestReadOnlyCache(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("folders cannot be made read-only there")
	}
	dir := t.TempDir()
	path := zipped(t, dir)
	readOnly(t, filepath.Dir(path))
	db := open(t, dir)
	if got := db.Status(); got.Index != osv.IndexMemory || got.IndexErr == nil {
		t.Errorf("%+v", got)
	}
	hits, err := db.Match(t.Context(), asked)
	if err != nil || len(hits) != len(want) {
		t.Errorf("%d hits, %v", len(hits), err)
	}
	_, _, err = osv.Update(t.Context(), dir, osv.UpdateOptions{Client: client(t), URL: serve(t).URL + "/npm/all.zip"})
	wantFault(t, err, "cannot be kept", "PORTALCTL_CACHE_DIR")
}

func TestOnlineFaults(t *testing.T) {
	s := serve(t)
	for fault, what := range map[string]string{
		"500":      "the server answered 500",
		"hang":     "did not answer in time",
		"html":     "it is not OSV's JSON",
		"short":    "18 results came for 19 packages",
		"long":     "20 results came for 19 packages",
		"null":     "it has no result for",
		"redirect": "redirects in a circle",
		"cut":      "unexpected EOF",
		"silent":   "it does not know GHSA-jf85-cpcp-j695",
		"missing":  "the server answered 404",
		"swapped":  "it sent the record",
		"endless":  "more than 100 pages",
		"stuck":    "the same again",
	} {
		t.Run(fault, func(t *testing.T) {
			list := append(asked[:len(asked):len(asked)], osv.Package{Name: "more", Version: "1.0.0"}) // one is twice in it
			_, err := osv.NewOnline(client(t), s.URL+"/fault/"+fault).Match(t.Context(), list)
			wantFault(t, err, what, "")
			wantFault(t, err, "the advisories are incomplete", "")
		})
	}
	t.Run("nobody there", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
		_, err = osv.NewOnline(client(t), "http://"+l.Addr().String()).Match(t.Context(), asked)
		wantFault(t, err, "the advisories are incomplete", "")
	})
	t.Run("switched off", func(t *testing.T) {
		_, err := osv.NewOnline(httpfetch.New(httpfetch.Config{Offline: true}), "").Match(context.Background(), asked)
		wantFault(t, err, "the network is switched off", "")
	})
}
