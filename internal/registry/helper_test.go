package registry

import (
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
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

	"github.com/portalctl/portalctl/internal/httpfetch"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake is a registry that records what it is asked.
type fake struct {
	*httptest.Server
	mu       sync.Mutex
	requests []*http.Request
}

// serve starts a registry. handle gets the path as it was sent.
func serve(t *testing.T, handle func(w http.ResponseWriter, r *http.Request, path string)) *fake {
	t.Helper()
	f := &fake{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		f.requests = append(f.requests, r.Clone(r.Context()))
		f.mu.Unlock()
		handle(w, r, r.URL.EscapedPath())
	}))
	t.Cleanup(f.Close)
	return f
}

// static answers every request with a packument.
func static(t *testing.T, doc string) *fake {
	return serve(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, doc)
	})
}

func (f *fake) seen() []*http.Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]*http.Request(nil), f.requests...)
}

func (f *fake) paths() string {
	var out []string
	for _, r := range f.seen() {
		out = append(out, r.URL.EscapedPath())
	}
	return strings.Join(out, " ")
}

// options are what a test changes of a client.
type options struct {
	rc    string // more of .yarnrc.yml
	npmrc string
	http  httpfetch.Config
	cfg   Config
}

// client talks to registry; nothing of the machine's settings is read.
func client(t *testing.T, registry string, o options) *Client {
	t.Helper()
	dir := t.TempDir()
	rc := "npmRegistryServer: " + registry + "\n" + o.rc
	if registry == "" {
		rc = o.rc
	}
	for name, text := range map[string]string{".yarnrc.yml": rc, ".npmrc": o.npmrc} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	settings, err := yarnrc.Load(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if o.http.MinWait == 0 {
		o.http.MinWait, o.http.MaxWait = time.Millisecond, 5*time.Millisecond
	}
	o.cfg.Settings, o.cfg.HTTP = settings, httpfetch.New(o.http)
	t.Cleanup(o.cfg.HTTP.CloseIdle)
	c, err := New(o.cfg)
	if err != nil {
		t.Fatal(err)
	}
	c.wait = time.Millisecond
	return c
}

func sri(data []byte) string {
	sum := sha512.Sum512(data)
	return "sha512-" + base64.StdEncoding.EncodeToString(sum[:])
}

func gzipped(s string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(s))
	_ = z.Close()
	return b.Bytes()
}

// doc is a packument with n versions that resemble each other.
func doc(name string, n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"_id":%q,"name":%q,"dist-tags":{"latest":"1.%d.0"},"readme":%q,"versions":{`, name, name, n-1, strings.Repeat("# read \"me\"\\\n", 1000))
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"1.%d.0":{"name":%q,"version":"1.%d.0","readme":"long","devDependencies":{"d":"1"},"dependencies":{"left-pad":"^1.%d.0","@backstage/core":"^1.0.0"},`+
			`"dist":{"tarball":"https://r.example.com/x/-/x-1.%d.0.tgz","shasum":"%040d","signatures":[{"keyid":"k","sig":"MEU"}]}}`, i, name, i, i, i, i)
	}
	b.WriteString(`},"time":{"created":"2020-01-01T00:00:00.000Z"`)
	for i := range n {
		fmt.Fprintf(&b, `,"1.%d.0":"2021-01-02T03:04:%02d.%03dZ"`, i, i%60, i%1000)
	}
	b.WriteString(`}}`)
	return b.String()
}
