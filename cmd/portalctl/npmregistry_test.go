package main

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
)

// npmRegistry is an npm registry on loopback: packuments and tarballs with the
// right integrity, and faults that can be switched on for a path.
type npmRegistry struct {
	*httptest.Server
	mu     sync.Mutex
	packs  map[string]map[string]map[string]any // name → version → manifest
	tgz    map[string][]byte                    // by path
	faults map[string]*npmFault
	seen   []*http.Request
}

// npmFault answers in the registry's place, times times (for good if negative).
type npmFault struct {
	times int
	do    http.HandlerFunc
}

func newNPMRegistry(t testing.TB) *npmRegistry {
	t.Helper()
	r := &npmRegistry{packs: map[string]map[string]map[string]any{}, tgz: map[string][]byte{}, faults: map[string]*npmFault{}}
	r.Server = httptest.NewServer(http.HandlerFunc(r.serve))
	t.Cleanup(r.Close)
	return r
}

// publish adds a version: "name@version" and the ranges that it depends on,
// "name@range". Its tarball holds what npm would pack, and more files if given.
func (r *npmRegistry) publish(id string, deps ...string) {
	name, version := splitID(id)
	m := map[string]any{"name": name, "version": version}
	if len(deps) > 0 {
		m["dependencies"] = depMap(deps)
	}
	r.publishAs(m, npmTarball(m))
}

// publishAs adds a version whose tarball is given.
func (r *npmRegistry) publishAs(m map[string]any, tgz []byte) {
	name, version := m["name"].(string), m["version"].(string)
	path := tarballPath(name, version)
	m["dist"] = map[string]any{"tarball": r.URL + path, "integrity": integrityOf(tgz)}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.packs[name] == nil {
		r.packs[name] = map[string]map[string]any{}
	}
	r.packs[name][version] = m
	r.tgz[path] = tgz
}

// dist changes what the packument says of a tarball; nil takes a field away.
func (r *npmRegistry) dist(id, field string, value any) {
	name, version := splitID(id)
	r.mu.Lock()
	defer r.mu.Unlock()
	dist := r.packs[name][version]["dist"].(map[string]any)
	if dist[field] = value; value == nil {
		delete(dist, field)
	}
}

// fail answers the next times requests for path with do; a negative number is
// all of them.
func (r *npmRegistry) fail(path string, times int, do http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults[path] = &npmFault{times, do}
}

// heal ends all faults and forgets what was asked.
func (r *npmRegistry) heal() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.faults)
	r.seen = nil
}

// asked are the requests so far whose path starts with prefix.
func (r *npmRegistry) asked(prefix string) []*http.Request {
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

func (r *npmRegistry) serve(w http.ResponseWriter, req *http.Request) {
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

// packument is nil for a package that was never published.
func (r *npmRegistry) packument(name string) []byte {
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

func depMap(deps []string) map[string]string {
	m := map[string]string{}
	for _, d := range deps {
		at := 1 + strings.IndexByte(d[1:], '@') // the range of an alias has another one
		m[d[:at]] = d[at+1:]
	}
	return m
}

func tarballPath(name, version string) string {
	base := name[strings.LastIndexByte(name, '/')+1:]
	return "/" + name + "/-/" + base + "-" + version + ".tgz"
}

func integrityOf(tgz []byte) string {
	sum := sha512.Sum512(tgz)
	return "sha512-" + base64.StdEncoding.EncodeToString(sum[:])
}

// npmTarball is what `npm pack` would make of a package of two files. The
// manifest in it lacks dist, so that a lock's checksum depends on the package
// alone.
func npmTarball(manifest map[string]any) []byte {
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
	return tarballOf(
		tarFile{"package/package.json", string(pkg)},
		tarFile{"package/index.js", fmt.Sprintf("module.exports = %q;\n", manifest["name"])},
	)
}

// tarFile is a file in a tarball; a name with a slash at the end is a folder.
type tarFile struct{ name, text string }

func tarballOf(files ...tarFile) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, f := range files {
		h := &tar.Header{Name: f.name, Mode: 0o644, Size: int64(len(f.text)), ModTime: time.Unix(499162500, 0), Format: tar.FormatPAX}
		if err := w.WriteHeader(h); err != nil {
			panic(err)
		}
		if _, err := w.Write([]byte(f.text)); err != nil {
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

// folderRegistry serves packuments from files, with what they leave out: where
// each version's tarball is, what it hashes to, and when it was published.
type folderRegistry struct{ dir, url string }

func (f *folderRegistry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	path, err := url.PathUnescape(strings.TrimPrefix(req.URL.EscapedPath(), "/"))
	if err != nil || strings.Contains(path, "..") {
		http.Error(w, "bad name", http.StatusBadRequest)
		return
	}
	name, file, tarball := strings.Cut(path, "/-/")
	src, err := os.ReadFile(filepath.Join(f.dir, strings.ReplaceAll(name, "/", "__")+".json"))
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
		tgz, at := npmTarball(m), tarballPath(name, version)
		if tarball && strings.HasSuffix(at, "/-/"+file) {
			w.Header().Set("Content-Type", "application/octet-stream")
			_, _ = w.Write(tgz)
			return
		}
		m["dist"] = map[string]any{"tarball": f.url + at, "integrity": integrityOf(tgz)}
	}
	if tarball {
		http.Error(w, "no such tarball", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(doc)
}

// Faults.

// status answers with a status and headers: "Retry-After: 1".
func status(code int, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for _, h := range headers {
			k, v, _ := strings.Cut(h, ": ")
			w.Header().Set(k, v)
		}
		w.WriteHeader(code)
	}
}

// body answers 200 with a content type and a text.
func body(contentType, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write([]byte(text))
	}
}

// cut announces all of text and closes the connection half-way.
func cut(contentType, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Content-Length", fmt.Sprint(len(text)))
		_, _ = w.Write([]byte(text[:len(text)/2]))
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
}

// stall sends half of text and then nothing until the client gives up.
func stall(contentType, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Content-Length", fmt.Sprint(len(text)))
		_, _ = w.Write([]byte(text[:len(text)/2]))
		w.(http.Flusher).Flush()
		<-req.Context().Done()
	}
}

// dribble sends text in pieces, each well before a client's timeout.
func dribble(contentType, text string, pause time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Content-Length", fmt.Sprint(len(text)))
		for piece := max(len(text)/8, 1); text != ""; {
			n := min(piece, len(text))
			_, _ = w.Write([]byte(text[:n]))
			w.(http.Flusher).Flush()
			text = text[n:]
			time.Sleep(pause)
		}
	}
}

// redirect sends the client to an address, or a path of the same host.
func redirect(to string) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) { http.Redirect(w, req, to, http.StatusFound) }
}
