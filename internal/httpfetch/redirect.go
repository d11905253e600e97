package httpfetch

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
)

var (
	errRedirects    = errors.New("it redirects more than 10 times")
	errRedirectLoop = errors.New("it redirects in a circle")
)

// secretsKey is the context key of the header names that Request.Auth set.
type secretsKey struct{}

func withSecrets(ctx context.Context, names []string) context.Context {
	return context.WithValue(ctx, secretsKey{}, names)
}

// checkRedirect follows up to 10 redirects. Credentials stay on the origin
// they were made for: net/http alone would also send them to a subdomain, to
// another port and from https to http, and anything but Authorization and
// Cookie to anywhere. Once left, the origin is left for good.
func checkRedirect(req *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return errRedirects
	}
	for _, r := range via {
		if r.URL.String() == req.URL.String() {
			return errRedirectLoop
		}
	}
	req.Header.Del("Referer") // its query may hold a token
	for _, r := range append(via[1:len(via):len(via)], req) {
		if !sameOrigin(via[0].URL, r.URL) {
			dropSecrets(req)
			break
		}
	}
	return nil
}

func dropSecrets(req *http.Request) {
	names, _ := req.Context().Value(secretsKey{}).([]string)
	for _, name := range names {
		req.Header.Del(name)
	}
	for _, name := range []string{"Authorization", "Cookie", "Proxy-Authorization"} {
		req.Header.Del(name)
	}
	req.URL.User = nil
}

// sameOrigin reports whether what is meant for a may be sent to b: the same
// scheme, host and port, or the same host by https instead of http.
func sameOrigin(a, b *url.URL) bool {
	if !strings.EqualFold(a.Hostname(), b.Hostname()) {
		return false
	}
	if a.Scheme == b.Scheme {
		return port(a) == port(b)
	}
	return a.Scheme == "http" && b.Scheme == "https" && port(a) == "80" && port(b) == "443"
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	if u.Scheme == "https" {
		return "443"
	}
	return "80"
}
