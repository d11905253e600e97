package httpfetch

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
)

func TestPost(t *testing.T) {
	var requests atomic.Int32
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method != http.MethodPost || string(body) != "question" {
			t.Errorf("%s %q", r.Method, body)
		}
		if requests.Add(1) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		io.WriteString(w, "answer")
	})
	resp, err := newClient(t, quick).Get(context.Background(), Request{URL: s.URL, Body: []byte("question")})
	if err != nil || string(resp.Body) != "answer" || requests.Load() != 2 {
		t.Errorf("got %v, %v after %d requests", resp, err, requests.Load())
	}
}

func TestStreamRest(t *testing.T) {
	const whole = "0123456789"
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/wrong":
			w.Header().Set("Content-Range", "bytes 2-9/10")
			w.WriteHeader(http.StatusPartialContent)
			io.WriteString(w, whole[2:])
		case r.URL.Path == "/past":
			w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
		case r.Header.Get("If-Range") != `"x"` || r.Header.Get("Range") != "bytes=4-":
			io.WriteString(w, whole)
		default:
			w.Header().Set("Content-Range", fmt.Sprintf("bytes 4-9/%d", len(whole)))
			w.WriteHeader(http.StatusPartialContent)
			io.WriteString(w, whole[4:])
		}
	})
	c := newClient(t, quick)
	for _, test := range []struct {
		etag string
		from int64
		want string
	}{
		{`"x"`, 4, whole[4:]},
		{`"old"`, 0, whole},
	} {
		stream, err := c.Stream(context.Background(), Request{URL: s.URL, From: 4, IfRange: test.etag})
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(stream.Body)
		stream.Body.Close()
		if err != nil || string(body) != test.want || stream.From != test.from {
			t.Errorf("%s: %q from %d, %v", test.etag, body, stream.From, err)
		}
	}
	for path, code := range map[string]int{"/wrong": http.StatusPartialContent, "/past": http.StatusRequestedRangeNotSatisfiable} {
		if _, err := c.Stream(context.Background(), Request{URL: s.URL + path, From: 4, IfRange: `"x"`}); !IsStatus(err, code) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
