package published

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/portalctl/portalctl/internal/httpfetch"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// npm is a registry with the versions of one package.
type npm struct {
	*httptest.Server
	versions map[string][]byte // tarballs
	tarballs atomic.Int64      // that were asked for
	broken   atomic.Bool       // tarballs end half-way
}

const name = "@backstage/lib"

func serve(t *testing.T, versions map[string]map[string]string) *npm {
	t.Helper()
	n := &npm{versions: map[string][]byte{}}
	for v, files := range versions {
		n.versions[v] = pack(t, files)
	}
	n.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if version, ok := strings.CutPrefix(r.URL.Path, "/t/"); ok {
			n.tarballs.Add(1)
			src := n.versions[version]
			if n.broken.Load() {
				src = src[:len(src)/2]
			}
			_, _ = w.Write(src)
			return
		}
		list := map[string]any{}
		for v, tgz := range n.versions {
			sum := sha512.Sum512(tgz)
			list[v] = map[string]any{"name": name, "version": v, "dist": map[string]string{
				"tarball": n.URL + "/t/" + v, "integrity": "sha512-" + base64.StdEncoding.EncodeToString(sum[:])}}
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"name": name, "dist-tags": map[string]string{}, "versions": list})
	}))
	t.Cleanup(n.Close)
	return n
}

func pack(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for name, text := range files {
		if err := errors.Join(w.WriteHeader(&tar.Header{Name: "package/" + name, Size: int64(len(text)), Mode: 0o644})); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func (n *npm) reader(t *testing.T, cache string, offline bool) *Reader {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, ".yarnrc.yml"), []byte("npmRegistryServer: "+n.URL+"\nunsafeHttpWhitelist: [\"127.0.0.1\"]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	settings, err := yarnrc.Load(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	http := httpfetch.New(httpfetch.Config{Retries: -1})
	t.Cleanup(http.CloseIdle)
	reg, err := registry.New(registry.Config{Settings: settings, HTTP: http, CacheDir: filepath.Join(cache, "registry"), Offline: offline})
	if err != nil {
		t.Fatal(err)
	}
	return &Reader{Registry: reg, CacheDir: filepath.Join(cache, "published")}
}

var lib = map[string]string{
	"package.json": `{"exports":{".":{"types":"./index.d.ts"}}}`, "index.d.ts": "export declare const a: 1;",
	"CHANGELOG.md": "## 1.1.0\n\n- aaaaaaa: A\n\n## 1.1.0-next.0\n\n- aaaaaaa: A\n\n## 1.0.0\n\n- bbbbbbb: B\n",
}

// What was read once is not fetched again, and is there without a network; a
// version that the registry lacks is read at the nearest above.
func TestRead(t *testing.T) {
	t.Parallel()
	n := serve(t, map[string]map[string]string{"1.1.0": lib, "1.2.0-next.0": lib, "2.0.0": lib})
	cache := t.TempDir()
	check := func(r *Reader, version, want string) {
		t.Helper()
		f, err := r.Read(context.Background(), name, version)
		if err != nil {
			t.Fatal(err)
		}
		if f.Version != want || len(f.Changes) != 2 || f.Types == nil || len(f.Types.Modules["."].Names) != 1 || f.NoChanges+f.NoTypes != "" {
			t.Errorf("%s: %+v", version, f)
		}
	}
	r := n.reader(t, cache, false)
	check(r, "1.1.0", "1.1.0")
	check(r, "1.1.0", "1.1.0")
	check(r, "1.0.5", "1.1.0")
	check(n.reader(t, cache, false), "1.1.0", "1.1.0")
	if got := n.tarballs.Load(); got != 1 {
		t.Errorf("%d tarballs were fetched", got)
	}
	check(r, "1.1.1", "2.0.0")
	check(r, "1.1.1-next.0", "1.2.0-next.0")
	check(n.reader(t, cache, true), "1.1.0", "1.1.0")
	if _, err := n.reader(t, t.TempDir(), true).Read(context.Background(), name, "1.1.0"); !errors.Is(err, registry.ErrOffline) {
		t.Error(err)
	}
	if _, err := r.Read(context.Background(), name, "2.0.1"); !errors.Is(err, ErrNoVersion) {
		t.Error(err)
	}
	if _, err := r.Read(context.Background(), name, "x"); !errors.Is(err, ErrNoVersion) {
		t.Error(err)
	}
}

// A cache that is damaged, or of another format, is as good as none.
func TestDamagedCache(t *testing.T) {
	t.Parallel()
	n := serve(t, map[string]map[string]string{"1.1.0": lib})
	cache := t.TempDir()
	read := func() {
		t.Helper()
		f, err := n.reader(t, cache, false).Read(context.Background(), name, "1.1.0")
		if err != nil || len(f.Changes) != 2 {
			t.Fatal(f, err)
		}
	}
	read()
	files, err := filepath.Glob(filepath.Join(cache, "published", "*"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	whole, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for i, damaged := range [][]byte{nil, whole[:len(whole)/2], []byte("portalctl facts 0\n"), append([]byte(strings.SplitAfter(string(whole), "\n")[0]+strings.SplitAfter(string(whole), "\n")[1]), 0xff, 0xff)} {
		if err := os.WriteFile(files[0], damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		read()
		if got := n.tarballs.Load(); got != int64(i)+2 {
			t.Errorf("damage %d: %d tarballs were fetched", i, got)
		}
	}
}

// What a package lacks is said; what breaks off is an error and not kept.
func TestLacking(t *testing.T) {
	t.Parallel()
	n := serve(t, map[string]map[string]string{"1.0.0": {"package.json": `{"types":"x.d.ts"}`}, "1.1.0": {"CHANGELOG.md": "nothing"}, "1.2.0": lib})
	r := n.reader(t, t.TempDir(), false)
	for version, want := range map[string][2]string{
		"1.0.0": {"without a CHANGELOG.md", ""},
		"1.1.0": {"no version that could be read", "package.json cannot be read"},
	} {
		f, err := r.Read(context.Background(), name, version)
		if err != nil || !strings.Contains(f.NoChanges, want[0]) || !strings.Contains(f.NoTypes, want[1]) || (want[1] == "") != (f.NoTypes == "") {
			t.Errorf("%s: %+v, %v", version, f, err)
		}
	}
	n.broken.Store(true)
	if f, err := r.Read(context.Background(), name, "1.2.0"); err == nil {
		t.Errorf("%+v", f)
	}
	n.broken.Store(false)
	if f, err := r.Read(context.Background(), name, "1.2.0"); err != nil || len(f.Changes) != 2 {
		t.Error(f, err)
	}
}
