package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/httpfetch"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

func TestPackument(t *testing.T) {
	reg := serve(t, func(w http.ResponseWriter, r *http.Request, path string) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		body := doc("@backstage/core", 3)
		if path == "/npm/left-pad" {
			body = doc("left-pad", 2)
		}
		if r.Header.Get("Accept-Encoding") == "gzip" {
			w.Header().Set("Content-Encoding", "gzip")
			body = string(gzipped(body))
		}
		fmt.Fprint(w, body)
	})
	c := client(t, reg.URL+"/npm/", options{})
	p, err := c.Packument(t.Context(), "@backstage/core")
	if err != nil {
		t.Fatal(err)
	}
	if p.Name != "@backstage/core" || len(p.Versions()) != 3 {
		t.Errorf("got %s with %v", p.Name, p.Versions())
	}
	again, err := c.Packument(t.Context(), "@backstage/core")
	if err != nil || again != p {
		t.Errorf("a second call does not get the first answer: %v", err)
	}
	if _, err := c.Packument(t.Context(), "left-pad"); err != nil {
		t.Error(err)
	}
	if got, want := reg.paths(), "/npm/@backstage%2fcore /npm/left-pad"; got != want {
		t.Errorf("asked for %s, want %s", got, want)
	}
	if got := reg.seen()[0].Header.Get("Accept"); got != "application/json" {
		t.Errorf("Accept: %s: the full packument is needed", got)
	}
}

// Whatever a registry answers that is not a packument is a fault that names the
// place and the next step, of the right kind.
func TestFaults(t *testing.T) {
	good := doc("x", 2)
	bomb := gzipped(`{"name":"x","readme":"` + strings.Repeat(" ", 1_000_000) + `","versions":{}}`)
	tests := []struct {
		name   string
		handle func(w http.ResponseWriter)
		kind   error
		want   string // in the error
		next   string
		asked  int
	}{
		{"404", func(w http.ResponseWriter) { w.WriteHeader(404) }, ErrNotFound, "package x: the registry does not have it", "Check the name", 1},
		{"401", func(w http.ResponseWriter) { w.WriteHeader(401) }, ErrAuth, "refuses access: the server answered 401", "Give a token for 127.0.0.1", 1},
		{"403", func(w http.ResponseWriter) { w.WriteHeader(403) }, ErrAuth, "refuses access: the server answered 403", "Give a token for 127.0.0.1", 1},
		{"500", func(w http.ResponseWriter) { w.WriteHeader(500) }, nil, "the server answered 500", "later", 3},
		{"HTML", func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, "<html>sign in</html>")
		},
			ErrInvalid, "it is text/html, not JSON", "login page", 1},
		{"HTML as JSON", func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, "<html>")
		}, ErrInvalid, "'<' where an object is expected", "login page", 1},
		{"an image", func(w http.ResponseWriter) { w.Header().Set("Content-Type", "image/png"); fmt.Fprint(w, good) }, ErrInvalid, "it is image/png, not JSON", "npm registry", 1},
		{"no type at all", func(w http.ResponseWriter) { w.Header()["Content-Type"] = nil; fmt.Fprint(w, good) }, nil, "", "", 1},
		{"another package", func(w http.ResponseWriter) {
			fmt.Fprint(w, strings.ReplaceAll(good, `"name":"x"`, `"name":"evil\u001b[2J"`))
		}, ErrInvalid, `it is about "evil.[2J"`, "npm registry", 1},
		{"no versions", func(w http.ResponseWriter) { fmt.Fprint(w, `{"error":"try later"}`) }, ErrInvalid, "has no versions", "npm registry", 1},
		{"unpublished", func(w http.ResponseWriter) {
			fmt.Fprint(w, `{"name":"x","time":{"unpublished":{"name":"x"}}}`)
		}, ErrNotFound, "package x was unpublished", "Replace", 1},
		{"cut off", func(w http.ResponseWriter) { w.Header().Set("Content-Length", "99999"); fmt.Fprint(w, good) }, io.ErrUnexpectedEOF, "unexpected EOF", "again", 3},
		{"cut, and does not say so", func(w http.ResponseWriter) { fmt.Fprint(w, good[:len(good)-200]) }, io.ErrUnexpectedEOF, "the answer for x is incomplete", "again", 3},
		{"cut gzip", func(w http.ResponseWriter) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzipped(good)
			_, _ = w.Write(z[:len(z)-6])
		}, io.ErrUnexpectedEOF, "unexpected EOF", "again", 3},
		{"damaged gzip", func(w http.ResponseWriter) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzipped(good)
			z[len(z)-7] ^= 1
			_, _ = w.Write(z)
		}, ErrInvalid, "invalid checksum", "npm registry", 1},
		{"no gzip", func(w http.ResponseWriter) { w.Header().Set("Content-Encoding", "gzip"); fmt.Fprint(w, good) }, ErrInvalid, "gzip: invalid header", "npm registry", 1},
		{"unasked encoding", func(w http.ResponseWriter) { w.Header().Set("Content-Encoding", "br"); fmt.Fprint(w, good) }, ErrInvalid, "an encoding that was not asked for", "npm registry", 1},
		{"huge, announced", func(w http.ResponseWriter) { w.Header().Set("Content-Length", "1000001") }, httpfetch.ErrTooLarge, "larger than allowed", "proxy", 1},
		{"a gzip bomb", func(w http.ResponseWriter) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb)
		}, httpfetch.ErrTooLarge, "larger than allowed", "npm registry", 1},
		{"silence", func(w http.ResponseWriter) { time.Sleep(400 * time.Millisecond) }, httpfetch.ErrTimeout, "did not answer in time", "", 2},
		{"silence in the middle", func(w http.ResponseWriter) {
			fmt.Fprint(w, good[:1000])
			w.(http.Flusher).Flush()
			time.Sleep(400 * time.Millisecond)
		}, httpfetch.ErrTimeout, "did not answer in time", "", 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reg := serve(t, func(w http.ResponseWriter, _ *http.Request, _ string) { tt.handle(w) })
			o := options{http: httpfetch.Config{Retries: 2}, cfg: Config{CacheDir: t.TempDir()}}
			if tt.kind == httpfetch.ErrTimeout {
				o.http.Timeout = 100 * time.Millisecond
			}
			c := client(t, reg.URL, o)
			c.limit = 1_000_000
			p, err := c.Packument(t.Context(), "x")
			if tt.want == "" {
				if err != nil || len(p.Versions()) != 2 {
					t.Fatalf("err = %v", err)
				}
				return
			}
			var f *fault.Error
			if !errors.As(err, &f) {
				t.Fatalf("err = %v, want a fault", err)
			}
			if tt.kind != nil && !errors.Is(err, tt.kind) {
				t.Errorf("%v is no %v", err, tt.kind)
			}
			if !strings.Contains(err.Error(), tt.want) || !strings.Contains(fault.NextOf(err), tt.next) || !strings.HasPrefix(err.Error(), reg.URL+"/x: ") {
				t.Errorf("%v\nnext %q\nwant %q, %q", err, fault.NextOf(err), tt.want, tt.next)
			}
			if n := len(reg.seen()); n != tt.asked {
				t.Errorf("asked %d times, want %d", n, tt.asked)
			}
			if left, _ := filepath.Glob(filepath.Join(c.cfg.CacheDir, "*", "*.pack")); len(left) > 0 {
				t.Errorf("something was cached: %v", left)
			}
		})
	}
}

func TestAFailureIsNotTheLastWord(t *testing.T) {
	var n atomic.Int32
	reg := serve(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
		switch n.Add(1) {
		case 1:
			w.WriteHeader(502)
		case 2:
			w.Header().Set("Content-Length", "99999") // breaks off
			fmt.Fprint(w, `{"name":`)
		default:
			fmt.Fprint(w, doc("x", 1))
		}
	})
	c := client(t, reg.URL, options{})
	if _, err := c.Packument(t.Context(), "x"); err != nil || n.Load() != 3 {
		t.Errorf("after %d requests: %v", n.Load(), err)
	}
	down := serve(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
		if n.Add(1) < 6 {
			w.WriteHeader(403)
			return
		}
		fmt.Fprint(w, doc("x", 1))
	})
	c = client(t, down.URL, options{})
	for {
		_, err := c.Packument(t.Context(), "x")
		if err == nil {
			break
		}
		if n.Load() > 6 {
			t.Fatal("an error is remembered")
		}
	}
}

func TestMissingIsRemembered(t *testing.T) {
	reg := serve(t, func(w http.ResponseWriter, _ *http.Request, _ string) { w.WriteHeader(404) })
	c := client(t, reg.URL, options{})
	for range 3 {
		if _, err := c.Packument(t.Context(), "x"); !errors.Is(err, ErrNotFound) {
			t.Fatal(err)
		}
	}
	if n := len(reg.seen()); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestNames(t *testing.T) {
	reg := static(t, doc("x", 1))
	c := client(t, reg.URL, options{cfg: Config{CacheDir: t.TempDir()}})
	for _, name := range []string{"", ".", "..", "../x", "a/b", "@a", "@/b", "@a/", "@a/b/c", "@a/..", "@../x", "a b", "a\nb", "a?b", "a#b", "a%2e", `a\b`, "a@b", "C:x", strings.Repeat("a", 301)} {
		if _, err := c.Packument(t.Context(), name); !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), "is not the name of an npm package") {
			t.Errorf("%q: %v", name, err)
		}
	}
	if n := len(reg.seen()); n > 0 {
		t.Errorf("the registry was asked: %s", reg.paths())
	}
	for _, name := range []string{"JSONStream", "a.b", "_x", "@A/b.c", "x~y", "weird!name"} {
		if _, err := c.Packument(t.Context(), name); !errors.Is(err, ErrInvalid) { // the answer is about x
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestOneRequestForAll(t *testing.T) {
	var open, most atomic.Int32
	release := make(chan struct{})
	reg := serve(t, func(w http.ResponseWriter, _ *http.Request, path string) {
		n := open.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		<-release
		open.Add(-1)
		fmt.Fprintf(w, `{"name":%q,"versions":{}}`, path[1:])
	})
	c := client(t, reg.URL, options{cfg: Config{Concurrency: 3}})
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			if _, err := c.Packument(t.Context(), fmt.Sprintf("p%d", i%10)); err != nil {
				t.Error(err)
			}
		})
	}
	for open.Load() < 3 {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(20 * time.Millisecond)
	close(release)
	wg.Wait()
	if most.Load() != 3 || len(reg.seen()) != 10 {
		t.Errorf("%d at a time, %d requests; want 3 and 10", most.Load(), len(reg.seen()))
	}
}

func TestWhoeverGivesUpStopsOnlyItself(t *testing.T) {
	started, release := make(chan struct{}, 2), make(chan struct{})
	reg := serve(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		started <- struct{}{}
		select {
		case <-release:
			fmt.Fprint(w, doc("x", 1))
		case <-r.Context().Done():
		}
	})
	c := client(t, reg.URL, options{})
	first, cancel := context.WithCancel(t.Context())
	got := make(chan error, 2)
	go func() { _, err := c.Packument(first, "x"); got <- err }()
	<-started
	second := make(chan error, 1)
	go func() { _, err := c.Packument(t.Context(), "x"); second <- err }()
	time.Sleep(20 * time.Millisecond)
	cancel()
	if err := <-got; !errors.Is(err, context.Canceled) {
		t.Errorf("first: %v", err)
	}
	<-started // the second asks for itself
	close(release)
	if err := <-second; err != nil {
		t.Errorf("second: %v", err)
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Packument(done, "y"); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that has given up: %v", err)
	}
}

func TestNew(t *testing.T) {
	if _, err := New(Config{HTTP: httpfetch.New(httpfetch.Config{})}); err == nil {
		t.Error("a client without settings")
	}
	if _, err := New(Config{Settings: &yarnrc.Settings{}}); err == nil {
		t.Error("a client without HTTP")
	}
	c := client(t, "https://r.example.com", options{rc: "networkConcurrency: 7\n"})
	if cap(c.slots) != 7 {
		t.Errorf("%d at a time, want networkConcurrency", cap(c.slots))
	}
}

func TestEnableNetwork(t *testing.T) {
	reg := static(t, doc("x", 1))
	c := client(t, reg.URL, options{rc: "networkSettings:\n  127.0.0.1: {enableNetwork: false}\n"})
	_, err := c.Packument(t.Context(), "x")
	if !errors.Is(err, ErrOffline) || !strings.Contains(fault.NextOf(err), "enableNetwork") || len(reg.seen()) > 0 {
		t.Errorf("err = %v, next %q", err, fault.NextOf(err))
	}
	if _, err := os.Stat(c.cfg.CacheDir); err == nil && c.cfg.CacheDir != "" {
		t.Error("a cache was made")
	}
}
