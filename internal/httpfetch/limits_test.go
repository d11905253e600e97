package httpfetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestTruncated(t *testing.T) {
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	io.WriteString(z, strings.Repeat("portal ", 1000))
	z.Close()
	for name, h := range map[string]http.HandlerFunc{
		"content-length": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, "cut")
		},
		"chunked": func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "cut")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		},
		"gzip": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(zipped.Bytes()[:zipped.Len()-12])
		},
		"gzip, nothing": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, h)
			_, err := newClient(t, quick).Get(context.Background(), Request{URL: s.URL})
			wantFault(t, err, io.ErrUnexpectedEOF, "tried 4 times", "broke off")
			if !Unreachable(err) {
				t.Error("not Unreachable")
			}
		})
	}
}

func TestGzip(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		z.Write(bytes.Repeat([]byte("x"), 100_000))
		z.Close()
	})
	c := newClient(t, quick)
	resp, err := c.Get(context.Background(), Request{URL: s.URL, MaxBytes: 100_000})
	if err != nil || len(resp.Body) != 100_000 {
		t.Fatalf("got %v, %v", resp, err)
	}
	_, err = c.Get(context.Background(), Request{URL: s.URL, MaxBytes: 99_999})
	wantFault(t, err, ErrTooLarge, "larger than allowed")
}

func TestUnaskedEncoding(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "br")
		io.WriteString(w, "??")
	})
	_, err := newClient(t, quick).Get(context.Background(), Request{URL: s.URL})
	wantFault(t, err, errEncoding)
	if Unreachable(err) {
		t.Error("a wrong answer is not silence")
	}
}

func TestTooLarge(t *testing.T) {
	var sent atomic.Int64
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/announced" {
			w.Header().Set("Content-Length", "1000000")
		}
		chunk := make([]byte, 1000)
		for range 1000 {
			n, err := w.Write(chunk)
			sent.Add(int64(n))
			if err != nil {
				return
			}
		}
	})
	c := newClient(t, quick)
	for _, path := range []string{"/announced", "/chunked"} {
		sent.Store(0)
		_, err := c.Get(context.Background(), Request{URL: s.URL + path, MaxBytes: 5000})
		wantFault(t, err, ErrTooLarge)
		if Unreachable(err) {
			t.Error("too large is not unreachable")
		}
	}
	if resp, err := c.Get(context.Background(), Request{URL: s.URL + "/announced", MaxBytes: 1_000_000}); err != nil || len(resp.Body) != 1_000_000 {
		t.Errorf("a body of exactly the limit: %v", err)
	}
}

func TestSilence(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"before the headers": func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"within the body": func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "some")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			var requests atomic.Int32
			s := serve(t, func(w http.ResponseWriter, r *http.Request) { requests.Add(1); h(w, r) })
			cfg := quick
			cfg.Timeout = 500 * time.Millisecond
			_, err := newClient(t, cfg).Get(context.Background(), Request{URL: s.URL})
			wantFault(t, err, ErrTimeout, "did not answer in time", "tried 2 times")
			if requests.Load() != 2 {
				t.Errorf("%d requests, want 2: a silent server keeps silent", requests.Load())
			}
		})
	}
}

// A body that comes slowly but steadily is not silence; MaxTime bounds it.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		for range 250 {
			io.WriteString(w, "x")
			w.(http.Flusher).Flush()
			select {
			case <-time.After(10 * time.Millisecond):
			case <-r.Context().Done():
				return
			}
		}
	})
	cfg := quick
	cfg.Timeout = 2 * time.Second
	resp, err := newClient(t, cfg).Get(context.Background(), Request{URL: s.URL})
	if err != nil || len(resp.Body) != 250 {
		t.Errorf("got %v, %v", resp, err)
	}
	cfg.MaxTime = 100 * time.Millisecond
	_, err = newClient(t, cfg).Get(context.Background(), Request{URL: s.URL})
	wantFault(t, err, ErrTimeout)
}
