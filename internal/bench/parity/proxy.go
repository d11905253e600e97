package parity

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Proxy is a registry on loopback that records another one. Addresses of
// tarballs in its answers point to itself.
type Proxy struct {
	// URL is where it listens, without a slash at the end.
	URL      string
	upstream string
	dir      string
	client   *http.Client
	slots    chan struct{}
	server   *httptest.Server

	mu     sync.Mutex
	locks  map[string]*sync.Mutex
	missed map[string]int // path to status, of what the registry does not have

	release map[string]string // see StandIn
	nearest map[string]string // name@version to the version that stands in
}

// StartProxy records upstream (a URL) into dir.
func StartProxy(upstream, dir string) *Proxy {
	sum := sha256.Sum256([]byte(upstream))
	p := &Proxy{
		upstream: strings.TrimSuffix(upstream, "/"), dir: filepath.Join(dir, hex.EncodeToString(sum[:4])),
		client: &http.Client{Timeout: 2 * time.Minute}, slots: make(chan struct{}, 12),
		locks: map[string]*sync.Mutex{}, missed: map[string]int{},
	}
	p.server = httptest.NewServer(p)
	p.URL = p.server.URL
	return p
}

// Close stops the proxy.
func (p *Proxy) Close() { p.server.Close() }

// Missed are the paths that the registry answered with an error, since the
// last call.
func (p *Proxy) Missed() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.missed
	p.missed = map[string]int{}
	return m
}

// ServeHTTP answers from the recording, or asks upstream first.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.EscapedPath()
	if r.Method != http.MethodGet || strings.Contains(path, "..") {
		http.Error(w, "only GET", http.StatusMethodNotAllowed)
		return
	}
	body, status, err := p.standInTarball(r.Context(), path)
	p.mu.Lock()
	if status != http.StatusOK {
		p.missed[path] = status
	}
	p.mu.Unlock()
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	if status == http.StatusOK && isPackument(path) {
		w.Header().Set("Content-Type", "application/json")
		body = p.rewrite(p.addMissing(path, body))
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// get is the recorded answer for path.
func (p *Proxy) get(ctx context.Context, path string) ([]byte, int, error) {
	file := filepath.Join(p.dir, strings.ReplaceAll(url.PathEscape(strings.TrimPrefix(path, "/")), "%", "="))
	p.mu.Lock()
	lock := p.locks[file]
	if lock == nil {
		lock = &sync.Mutex{}
		p.locks[file] = lock
	}
	p.mu.Unlock()
	lock.Lock()
	defer lock.Unlock()
	if body, err := os.ReadFile(file); err == nil {
		return body, http.StatusOK, nil
	}
	if _, err := os.Stat(file + ".404"); err == nil {
		return nil, http.StatusNotFound, nil
	}
	body, status, err := p.ask(ctx, path)
	if err != nil {
		return nil, 0, err
	}
	switch status {
	case http.StatusOK:
		err = record(file, body)
	case http.StatusNotFound, http.StatusForbidden, http.StatusGone, http.StatusUnavailableForLegalReasons:
		status, err = http.StatusNotFound, record(file+".404", nil)
	}
	return body, status, err
}

// ask forwards a request, again if the registry is busy.
func (p *Proxy) ask(ctx context.Context, path string) (body []byte, status int, err error) {
	p.slots <- struct{}{}
	defer func() { <-p.slots }()
	for try := range 5 {
		if try > 0 {
			time.Sleep(time.Duration(try) * time.Second)
		}
		req, err := http.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodGet, p.upstream+path, nil)
		if err != nil {
			return nil, 0, err
		}
		res, err := p.client.Do(req)
		if err != nil {
			continue
		}
		body, err = io.ReadAll(res.Body)
		_ = res.Body.Close()
		if status = res.StatusCode; err == nil && status < 500 && status != http.StatusTooManyRequests {
			return body, status, nil
		}
	}
	return nil, 0, errors.New("the registry does not answer for " + path)
}

func record(file string, body []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	tmp := fmt.Sprintf("%s.%d.tmp", file, os.Getpid())
	if err := os.WriteFile(tmp, body, 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, file)
}

// tarballMember is a tarball address in a packument, however it is spaced.
var tarballMember = regexp.MustCompile(`"tarball"\s*:\s*"([^"\\]*)"`)

// rewrite makes tarball addresses point here: whatever the host, what counts
// is the path.
func (p *Proxy) rewrite(body []byte) []byte {
	return tarballMember.ReplaceAllFunc(body, func(member []byte) []byte {
		return []byte(`"tarball":"` + p.local(string(tarballMember.FindSubmatch(member)[1])) + `"`)
	})
}

func (p *Proxy) local(address string) string {
	if rest, ok := strings.CutPrefix(address, p.upstream); ok {
		return p.URL + rest
	}
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return p.URL + u.EscapedPath()
}
