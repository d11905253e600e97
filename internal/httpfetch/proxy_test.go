package httpfetch

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestProxyFromEnv(t *testing.T) {
	for _, tc := range []struct {
		env  map[string]string
		want Proxy
	}{
		{nil, Proxy{}},
		{map[string]string{"HTTP_PROXY": "a", "HTTPS_PROXY": "b", "NO_PROXY": "c"}, Proxy{"a", "b", "c"}},
		{map[string]string{"HTTP_PROXY": "a", "http_proxy": "low", "no_proxy": "c"}, Proxy{HTTP: "low", NoProxy: "c"}},
		{map[string]string{"HTTP_PROXY": "evil", "HTTPS_PROXY": "b", "REQUEST_METHOD": "GET"}, Proxy{HTTPS: "b"}},
	} {
		got := ProxyFromEnv(func(name string) string { return tc.env[name] })
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%v: %s", tc.env, diff)
		}
	}
}

func TestProxyChoice(t *testing.T) {
	p := Proxy{HTTP: "web.example:3128", HTTPS: "http://user:pw@tls.example", NoProxy: "corp.example, .only-sub.example,*.star.example,10.0.0.0/8,192.168.1.1,[2001:db8::1]:8080,port.example:8443, "}
	for address, want := range map[string]string{
		"http://h/":                  "http://web.example:3128",
		"https://h/":                 "http://user:pw@tls.example",
		"https://localhost/":         "",
		"http://127.0.0.1:8080/":     "",
		"http://[::1]/":              "",
		"http://[::ffff:127.0.0.1]/": "",
		"https://corp.example/":      "",
		"https://CORP.example./":     "",
		"https://a.b.corp.example/":  "",
		"https://notcorp.example/":   "http://user:pw@tls.example",
		"https://only-sub.example/":  "http://user:pw@tls.example",
		"https://x.only-sub.example": "",
		"https://x.star.example":     "",
		"https://10.1.2.3/":          "",
		"https://11.1.2.3/":          "http://user:pw@tls.example",
		"https://192.168.1.1/":       "",
		"http://[2001:db8::1]:8080/": "",
		"http://[2001:db8::1]/":      "http://web.example:3128",
		"https://port.example:8443/": "",
		"https://port.example/":      "http://user:pw@tls.example",
	} {
		req, err := http.NewRequest(http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if u, err := p.forRequest(req); err != nil {
			t.Errorf("%s: %v", address, err)
		} else if u != nil {
			got = u.String()
		}
		if got != want {
			t.Errorf("%s goes through %q, want %q", address, got, want)
		}
	}
	req, _ := http.NewRequest(http.MethodGet, "https://h/", nil)
	if u, err := (Proxy{HTTPS: "p", NoProxy: "*"}).forRequest(req); u != nil || err != nil {
		t.Errorf("NO_PROXY=*: %v, %v", u, err)
	}
	if u, err := (Proxy{HTTPS: "socks5://p:1080"}).forRequest(req); err != nil || u.Scheme != "socks5" {
		t.Errorf("socks5: %v, %v", u, err)
	}
}

func TestThroughProxy(t *testing.T) {
	proxy := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.Method+" "+r.URL.String()+" "+r.Header.Get("Proxy-Authorization"))
	})
	cfg := quick
	cfg.Retries = -1
	cfg.Proxy = Proxy{HTTP: strings.Replace(proxy.URL, "http://", "http://user:s3cret@", 1), HTTPS: proxy.URL}
	c := newClient(t, cfg)
	resp, err := c.Get(context.Background(), Request{URL: "http://portal.example/x"})
	if want := "GET http://portal.example/x Basic dXNlcjpzM2NyZXQ="; err != nil || string(resp.Body) != want {
		t.Errorf("got %+v, %v, want %q", resp, err, want)
	}

	refusing := serve(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusProxyAuthRequired) })
	cfg.Proxy = Proxy{HTTPS: strings.Replace(refusing.URL, "http://", "http://user:s3cret@", 1)}
	_, err = newClient(t, cfg).Get(context.Background(), Request{URL: "https://portal.example/x"})
	wantFault(t, err, nil, "Proxy Authentication Required", "HTTPS_PROXY")
	if strings.Contains(err.Error(), "s3cret") {
		t.Errorf("the proxy's password is in %q", err)
	}
}

func TestBadProxy(t *testing.T) {
	for _, address := range []string{"http://user:s3cret@", "ftp://user:s3cret@h", "http://u:s3cret@h:bad"} {
		cfg := quick
		cfg.Proxy = Proxy{HTTP: address}
		_, err := newClient(t, cfg).Get(context.Background(), Request{URL: "http://portal.example/"})
		wantFault(t, err, errProxy, "HTTPS_PROXY")
		if strings.Contains(err.Error(), "s3cret") || Unreachable(err) {
			t.Errorf("%v, Unreachable %v", err, Unreachable(err))
		}
	}
}
