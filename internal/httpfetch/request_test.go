package httpfetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestGet(t *testing.T) {
	got := map[string]string{}
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		for _, h := range []string{"User-Agent", "Accept-Encoding", "Accept", "Authorization", "If-None-Match"} {
			got[h] = r.Header.Get(h)
		}
		w.Header().Set("ETag", `"v1"`)
		io.WriteString(w, "body of "+r.URL.Path)
	})
	cfg := quick
	cfg.UserAgent = "portalctl/1.2.3"
	resp, err := newClient(t, cfg).Get(context.Background(), Request{
		URL:    s.URL + "/a",
		Header: http.Header{"accept": {"application/json"}},
		Auth:   func(r *http.Request) { r.Header.Set("Authorization", "Bearer t0ken") },
		ETag:   `"v0"`,
	})
	if err != nil {
		t.Fatal(err)
	}
	if string(resp.Body) != "body of /a" || resp.ETag != `"v1"` || resp.NotModified {
		t.Errorf("got %q, ETag %s, not modified %v", resp.Body, resp.ETag, resp.NotModified)
	}
	want := map[string]string{"User-Agent": "portalctl/1.2.3", "Accept-Encoding": "gzip", "Accept": "application/json",
		"Authorization": "Bearer t0ken", "If-None-Match": `"v0"`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestNotModified(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNotModified) })
	c := newClient(t, quick)
	resp, err := c.Get(context.Background(), Request{URL: s.URL, ETag: `"v1"`})
	if err != nil || !resp.NotModified || resp.Body != nil {
		t.Fatalf("got %+v, %v", resp, err)
	}
	if _, err := c.Get(context.Background(), Request{URL: s.URL}); !IsStatus(err, http.StatusNotModified) {
		t.Errorf("a 304 that was not asked for: %v", err)
	}
}

func TestStatusErrors(t *testing.T) {
	var requests atomic.Int32
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		var code int
		fmt.Sscanf(r.URL.Path, "/%d", &code)
		w.WriteHeader(code)
	})
	cfg := quick
	cfg.Retries = 2
	c := newClient(t, cfg)
	for _, tc := range []struct {
		code, requests int
		text           string
	}{
		{204, 1, "204 No Content"},
		{206, 1, "206 Partial Content"},
		{400, 1, "400 Bad Request"},
		{401, 1, "your credentials for 127.0.0.1"},
		{403, 1, "your credentials for 127.0.0.1"},
		{404, 1, "404 Not Found"},
		{407, 1, "HTTPS_PROXY"},
		{418, 1, "418"},
		{429, 3, "tried 3 times"},
		{500, 3, "500 Internal Server Error"},
		{501, 1, "501 Not Implemented"},
		{503, 3, "Run the command again later"},
	} {
		requests.Store(0)
		_, err := c.Get(context.Background(), Request{URL: fmt.Sprintf("%s/%d?token=s3cret", s.URL, tc.code)})
		wantFault(t, err, nil, tc.text, s.URL, "?…")
		if !IsStatus(err, tc.code) || IsStatus(err, tc.code+1) {
			t.Errorf("%d: got %v", tc.code, err)
		}
		if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%d: the query is in %q", tc.code, err)
		}
		if int(requests.Load()) != tc.requests {
			t.Errorf("%d: %d requests, want %d", tc.code, requests.Load(), tc.requests)
		}
		if Unreachable(err) != (tc.requests > 1) {
			t.Errorf("%d: Unreachable is %v", tc.code, Unreachable(err))
		}
	}
}

func TestRetryUntilItWorks(t *testing.T) {
	var requests atomic.Int32
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch requests.Add(1) {
		case 1:
			w.WriteHeader(http.StatusBadGateway)
		case 2:
			hijackClose(w) // the connection breaks before an answer
		case 3:
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, "cut short")
		default:
			io.WriteString(w, "at last")
		}
	})
	resp, err := newClient(t, quick).Get(context.Background(), Request{URL: s.URL})
	if err != nil || string(resp.Body) != "at last" {
		t.Fatalf("got %v, %v", resp, err)
	}
	if requests.Load() != 4 {
		t.Errorf("%d requests, want 4", requests.Load())
	}
}

func hijackClose(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		conn.Close()
	}
}

func TestNoRetries(t *testing.T) {
	var requests atomic.Int32
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { requests.Add(1); hijackClose(w) })
	cfg := quick
	cfg.Retries = -1
	_, err := newClient(t, cfg).Get(context.Background(), Request{URL: s.URL})
	wantFault(t, err, nil, "cannot fetch: ", "broke off")
	// net/http itself may try once more on a connection that it reuses; this
	// one was new.
	if requests.Load() != 1 || !Unreachable(err) {
		t.Errorf("%d requests, Unreachable %v", requests.Load(), Unreachable(err))
	}
}

func TestOffline(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { t.Error("the network was used") })
	cfg := quick
	cfg.Offline = true
	c := newClient(t, cfg)
	_, err := c.Get(context.Background(), Request{URL: s.URL})
	wantFault(t, err, ErrOffline, s.URL, "without --offline")
	_, err = c.Stream(context.Background(), Request{URL: s.URL})
	wantFault(t, err, ErrOffline)
	if !c.Offline() || !Unreachable(err) {
		t.Error("Offline and Unreachable must say so")
	}
}

func TestBadAddress(t *testing.T) {
	c := newClient(t, quick)
	for _, u := range []string{"", "x", "ftp://host/x", "http://", "file:///etc/passwd", "http://a b/", "https://user:s3cret@host:bad/"} {
		_, err := c.Get(context.Background(), Request{URL: u})
		wantFault(t, err, errScheme, "not an absolute http or https address")
		if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("userinfo in %q", err)
		}
	}
}

func TestCancel(t *testing.T) {
	started := make(chan struct{}, 10)
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		started <- struct{}{}
		if r.URL.Path == "/retry" {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		<-r.Context().Done()
	})
	cfg := quick
	cfg.MaxWait = time.Hour
	for _, path := range []string{"/hang", "/retry"} {
		ctx, cancel := context.WithCancel(context.Background())
		go func() { <-started; cancel() }()
		// Without an end of its own: the request hangs, or waits for an hour.
		_, err := newClient(t, cfg).Get(ctx, Request{URL: s.URL + path})
		if !errors.Is(err, context.Canceled) || Unreachable(err) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestConcurrency(t *testing.T) {
	var running, most atomic.Int32
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if n := running.Add(1); n > most.Load() {
			most.Store(n)
		}
		time.Sleep(10 * time.Millisecond)
		running.Add(-1)
	})
	cfg := quick
	cfg.Concurrency = 2
	c := newClient(t, cfg)
	errs := make(chan error)
	for range 8 {
		go func() {
			_, err := c.Get(context.Background(), Request{URL: s.URL})
			errs <- err
		}()
	}
	for range 8 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if most.Load() > 2 {
		t.Errorf("%d requests at once, want at most 2", most.Load())
	}

	// Slots come back from streams and failures; a full client can be left.
	stream, err := c.Stream(context.Background(), Request{URL: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	other, err := c.Stream(context.Background(), Request{URL: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := c.Get(ctx, Request{URL: s.URL}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a third request ran: %v", err)
	}
	stream.Body.Close()
	stream.Body.Close()
	other.Body.Close()
	if _, err := c.Get(context.Background(), Request{URL: s.URL}); err != nil {
		t.Error(err)
	}
}

// A 404 must not cost a connection, neither its own nor those of others.
func TestConnectionsAreKept(t *testing.T) {
	remotes := map[string]bool{}
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		remotes[r.RemoteAddr] = true
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, strings.Repeat("no ", 1000))
	})
	c := newClient(t, quick)
	for range 5 {
		if _, err := c.Get(context.Background(), Request{URL: s.URL}); !IsStatus(err, 404) {
			t.Fatal(err)
		}
	}
	if len(remotes) != 1 {
		t.Errorf("%d connections for 5 requests in turn", len(remotes))
	}
}
