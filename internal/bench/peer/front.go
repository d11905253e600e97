package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/portalctl/portalctl/internal/bench/parity"
)

// front is the registry that both tools ask: the recording proxy of package
// parity, with what a real registry has besides: a latency, compression, and
// ETags, without which a warm cache would be of no use to either. Answers are
// kept in memory, so that a run measures the tools and not the recording.
type front struct {
	latency time.Duration
	proxy   *parity.Proxy
	server  *httptest.Server

	mu      sync.Mutex
	answers map[string]*answer
	count   int
}

// answer is what the proxy said to a path.
type answer struct {
	once   sync.Once
	status int
	header http.Header
	etag   string
	body   []byte // gzip if packed
	packed bool
}

// startFront records npm's configured registry below dir.
func startFront(ctx context.Context, dir string, latency time.Duration) (*front, error) {
	registry, err := parity.Registry(ctx)
	if err != nil {
		return nil, err
	}
	f := &front{latency: latency, proxy: parity.StartProxy(registry, filepath.Join(dir, "recorded")), answers: map[string]*answer{}}
	f.server = httptest.NewServer(f)
	return f, nil
}

func (f *front) close() {
	f.server.Close()
	f.proxy.Close()
}

// standIn has the proxy serve a release's versions that the registry lacks, in
// the shape of the nearest that it has. What was answered so far is forgotten.
func (f *front) standIn(release map[string]string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.proxy.StandIn(release)
	f.answers = map[string]*answer{}
}

// requests is how many were answered since the last call.
func (f *front) requests() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.count
	f.count = 0
	return n
}

// ServeHTTP answers after the latency.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.EscapedPath()
	f.mu.Lock()
	f.count++
	a := f.answers[path]
	if a == nil {
		a = &answer{}
		f.answers[path] = a
	}
	f.mu.Unlock()
	time.Sleep(f.latency)
	a.once.Do(func() { f.ask(a, r) })
	for key, values := range a.header {
		w.Header()[key] = values
	}
	if a.status == http.StatusOK {
		w.Header().Set("ETag", a.etag)
		if r.Header.Get("If-None-Match") == a.etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	body := a.body
	if a.packed {
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			w.Header().Set("Content-Encoding", "gzip")
		} else if z, err := gzip.NewReader(bytes.NewReader(a.body)); err == nil {
			body, _ = io.ReadAll(z)
		}
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(body)
}

// ask has the proxy answer once.
func (f *front) ask(a *answer, r *http.Request) {
	rec := httptest.NewRecorder()
	f.proxy.ServeHTTP(rec, r.WithContext(context.WithoutCancel(r.Context())))
	a.status, a.header, a.body = rec.Code, rec.Header(), rec.Body.Bytes()
	sum := sha256.Sum256(a.body)
	a.etag = `"` + hex.EncodeToString(sum[:12]) + `"`
	if strings.Contains(r.URL.Path, "/-/") || a.status != http.StatusOK {
		return
	}
	a.body = bytes.ReplaceAll(a.body, []byte(f.proxy.URL+"/"), []byte(f.server.URL+"/"))
	var packed bytes.Buffer
	z, _ := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	_, _ = z.Write(a.body)
	_ = z.Close()
	a.body, a.packed = packed.Bytes(), true
}
