package registry

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/httpfetch"
)

// etagged serves packuments whose ETag is their number of versions.
func etagged(t *testing.T, versions *int) *fake {
	return serve(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		tag := fmt.Sprintf(`"v%d"`, *versions)
		w.Header().Set("ETag", tag)
		w.Header().Set("Content-Type", "application/json")
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		fmt.Fprint(w, doc("x", *versions))
	})
}

func TestCache(t *testing.T) {
	versions := 2
	reg := etagged(t, &versions)
	dir := t.TempDir()
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	// get asks with a new client, as the next run would.
	get := func(o options) (*Packument, error) {
		o.cfg.CacheDir, o.cfg.Now = dir, func() time.Time { return now }
		return client(t, reg.URL, o).Packument(t.Context(), "x")
	}
	check := func(step string, o options, wantVersions, wantRequests int) {
		t.Helper()
		p, err := get(o)
		if err != nil {
			t.Fatalf("%s: %v", step, err)
		}
		if len(p.Versions()) != wantVersions || len(reg.seen()) != wantRequests {
			t.Errorf("%s: %d versions after %d requests, want %d after %d", step, len(p.Versions()), len(reg.seen()), wantVersions, wantRequests)
		}
		m, err := p.Version("1.1.0")
		if err != nil || m.Dependencies["left-pad"] != "^1.1.0" || p.Time("1.1.0").IsZero() || p.DistTags["latest"] == "" || p.Name != "x" {
			t.Errorf("%s: %+v, %v", step, m, err)
		}
	}
	check("first", options{}, 2, 1)
	check("fresh", options{}, 2, 1)
	now = now.Add(4 * time.Minute)
	check("still fresh", options{}, 2, 1)
	now = now.Add(2 * time.Minute)
	check("revalidated", options{}, 2, 2)
	check("fresh again", options{}, 2, 2)
	versions = 3
	check("never without asking", options{cfg: Config{MaxAge: -1}}, 3, 3)
	now = now.Add(-time.Hour)
	check("from the future", options{}, 3, 4)
	now = now.Add(1000 * time.Hour)
	check("offline, however old", options{cfg: Config{Offline: true}}, 3, 4)
	check("offline by the client", options{http: httpfetch.Config{Offline: true}}, 3, 4)
	check("offline by the settings", options{rc: "enableNetwork: false\n"}, 3, 4)

	file, _ := filepath.Glob(filepath.Join(dir, "*", "x-*.pack"))
	if len(file) != 1 {
		t.Fatalf("cache files %v", file)
	}
	whole, err := os.ReadFile(file[0])
	if err != nil {
		t.Fatal(err)
	}
	n := 4
	for name, text := range map[string][]byte{"half": whole[:len(whole)/2], "empty": nil, "a flipped bit": flip(whole), "foreign": []byte("{}")} {
		if err := os.WriteFile(file[0], text, 0o600); err != nil {
			t.Fatal(err)
		}
		n++
		check("damaged: "+name, options{}, 3, n)
		if got, _ := os.ReadFile(file[0]); len(got) < len(whole)/2+1 {
			t.Errorf("%s: the file is not written anew", name)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*", ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if info, err := os.Stat(filepath.Dir(file[0])); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("others can read the cache: %v, %v", info.Mode(), err)
	}
}

func flip(b []byte) []byte {
	out := append([]byte(nil), b...)
	out[len(out)/2] ^= 4
	return out
}

func TestLastModified(t *testing.T) {
	const date = "Tue, 01 Jan 2030 00:00:00 GMT"
	reg := serve(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		w.Header().Set("Last-Modified", date)
		if r.Header.Get("If-Modified-Since") == date {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		fmt.Fprint(w, doc("x", 2))
	})
	dir := t.TempDir()
	for range 2 {
		p, err := client(t, reg.URL, options{cfg: Config{CacheDir: dir, MaxAge: -1}}).Packument(t.Context(), "x")
		if err != nil || len(p.Versions()) != 2 {
			t.Fatal(err)
		}
	}
	if n := len(reg.seen()); n != 2 || reg.seen()[1].Header.Get("If-Modified-Since") != date {
		t.Errorf("%d requests", n)
	}
}

func TestCacheIsByRegistry(t *testing.T) {
	dir := t.TempDir()
	one, two := static(t, doc("x", 1)), static(t, doc("x", 2))
	for _, tt := range []struct {
		url  string
		want int
	}{{one.URL, 1}, {two.URL, 2}, {one.URL + "/other", 1}, {one.URL, 1}} {
		p, err := client(t, tt.url, options{cfg: Config{CacheDir: dir}}).Packument(t.Context(), "x")
		if err != nil || len(p.Versions()) != tt.want {
			t.Errorf("%s: %v", tt.url, err)
		}
	}
	if n := len(one.seen()); n != 2 {
		t.Errorf("%d requests, want one for each registry", n)
	}
	// Names that are one file on some systems are two here.
	c := client(t, one.URL, options{cfg: Config{CacheDir: dir}})
	if a, b := c.cacheFile("r", "JSONStream"), c.cacheFile("r", "jsonstream"); strings.EqualFold(a, b) {
		t.Errorf("%s and %s are one file", a, b)
	}
	for _, name := range []string{"con", "@a/b", "weird!name~", strings.Repeat("x", 300)} {
		if base := filepath.Base(c.cacheFile("https://r.example.com:80/p", name)); len(base) > 120 || strings.ContainsAny(base, `/\:!~@`) {
			t.Errorf("%q is kept as %s", name, base)
		}
	}
}

func TestOfflineWithoutCache(t *testing.T) {
	for _, o := range []options{{cfg: Config{Offline: true}}, {cfg: Config{Offline: true, CacheDir: t.TempDir()}}, {http: httpfetch.Config{Offline: true}}} {
		c := client(t, "https://r.example.com", o)
		_, err := c.Packument(t.Context(), "@s/x")
		if !errors.Is(err, ErrOffline) || !strings.Contains(err.Error(), "no cached copy of @s/x") || fault.NextOf(err) == "" {
			t.Errorf("err = %v", err)
		}
		if _, err := c.Tarball(t.Context(), "x", "1.0.0", Dist{Integrity: sri(nil)}); !errors.Is(err, ErrOffline) || !strings.Contains(err.Error(), "the tarball of x@1.0.0") {
			t.Errorf("err = %v", err)
		}
	}
}

func TestACacheThatCannotBeWritten(t *testing.T) {
	reg := static(t, doc("x", 1))
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := client(t, reg.URL, options{cfg: Config{CacheDir: blocked}}).Packument(t.Context(), "x"); err != nil {
		t.Error(err)
	}
}

// A package that the registry does not have is missing without a network, too, until
// the registry has it.
func TestMissingIsKept(t *testing.T) {
	there := false
	reg := serve(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
		if !there {
			http.Error(w, `{"error":"not found"}`, http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, doc("x", 2))
	})
	dir := t.TempDir()
	get := func(name string, offline bool) error {
		var o options
		o.cfg.CacheDir, o.cfg.Offline = dir, offline
		_, err := client(t, reg.URL, o).Packument(t.Context(), name)
		return err
	}
	if err := get("x", true); !errors.Is(err, ErrOffline) {
		t.Errorf("never asked: %v, want ErrOffline", err)
	}
	online := get("x", false)
	if !errors.Is(online, ErrNotFound) {
		t.Fatalf("online: %v, want ErrNotFound", online)
	}
	if err := get("x", true); err == nil || err.Error() != online.Error() {
		t.Errorf("offline: %v, want %v", err, online)
	}
	if err := get("y", true); !errors.Is(err, ErrOffline) {
		t.Errorf("another name: %v, want ErrOffline", err)
	}
	there = true
	for _, offline := range []bool{false, true} {
		if err := get("x", offline); err != nil {
			t.Errorf("it is there (offline %v): %v", offline, err)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.none"))
	if err != nil || len(files) != 0 {
		t.Errorf("left over: %v, %v", files, err)
	}
}
