// Package npmregistry is an npm registry on loopback, for tests.
package npmregistry

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portalctl/portalctl/internal/httpfetch"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// Registry is an npm registry on loopback: packuments and tarballs with the
// right integrity, and faults that can be switched on for a path.
type Registry struct {
	*httptest.Server
	mu     sync.Mutex
	packs  map[string]map[string]map[string]any // name → version → manifest
	tgz    map[string][]byte                    // by path
	faults map[string]*fault
	seen   []*http.Request
}

// fault answers in the registry's place, times times (for good if negative).
type fault struct {
	times int
	do    http.HandlerFunc
}

// New starts a registry that has nothing, and ends it with the test.
func New(t testing.TB) *Registry {
	t.Helper()
	r := &Registry{packs: map[string]map[string]map[string]any{}, tgz: map[string][]byte{}, faults: map[string]*fault{}}
	r.Server = httptest.NewServer(http.HandlerFunc(r.serve))
	t.Cleanup(r.Close)
	return r
}

// Client asks this registry as a portal does that names it and sets nothing else.
// What config says holds.
func (r *Registry) Client(t testing.TB, config registry.Config) *registry.Client {
	t.Helper()
	if config.Settings == nil {
		config.Settings = r.Settings(t)
	}
	if config.HTTP == nil {
		config.HTTP = httpfetch.New(httpfetch.Config{})
	}
	c, err := registry.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Settings are those of a portal that names this registry.
func (r *Registry) Settings(t testing.TB) *yarnrc.Settings {
	t.Helper()
	settings, err := yarnrc.Load(t.TempDir(), []string{"YARN_NPM_REGISTRY_SERVER=" + r.URL, "YARN_UNSAFE_HTTP_WHITELIST=127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	return settings
}

// Publish adds a version: "name@version" and the ranges that it depends on,
// "name@range". Its tarball holds what npm would pack, and more files if given.
func (r *Registry) Publish(id string, deps ...string) {
	name, version := splitID(id)
	m := map[string]any{"name": name, "version": version}
	if len(deps) > 0 {
		m["dependencies"] = Dependencies(deps)
	}
	r.PublishAs(m, Pack(m))
}

// PublishAs adds a version whose tarball is given.
func (r *Registry) PublishAs(m map[string]any, tgz []byte) {
	name, version := m["name"].(string), m["version"].(string)
	path := tarballPath(name, version)
	m["dist"] = map[string]any{"tarball": r.URL + path, "integrity": Integrity(tgz)}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.packs[name] == nil {
		r.packs[name] = map[string]map[string]any{}
	}
	r.packs[name][version] = m
	r.tgz[path] = tgz
}

// Dist changes what the packument says of a tarball; nil takes a field away.
func (r *Registry) Dist(id, field string, value any) {
	name, version := splitID(id)
	r.mu.Lock()
	defer r.mu.Unlock()
	dist := r.packs[name][version]["dist"].(map[string]any)
	if dist[field] = value; value == nil {
		delete(dist, field)
	}
}

// Fail answers the next times requests for path with do; a negative number is
// all of them.
func (r *Registry) Fail(path string, times int, do http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults[path] = &fault{times, do}
}

// Heal ends all faults and forgets what was asked.
func (r *Registry) Heal() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.faults)
	r.seen = nil
}

// Asked are the requests so far whose path starts with prefix.
func (r *Registry) Asked(prefix string) []*http.Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []*http.Request
	for _, req := range r.seen {
		if strings.HasPrefix(req.URL.Path, prefix) {
			out = append(out, req)
		}
	}
	return out
}

func (r *Registry) serve(w http.ResponseWriter, req *http.Request) {
	path, _ := url.PathUnescape(req.URL.EscapedPath())
	r.mu.Lock()
	r.seen = append(r.seen, req)
	f := r.faults[path]
	if f != nil && f.times == 0 {
		f = nil
	} else if f != nil {
		f.times--
	}
	tgz, isTarball := r.tgz[path]
	pack := r.packument(strings.TrimPrefix(path, "/"))
	r.mu.Unlock()
	switch {
	case f != nil:
		f.do(w, req)
	case isTarball:
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = w.Write(tgz)
	case pack != nil:
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(pack)
	default:
		http.Error(w, `{"error":"not_found"}`, http.StatusNotFound)
	}
}

// Served is the tarball at a path, nil for none.
func (r *Registry) Served(path string) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tgz[path]
}

// DistOf is what the packument says of a version's tarball.
func (r *Registry) DistOf(id string) map[string]any {
	name, version := splitID(id)
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.packs[name][version]["dist"].(map[string]any)
}

// Packument is what is served for a package, nil for one that was never published.
func (r *Registry) Packument(name string) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.packument(name)
}

// packument is nil for a package that was never published.
func (r *Registry) packument(name string) []byte {
	versions := r.packs[name]
	if versions == nil {
		return nil
	}
	latest, times := "", map[string]string{}
	for v := range versions {
		latest = max(latest, v)
		times[v] = "2020-01-02T03:04:05.000Z"
	}
	raw, err := json.Marshal(map[string]any{
		"name": name, "dist-tags": map[string]string{"latest": latest}, "versions": versions, "time": times,
	})
	if err != nil {
		panic(err)
	}
	return raw
}

// splitID splits name@version; the name may have a scope.
func splitID(id string) (name, version string) {
	at := strings.LastIndexByte(id, '@')
	return id[:at], id[at+1:]
}

// Dependencies is what a manifest has for "name@range"s.
func Dependencies(deps []string) map[string]string {
	m := map[string]string{}
	for _, d := range deps {
		at := 1 + strings.IndexByte(d[1:], '@') // the range of an alias has another one
		m[d[:at]] = d[at+1:]
	}
	return m
}

// tarballPath is where a registry has a version's tarball.
func tarballPath(name, version string) string {
	base := name[strings.LastIndexByte(name, '/')+1:]
	return "/" + name + "/-/" + base + "-" + version + ".tgz"
}

// Integrity is what a packument and Yarn 1's locks say of a tarball.
func Integrity(tgz []byte) string {
	sum := sha512.Sum512(tgz)
	return "sha512-" + base64.StdEncoding.EncodeToString(sum[:])
}

// Pack is what `npm pack` would make of a package of two files. The
// manifest in it lacks dist, so that a lock's checksum depends on the package
// alone.
func Pack(manifest map[string]any, more ...File) []byte {
	inner := map[string]any{}
	for k, v := range manifest {
		if k != "dist" {
			inner[k] = v
		}
	}
	pkg, err := json.MarshalIndent(inner, "", "  ")
	if err != nil {
		panic(err)
	}
	return Tarball(append([]File{
		{"package/package.json", string(pkg)},
		{"package/index.js", fmt.Sprintf("module.exports = %q;\n", manifest["name"])},
	}, more...)...)
}

// File is a file in a tarball, name and text; a name with a slash at the end is a folder.
type File [2]string

// Tarball is a gzipped tar of files, the same for the same files.
func Tarball(files ...File) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, f := range files {
		h := &tar.Header{Name: f[0], Mode: 0o644, Size: int64(len(f[1])), ModTime: time.Unix(499162500, 0), Format: tar.FormatPAX}
		if err := w.WriteHeader(h); err != nil {
			panic(err)
		}
		if _, err := w.Write([]byte(f[1])); err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// Folder serves packuments from files, with what they leave out: where
// each version's tarball is, what it hashes to, and when it was published. A version's
// own document is what the packument has of it; one that signs has a file of its own
// (NAME__VERSION.json), and so have keys (-__npm__v1__keys.json) and attestations.
type Folder struct {
	// Dir has NAME.json, a scope's slash a double underscore; URL is our own.
	Dir, URL string
}

func (f *Folder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	path, err := url.PathUnescape(strings.TrimPrefix(req.URL.EscapedPath(), "/"))
	if err != nil || strings.Contains(path, "..") {
		http.Error(w, "bad name", http.StatusBadRequest)
		return
	}
	name, file, tarball := strings.Cut(path, "/-/")
	src, err := f.read(name)
	version := "" // of a version's own document
	if i := strings.LastIndexByte(name, '/'); err != nil && i > 0 && !tarball {
		version = name[i+1:]
		name = name[:i]
		src, err = f.read(name)
	}
	if err != nil {
		http.Error(w, `{"error":"not_found"}`, http.StatusNotFound)
		return
	}
	var doc map[string]any
	if err := json.Unmarshal(src, &doc); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	versions, _ := doc["versions"].(map[string]any)
	if doc["time"] == nil {
		times := map[string]string{}
		for version := range versions {
			times[version] = "2020-01-02T03:04:05.000Z"
		}
		doc["time"] = times
	}
	for version, v := range versions {
		m, _ := v.(map[string]any)
		if m == nil || m["dist"] != nil {
			continue
		}
		tgz, at := Pack(m, f.files(name, version)...), tarballPath(name, version)
		if tarball && strings.HasSuffix(at, "/-/"+file) {
			w.Header().Set("Content-Type", "application/octet-stream")
			_, _ = w.Write(tgz)
			return
		}
		m["dist"] = map[string]any{"tarball": f.URL + at, "integrity": Integrity(tgz)}
	}
	if tarball {
		http.Error(w, "no such tarball", http.StatusNotFound)
		return
	}
	var answer any = doc
	if version != "" {
		if answer = versions[version]; answer == nil {
			http.Error(w, `{"error":"not_found"}`, http.StatusNotFound)
			return
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

func (f *Folder) read(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join(f.Dir, strings.ReplaceAll(name, "/", "__")+".json"))
}

// files are what the folder NAME@VERSION adds to a tarball.
func (f *Folder) files(name, version string) (out []File) {
	dir := filepath.Join(f.Dir, strings.ReplaceAll(name, "/", "__")+"@"+version)
	_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		src, err := os.ReadFile(path)
		if rel, rerr := filepath.Rel(dir, path); err == nil && rerr == nil {
			out = append(out, File{"package/" + filepath.ToSlash(rel), string(src)})
		}
		return nil
	})
	return out
}
