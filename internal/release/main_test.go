package release

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/httpfetch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// manifest is a small valid manifest of a release.
func manifest(version string) string {
	return fmt.Sprintf(`{"releaseVersion": %q, "packages": [
 {"name": "@backstage/core", "version": "1.2.3"},
 {"name": "@techdocs/cli", "version": "1.9.0-next.1"}
]}`, version)
}

const pluginCode = `/* eslint-disable */
//prettier-ignore
module.exports = {
name: "@yarnpkg/plugin-backstage",
factory: function (require) {}
};
`

// fakeHost is a versions host whose files a test can change.
type fakeHost struct {
	*httptest.Server
	mu       sync.Mutex
	files    map[string]string
	status   int // if set, every answer
	requests []string
	noETag   bool
}

func newFakeHost(t *testing.T, files map[string]string) *fakeHost {
	t.Helper()
	h := &fakeHost{files: map[string]string{}}
	for path, body := range files {
		h.files["/"+path] = body
	}
	h.Server = httptest.NewServer(h)
	t.Cleanup(h.Close)
	return h
}

func (h *fakeHost) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.requests = append(h.requests, r.URL.Path)
	body, ok := h.files[r.URL.Path]
	etag := fmt.Sprintf("%q", fmt.Sprint(len(body), body[:min(len(body), 40)]))
	switch {
	case h.status != 0:
		w.WriteHeader(h.status)
	case !ok:
		http.NotFound(w, r)
	case !h.noETag && r.Header.Get("If-None-Match") == etag:
		w.WriteHeader(http.StatusNotModified)
	default:
		if !h.noETag {
			w.Header().Set("ETag", etag)
		}
		w.Write([]byte(body))
	}
}

func (h *fakeHost) set(path, body string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.files["/"+path] = body
}

func (h *fakeHost) fail(status int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.status = status
}

// asked is what was requested since the last call.
func (h *fakeHost) asked() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := h.requests
	h.requests = nil
	return out
}

// clock is the time of tests.
var clock = time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)

func client(t *testing.T, cfg httpfetch.Config) *httpfetch.Client {
	t.Helper()
	cfg.Retries, cfg.MinWait, cfg.MaxWait = 1, time.Millisecond, time.Millisecond
	c := httpfetch.New(cfg)
	t.Cleanup(c.CloseIdle)
	return c
}

// source makes a fresh Source, as a new process would.
func source(t *testing.T, cfg Config) *Source {
	t.Helper()
	if cfg.HTTP == nil {
		cfg.HTTP = client(t, httpfetch.Config{})
	}
	if cfg.Now == nil {
		cfg.Now = func() time.Time { return clock }
	}
	s, err := NewSource(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func get(t *testing.T, s *Source, which string) *Manifest {
	t.Helper()
	m, err := s.Get(context.Background(), which)
	if err != nil {
		t.Fatalf("Get(%q): %v", which, err)
	}
	return m
}

func wantFault(t *testing.T, err error, texts ...string) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || fault.NextOf(err) == "" {
		t.Fatalf("got %v (%T), want a *fault.Error with a next step", err, err)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error()+"\n"+fault.NextOf(err), text) {
			t.Errorf("%q (next: %q) does not contain %q", err, fault.NextOf(err), text)
		}
	}
}

// mirror writes files below a temporary folder and returns its file URL.
func mirror(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for rel, body := range files {
		path := filepath.Join(dir, filepath.FromSlash(rel))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(body), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return fileURL(dir)
}

func fileURL(dir string) string {
	p := filepath.ToSlash(dir)
	if !strings.HasPrefix(p, "/") {
		p = "/" + p
	}
	return "file://" + p
}
