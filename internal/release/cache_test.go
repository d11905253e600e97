package release

import (
	"context"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// cacheFiles lists what is below dir, without the folder of the base URL.
func cacheFiles(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		_, rel, _ = strings.Cut(filepath.ToSlash(rel), "/")
		out = append(out, rel)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestExactReleaseIsKeptForGood(t *testing.T) {
	host := newFakeHost(t, lines("1.11.0", "1.12.0-next.0"))
	cfg := Config{BaseURL: host.URL, CacheDir: t.TempDir()}
	get(t, source(t, cfg), "1.9.0")
	host.asked()
	for name, c := range map[string]Config{"network": cfg, "offline": {BaseURL: cfg.BaseURL, CacheDir: cfg.CacheDir, Offline: true}} {
		m := get(t, source(t, c), "1.9.0")
		if m.ReleaseVersion != "1.9.0" || m.FromCache || m.FetchedAt.IsZero() {
			t.Errorf("%s: %+v", name, m)
		}
	}
	if got := host.asked(); len(got) > 0 {
		t.Errorf("asked again for %q", got)
	}
}

func TestLineIsAskedForEachTime(t *testing.T) {
	host := newFakeHost(t, lines("1.11.0", "1.12.0-next.0"))
	dir := t.TempDir()
	at := clock
	cfg := Config{BaseURL: host.URL, CacheDir: dir, Now: func() time.Time { return at }}
	get(t, source(t, cfg), mainBranch)
	// The line is also the exact release.
	want := []string{"lines/main.json", "releases/1.11.0.json"}
	if diff := cmp.Diff(want, cacheFiles(t, dir)); diff != "" {
		t.Error(diff)
	}

	at = clock.Add(time.Hour)
	if m := get(t, source(t, cfg), mainBranch); m.FromCache || !m.FetchedAt.Equal(at) {
		t.Errorf("confirmed by 304: %+v", m)
	}

	host.set("v1/tags/main/manifest.json", manifest("1.11.1"))
	at = clock.Add(2 * time.Hour)
	if m := get(t, source(t, cfg), mainBranch); m.FromCache || m.ReleaseVersion != "1.11.1" {
		t.Errorf("a new main: %+v", m)
	}

	for name, fail := range map[string]func(){
		"503":     func() { host.fail(503) },
		"offline": func() { cfg.Offline = true },
		"closed":  func() { cfg.Offline = false; host.Close() },
	} {
		fail()
		for _, which := range []string{mainBranch} {
			m := get(t, source(t, cfg), which)
			if !m.FromCache || m.ReleaseVersion != "1.11.1" || !m.FetchedAt.Equal(clock.Add(2*time.Hour)) {
				t.Errorf("%s: %s: %+v", name, which, m)
			}
		}
	}
}

func TestWithoutETag(t *testing.T) {
	host := newFakeHost(t, lines("1.11.0", "1.12.0-next.0"))
	host.noETag = true
	cfg := Config{BaseURL: host.URL, CacheDir: t.TempDir()}
	for range 2 {
		if m := get(t, source(t, cfg), mainBranch); m.FromCache {
			t.Errorf("%+v", m)
		}
	}
}

// A host that cannot be trusted now is an error, not a reason to use what it
// said before.
func TestLieIsNotHiddenByTheCache(t *testing.T) {
	host := newFakeHost(t, lines("1.11.0", "1.12.0-next.0"))
	cfg := Config{BaseURL: host.URL, CacheDir: t.TempDir()}
	get(t, source(t, cfg), mainBranch)
	host.set("v1/tags/main/manifest.json", "<html>Sign in</html>")
	_, err := source(t, cfg).Get(context.Background(), mainBranch)
	wantFault(t, err, "HTML page")
	for status, text := range map[int]string{403: "403", 404: "no release line main"} {
		host.fail(status)
		_, err := source(t, cfg).Get(context.Background(), mainBranch)
		wantFault(t, err, text)
	}
}

func TestUnaskedNotModified(t *testing.T) {
	host := newFakeHost(t, nil)
	host.fail(304)
	_, err := source(t, Config{BaseURL: host.URL}).Get(context.Background(), mainBranch)
	wantFault(t, err, "304")
}

func TestSilentHostDoesNotHoldUpAKnownLine(t *testing.T) {
	hang := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if hang {
			<-r.Context().Done()
			return
		}
		w.Write([]byte(manifest("1.11.0")))
	}))
	defer server.Close()
	cfg := Config{BaseURL: server.URL, CacheDir: t.TempDir()}
	get(t, source(t, cfg), mainBranch)
	hang = true
	s := source(t, cfg)
	s.recheck = 30 * time.Millisecond
	if m := get(t, s, mainBranch); !m.FromCache {
		t.Errorf("%+v", m)
	}
}

func TestDamagedCacheIsFetchedAgain(t *testing.T) {
	host := newFakeHost(t, lines("1.11.0", "1.12.0-next.0"))
	dir := t.TempDir()
	cfg := Config{BaseURL: host.URL, CacheDir: dir}
	fill := func() {
		s := source(t, cfg)
		get(t, s, mainBranch)
		get(t, s, "1.9.0")
		if _, err := s.YarnPlugin(context.Background(), "1.11.0"); err != nil {
			t.Fatal(err)
		}
	}
	fill()
	for name, damage := range map[string]string{
		"empty": "", "cut": manifest("1.9.0")[:50], "other": manifest("1.2.3"), "html": "<html>", "line without manifest": `{"etag":"x","fetched":"2026-01-01T00:00:00Z"}`,
		"line without time": `{"etag":"x","manifest":` + manifest("1.11.0") + `}`, "large": strings.Repeat(" ", 2*maxManifest+1),
	} {
		for _, rel := range cacheFiles(t, dir) {
			path, _ := filepath.Glob(filepath.Join(dir, "*", filepath.FromSlash(rel)))
			if err := os.WriteFile(path[0], []byte(damage), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		host.asked()
		fill()
		want := []string{"/v1/tags/main/manifest.json", "/v1/releases/1.9.0/manifest.json", "/v1/releases/1.11.0/yarn-plugin"}
		if diff := cmp.Diff(want, host.asked()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if m := get(t, source(t, Config{BaseURL: host.URL, CacheDir: dir, Offline: true}), mainBranch); m.ReleaseVersion != "1.11.0" {
			t.Errorf("%s: not repaired: %+v", name, m)
		}
	}
}

func TestBasesAreApart(t *testing.T) {
	one := newFakeHost(t, map[string]string{"v1/releases/1.777.0/manifest.json": manifest("1.777.0")})
	dir := t.TempDir()
	get(t, source(t, Config{BaseURL: one.URL, CacheDir: dir}), "1.777.0")
	for base, want := range map[string]bool{
		one.URL + "/": true,
		strings.Replace(one.URL, "http://", "http://u:p@", 1): true,
		one.URL + "/mirror": false,
		strings.Replace(one.URL, "http://", "https://", 1):           false,
		strings.Replace(one.URL, "127.0.0.1", "versions.example", 1): false,
	} {
		_, err := source(t, Config{BaseURL: base, CacheDir: dir, Offline: true}).Get(context.Background(), "1.777.0")
		if (err == nil) != want {
			t.Errorf("%s: in the cache: %v, want %v", base, err == nil, want)
		}
	}
}

func TestUnwritableCache(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	host := newFakeHost(t, lines("1.11.0", "1.12.0-next.0"))
	s := source(t, Config{BaseURL: host.URL, CacheDir: file})
	get(t, s, nextBranch)
	if got := s.Known(context.Background()); len(got) != 2 {
		t.Errorf("known: %q", got)
	}
}

func TestNoTempFilesAreLeft(t *testing.T) {
	dir := t.TempDir()
	c := newCache(dir, "https://h")
	if err := os.MkdirAll(filepath.Join(c.dir, "releases", "1.0.0.json", "in the way"), 0o755); err != nil {
		t.Fatal(err)
	}
	c.save("1.0.0.json", []byte("x"))
	if got := cacheFiles(t, dir); len(got) > 0 {
		t.Errorf("left: %q", got)
	}
}
