package httpfetch

import (
	"context"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func serveTLS(t *testing.T) (s *httptest.Server, ca []byte) {
	t.Helper()
	s = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Proto) }))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	return s, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
}

func TestCertificates(t *testing.T) {
	s, ca := serveTLS(t)
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, ca, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Config){
		"CAFiles":            func(c *Config) { c.CAFiles = []string{file} },
		"CAPEM":              func(c *Config) { c.CAPEM = [][]byte{ca} },
		"InsecureSkipVerify": func(c *Config) { c.InsecureSkipVerify = true },
	} {
		cfg := quick
		change(&cfg)
		resp, err := newClient(t, cfg).Get(context.Background(), Request{URL: s.URL})
		if err != nil || string(resp.Body) != "HTTP/2.0" {
			t.Errorf("%s: %+v, %v", name, resp, err)
		}
	}

	_, err := newClient(t, quick).Get(context.Background(), Request{URL: s.URL})
	wantFault(t, err, nil, "unknown authority", "NODE_EXTRA_CA_CERTS")
	if strings.Contains(err.Error(), "tried") || Unreachable(err) {
		t.Errorf("a certificate that is not trusted: %v", err)
	}

	cfg := quick
	cfg.CAPEM = [][]byte{ca}
	_, err = newClient(t, cfg).Get(context.Background(), Request{URL: strings.Replace(s.URL, "127.0.0.1", "localhost", 1)})
	wantFault(t, err, nil, "certificate", "does not fit")
}

func TestBadCertificateFiles(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty.pem")
	if err := os.WriteFile(empty, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		cfg  Config
		text string
	}{
		{Config{CAFiles: []string{filepath.Join(dir, "missing.pem")}}, "missing.pem: cannot read the CA certificates: "},
		{Config{CAFiles: []string{empty}}, "empty.pem: holds no PEM certificate"},
		{Config{CAPEM: [][]byte{[]byte("x")}}, "not in PEM format"},
	} {
		_, err := newClient(t, tc.cfg).Get(context.Background(), Request{URL: "http://127.0.0.1:1/"})
		wantFault(t, err, nil, tc.text)
	}
}

func TestHTTPSToHTTPServer(t *testing.T) {
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	_, err := newClient(t, quick).Get(context.Background(), Request{URL: strings.Replace(s.URL, "http:", "https:", 1)})
	wantFault(t, err, nil, "HTTPS client", "Use http://")
}
