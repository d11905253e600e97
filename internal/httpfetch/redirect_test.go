package httpfetch

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// seen is what a request revealed of the secrets.
type seen struct{ Path, Authorization, Key, Referer, Accept string }

func record(to *[]seen, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		*to = append(*to, seen{r.URL.Path, r.Header.Get("Authorization"), r.Header.Get("X-Key"), r.Header.Get("Referer"), r.Header.Get("Accept")})
		next(w, r)
	}
}

func withSecretHeaders(u string) Request {
	return Request{URL: u, Header: http.Header{"Accept": {"a"}}, Auth: func(r *http.Request) {
		r.Header.Set("Authorization", "Bearer s3cret")
		r.Header.Set("X-Key", "s3cret")
	}}
}

func TestRedirectKeepsCredentialsAtHome(t *testing.T) {
	var log []seen
	s := serve(t, record(&log, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/from" {
			http.Redirect(w, r, "/to", http.StatusFound)
		}
	}))
	if _, err := newClient(t, quick).Get(context.Background(), withSecretHeaders(s.URL+"/from?token=s3cret")); err != nil {
		t.Fatal(err)
	}
	want := []seen{{"/from", "Bearer s3cret", "s3cret", "", "a"}, {"/to", "Bearer s3cret", "s3cret", "", "a"}}
	if diff := cmp.Diff(want, log); diff != "" {
		t.Error(diff)
	}
}

func TestRedirectElsewhereDropsCredentials(t *testing.T) {
	var log []seen
	var home *httptest.Server
	// Another port is another origin, and the way back does not restore trust.
	other := serve(t, record(&log, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, home.URL+"/back", http.StatusTemporaryRedirect)
	}))
	home = serve(t, record(&log, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/from" {
			http.Redirect(w, r, strings.Replace(other.URL, "http://", "http://user:pass@", 1)+"/other", http.StatusMovedPermanently)
		}
	}))
	if _, err := newClient(t, quick).Get(context.Background(), withSecretHeaders(home.URL+"/from?token=s3cret")); err != nil {
		t.Fatal(err)
	}
	want := []seen{{"/from", "Bearer s3cret", "s3cret", "", "a"}, {Path: "/other", Accept: "a"}, {Path: "/back", Accept: "a"}}
	if diff := cmp.Diff(want, log); diff != "" {
		t.Error(diff)
	}
}

func TestUserinfoStaysAtHome(t *testing.T) {
	var log []seen
	other := serve(t, record(&log, func(http.ResponseWriter, *http.Request) {}))
	home := serve(t, record(&log, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/other", http.StatusFound)
	}))
	u := strings.Replace(home.URL, "http://", "http://user:pass@", 1)
	if _, err := newClient(t, quick).Get(context.Background(), Request{URL: u + "/home"}); err != nil {
		t.Fatal(err)
	}
	want := []seen{{Path: "/home", Authorization: "Basic dXNlcjpwYXNz"}, {Path: "/other"}}
	if diff := cmp.Diff(want, log); diff != "" {
		t.Error(diff)
	}
}

func TestRedirectLimits(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n := len(r.URL.Path)
		switch {
		case r.URL.Path == "/loop":
			http.Redirect(w, r, "/pool", http.StatusFound)
		case r.URL.Path == "/pool":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case n < 11:
			http.Redirect(w, r, r.URL.Path+"x", http.StatusFound)
		case strings.HasPrefix(r.URL.Path, "/y"):
			http.Redirect(w, r, r.URL.Path+"x", http.StatusFound)
		default:
			io.WriteString(w, "end")
		}
	})
	c := newClient(t, quick)
	resp, err := c.Get(context.Background(), Request{URL: s.URL + "/"})
	if err != nil || string(resp.Body) != "end" {
		t.Errorf("10 redirects: %v", err)
	}
	_, err = c.Get(context.Background(), Request{URL: s.URL + "/y"})
	wantFault(t, err, errRedirects, "more than 10 times")
	_, err = c.Get(context.Background(), Request{URL: s.URL + "/loop"})
	wantFault(t, err, errRedirectLoop, "in a circle")
	if strings.Contains(err.Error(), "tried") || Unreachable(err) {
		t.Errorf("a loop is no reason to try again: %v", err)
	}
}

func TestRedirectToOtherScheme(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "file:///etc/passwd?token=s3cret")
		w.WriteHeader(http.StatusFound)
	})
	_, err := newClient(t, quick).Get(context.Background(), Request{URL: s.URL})
	wantFault(t, err, nil, "unsupported protocol scheme")
	if strings.Contains(err.Error(), "s3cret") {
		t.Errorf("the query is in %q", err)
	}
}

func TestSameOrigin(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want bool
	}{
		{"https://h/a", "https://h:443/b", true},
		{"https://h/a", "https://H/b", true},
		{"http://h/a", "https://h/a", true},
		{"https://h/a", "http://h/a", false},
		{"http://h:8080/a", "https://h/a", false},
		{"https://h/a", "https://h:8443/a", false},
		{"https://h/a", "https://sub.h/a", false},
		{"https://sub.h/a", "https://h/a", false},
		{"https://h/a", "https://h.evil/a", false},
	} {
		a, _ := url.Parse(tc.a)
		b, _ := url.Parse(tc.b)
		if got := sameOrigin(a, b); got != tc.want {
			t.Errorf("sameOrigin(%s, %s) = %v", tc.a, tc.b, got)
		}
	}
}
