package httpfetch

import (
	"net/http"
	"testing"
	"time"
)

func TestWait(t *testing.T) {
	cfg := Config{MinWait: 100 * time.Millisecond, MaxWait: time.Second}
	answer := func(code int, after string) *http.Response {
		return &http.Response{StatusCode: code, Header: http.Header{"Retry-After": {after}}}
	}
	for _, tc := range []struct {
		name     string
		attempt  int
		resp     *http.Response
		min, max time.Duration
	}{
		{"first", 0, nil, 50 * time.Millisecond, 100 * time.Millisecond},
		{"doubles", 2, nil, 200 * time.Millisecond, 400 * time.Millisecond},
		{"is capped", 60, nil, 500 * time.Millisecond, time.Second},
		{"no header", 0, &http.Response{StatusCode: 503, Header: http.Header{}}, 50 * time.Millisecond, 100 * time.Millisecond},
		{"seconds", 0, answer(429, "0"), 0, 0},
		{"seconds, capped", 0, answer(429, "3600"), time.Second, time.Second},
		{"date in the past", 0, answer(503, "Mon, 02 Jan 2006 15:04:05 GMT"), 0, 0},
		{"date, capped", 0, answer(503, "Fri, 02 Jan 2099 15:04:05 GMT"), time.Second, time.Second},
		{"nonsense", 0, answer(503, "soon"), 50 * time.Millisecond, 100 * time.Millisecond},
		{"negative", 0, answer(503, "-5"), 50 * time.Millisecond, 100 * time.Millisecond},
	} {
		r := &retry{cfg: &cfg}
		got := r.wait(0, 0, tc.attempt, tc.resp)
		if got < tc.min || got > tc.max {
			t.Errorf("%s: %s, want %s to %s", tc.name, got, tc.min, tc.max)
		}
	}
}

func TestStatusErrorNamesTheWait(t *testing.T) {
	e := newStatusError("https://u:p@h/x?t=1", &http.Response{StatusCode: 429, Header: http.Header{"Retry-After": {"90"}}})
	if got, want := e.Error(), "the server answered 429 Too Many Requests and asks to wait 1m30s"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if e.URL != "https://h/x?…" {
		t.Errorf("URL %q", e.URL)
	}
}

func TestNoRetryThatComesTooEarly(t *testing.T) {
	cfg := Config{MinWait: time.Millisecond, MaxWait: 10 * time.Second, Retries: 3}
	for after, want := range map[string]bool{"": true, "0": true, "30": true, "31": false, "3600": false, "Fri, 02 Jan 2099 15:04:05 GMT": false} {
		r := &retry{cfg: &cfg}
		got, err := r.check(t.Context(), &http.Response{StatusCode: 429, Header: http.Header{"Retry-After": {after}}}, nil)
		if got != want || err != nil {
			t.Errorf("Retry-After %q: another attempt is %v, %v, want %v", after, got, err, want)
		}
	}
}
