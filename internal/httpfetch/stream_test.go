package httpfetch

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestStream(t *testing.T) {
	var requests atomic.Int32
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		if got := r.Header.Get("Accept-Encoding"); got != "identity" {
			t.Errorf("Accept-Encoding: %s", got)
		}
		w.Header().Set("Content-Encoding", "gzip") // a lie that some registries tell of .tgz files
		w.Header().Set("Content-Length", "5")
		io.WriteString(w, "bytes")
	})
	stream, err := newClient(t, quick).Stream(context.Background(), Request{URL: s.URL, ETag: `"x"`})
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	body, err := io.ReadAll(stream.Body)
	if err != nil || string(body) != "bytes" || stream.Size != 5 {
		t.Errorf("got %q of %d, %v", body, stream.Size, err)
	}
	stream.Body.Close()
	if _, err := stream.Body.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("read after the end: %v", err)
	}
}

func TestStreamErrors(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/missing":
			w.WriteHeader(http.StatusNotFound)
		case "/cut":
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, "cut")
		case "/hang":
			io.WriteString(w, "some")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		case "/announced":
			w.Header().Set("Content-Length", "20")
			io.WriteString(w, strings.Repeat("x", 20))
		default:
			for range 20 {
				io.WriteString(w, "x")
				w.(http.Flusher).Flush()
			}
		}
	})
	cfg := quick
	cfg.Timeout = 500 * time.Millisecond
	silent, c := newClient(t, cfg), newClient(t, quick)
	get := func(path string) (string, error) {
		c := c
		if path == "/hang" {
			c = silent
		}
		stream, err := c.Stream(context.Background(), Request{URL: s.URL + path, MaxBytes: 10})
		if err != nil {
			return "", err
		}
		defer stream.Body.Close()
		body, err := io.ReadAll(stream.Body)
		return string(body), err
	}
	for _, tc := range []struct {
		path, body string
		is         error
		text       string
	}{
		{"/missing", "", nil, "404"},
		{"/announced", "", ErrTooLarge, "larger"},
		{"/large", "xxxxxxxxxx", ErrTooLarge, "larger"},
		{"/hang", "some", ErrTimeout, "in time"},
	} {
		body, err := get(tc.path)
		wantFault(t, err, tc.is, tc.text, s.URL+tc.path)
		if body != tc.body {
			t.Errorf("%s: read %q before the error, want %q", tc.path, body, tc.body)
		}
	}
	stream, err := c.Stream(context.Background(), Request{URL: s.URL + "/cut"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.ReadAll(stream.Body)
	wantFault(t, err, io.ErrUnexpectedEOF, "broke off")
	stream.Body.Close()

	// Closed half-read.
	stream, err = c.Stream(context.Background(), Request{URL: s.URL + "/hang"})
	if err != nil {
		t.Fatal(err)
	}
	stream.Body.Close()
	if _, err := stream.Body.Read(make([]byte, 1)); err != errClosed {
		t.Errorf("read after close: %v", err)
	}
}

// The time that the reader takes is not the server's silence.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	const size = 4 << 20 // more than fits into buffers on the way
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, strings.Repeat("x", size))
	})
	cfg := quick
	cfg.Timeout = 2 * time.Second // for the server, on a machine as busy as it may be
	stream, err := newClient(t, cfg).Stream(context.Background(), Request{URL: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	for range 2 {
		time.Sleep(cfg.Timeout * 5 / 4)
		if _, err := io.CopyN(io.Discard, stream.Body, 10); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := io.Copy(io.Discard, stream.Body); err != nil || n != size-20 {
		t.Errorf("got %d bytes more, %v", n, err)
	}
}
