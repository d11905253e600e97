package registry

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/httpfetch"
)

func noise(n int) []byte {
	out := make([]byte, n)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(out)
	return out
}

// deliver answers every request with a body.
func deliver(t *testing.T, body []byte) *fake {
	return serve(t, func(w http.ResponseWriter, _ *http.Request, _ string) { _, _ = w.Write(body) })
}

func TestTarball(t *testing.T) {
	for _, size := range []int{0, 1000, inMemory, inMemory + 1, 5 << 20} {
		body := noise(size)
		reg := deliver(t, body)
		temp := t.TempDir()
		c := client(t, reg.URL, options{cfg: Config{TempDir: temp}})
		tb, err := c.Tarball(t.Context(), "@s/x", "1.0.0", Dist{Tarball: reg.URL + "/@s/x/-/x-1.0.0.tgz", Integrity: sri(body)})
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(tb.Reader())
		if err != nil || string(got) != string(body) || tb.Size() != int64(size) {
			t.Errorf("%d bytes, want %d: %v", len(got), size, err)
		}
		if size > 10 {
			p := make([]byte, 7)
			if _, err := tb.ReadAt(p, 3); err != nil || string(p) != string(body[3:10]) {
				t.Errorf("ReadAt: %v", err)
			}
		}
		if err := tb.Close(); err != nil || tb.Close() != nil {
			t.Errorf("Close: %v", err)
		}
		if left, _ := os.ReadDir(temp); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
}

func TestTarballFaults(t *testing.T) {
	small, large := noise(1000), noise(inMemory+1000)
	tests := []struct {
		name   string
		handle func(w http.ResponseWriter)
		dist   Dist
		kind   error
		want   string
		next   string
		asked  int
	}{
		{"tampered", func(w http.ResponseWriter) { _, _ = w.Write(flip(small)) }, Dist{Integrity: sri(small)}, ErrIntegrity, "x@1.0.0 (sha512)", "do not use", 1},
		{"tampered, large", func(w http.ResponseWriter) { _, _ = w.Write(flip(large)) }, Dist{Integrity: sri(large)}, ErrIntegrity, "x@1.0.0 (sha512)", "do not use", 1},
		{"longer", func(w http.ResponseWriter) { _, _ = w.Write(append(large, 0)) }, Dist{Integrity: sri(large)}, ErrIntegrity, "", "do not use", 1},
		{"a web page", func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, "<html>")
		}, Dist{Integrity: sri(small)}, ErrIntegrity, "", "web page", 1},
		{"cut off", func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", fmt.Sprint(len(large)))
			_, _ = w.Write(large[:len(large)-5])
		}, Dist{Integrity: sri(large)}, io.ErrUnexpectedEOF, "", "again", 3},
		{"no checksum", func(w http.ResponseWriter) { _, _ = w.Write(small) }, Dist{}, ErrIntegrity, "gives no usable checksum", "operator", 0},
		{"a checksum of no known kind", func(w http.ResponseWriter) {}, Dist{Integrity: "md5-abc sha512-!!! sha512-AAAA", Shasum: "xyz"}, ErrIntegrity, "gives no usable checksum", "operator", 0},
		{"404", func(w http.ResponseWriter) { w.WriteHeader(404) }, Dist{Integrity: sri(small)}, ErrNotFound, "package x@1.0.0", "Check", 1},
		{"403", func(w http.ResponseWriter) { w.WriteHeader(403) }, Dist{Integrity: sri(small)}, ErrAuth, "refuses access", "Give a token", 1},
		{"503", func(w http.ResponseWriter) { w.WriteHeader(503) }, Dist{Integrity: sri(small)}, nil, "answered 503", "later", 3},
		{"too large", func(w http.ResponseWriter) { _, _ = w.Write(noise(4 << 20)) }, Dist{Integrity: sri(small)}, httpfetch.ErrTooLarge, "", "", 1},
		{"too large, unannounced", func(w http.ResponseWriter) {
			for range 4 {
				_, _ = w.Write(noise(1 << 20))
				w.(http.Flusher).Flush()
			}
		}, Dist{Integrity: sri(small)}, httpfetch.ErrTooLarge, "", "", 1},
		{"silence", func(w http.ResponseWriter) {
			_, _ = w.Write(small[:10])
			w.(http.Flusher).Flush()
			time.Sleep(400 * time.Millisecond)
		}, Dist{Integrity: sri(small)}, httpfetch.ErrTimeout, "", "", 3},
		{"no address", func(w http.ResponseWriter) {}, Dist{Tarball: "file:///etc/passwd", Integrity: sri(small)}, ErrInvalid, "names no address", "operator", 0},
		{"plain http elsewhere", func(w http.ResponseWriter) {}, Dist{Tarball: "http://far.example.com/x.tgz", Integrity: sri(small)}, ErrInvalid, "offered by plain http", "unsafeHttpWhitelist", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reg := serve(t, func(w http.ResponseWriter, _ *http.Request, _ string) { tt.handle(w) })
			temp := t.TempDir()
			o := options{http: httpfetch.Config{Retries: 2}, cfg: Config{TempDir: temp, MaxTarball: 3 << 20}}
			if tt.kind == httpfetch.ErrTimeout {
				o.http.Timeout = 100 * time.Millisecond
			}
			c := client(t, reg.URL, o)
			tb, err := c.Tarball(t.Context(), "x", "1.0.0", tt.dist)
			var f *fault.Error
			if tb != nil || !errors.As(err, &f) || tt.kind != nil && !errors.Is(err, tt.kind) {
				t.Fatalf("%v, %v", tb, err)
			}
			if !strings.Contains(err.Error(), tt.want) || !strings.Contains(fault.NextOf(err), tt.next) {
				t.Errorf("%v\nnext %q", err, fault.NextOf(err))
			}
			if n := len(reg.seen()); n != tt.asked {
				t.Errorf("asked %d times, want %d", n, tt.asked)
			}
			if left, _ := os.ReadDir(temp); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestTarballIsTriedAgain(t *testing.T) {
	body := noise(3 << 20)
	var n atomic.Int32
	reg := serve(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		if n.Add(1) == 1 {
			_, _ = w.Write(body[:1<<20])
			return
		}
		_, _ = w.Write(body)
	})
	tb, err := client(t, reg.URL, options{}).Tarball(t.Context(), "x", "1.0.0", Dist{Integrity: sri(body)})
	if err != nil {
		t.Fatal(err)
	}
	_ = tb.Close()
}

func TestNoRoomForATarball(t *testing.T) {
	body := noise(inMemory + 1)
	reg := deliver(t, body)
	c := client(t, reg.URL, options{cfg: Config{TempDir: t.TempDir() + "/missing"}})
	_, err := c.Tarball(t.Context(), "x", "1.0.0", Dist{Integrity: sri(body)})
	if err == nil || !strings.Contains(err.Error(), "cannot keep a downloaded tarball") || !strings.Contains(fault.NextOf(err), "TMPDIR") {
		t.Errorf("err = %v", err)
	}
}

func TestVerifier(t *testing.T) {
	data := []byte("data")
	s1, s256 := sha1.Sum(data), sha256.Sum256(data)
	sha1hex, b64 := hex.EncodeToString(s1[:]), base64.StdEncoding.EncodeToString
	wrong512 := sri([]byte("other"))
	for _, tt := range []struct {
		name, integrity, shasum, algorithm string
		matches                            bool
	}{
		{"sha512", sri(data), "", "sha512", true},
		{"the shasum does not count beside it", wrong512, sha1hex, "sha512", false},
		{"the strongest counts", "sha256-" + b64(s256[:]) + " " + wrong512, "", "sha512", false},
		{"any of the strongest", wrong512 + "  " + sri(data) + "?opt", "", "sha512", true},
		{"sha256", "sha256-" + b64(s256[:]) + " sha1-" + b64(s1[:]), "", "sha256", true},
		{"sha1 in integrity", "sha1-" + b64(s1[:]), "", "sha1", true},
		{"shasum", "", sha1hex, "sha1", true},
		{"shasum where integrity is of no known kind", "md5-x", strings.ToUpper(sha1hex), "sha1", true},
		{"wrong shasum", "", strings.Repeat("0", 40), "sha1", false},
	} {
		v, ok := newVerifier(tt.integrity, tt.shasum)
		if !ok {
			t.Errorf("%s: nothing to check", tt.name)
			continue
		}
		h := v.new()
		h.Write(data)
		if v.algorithm != tt.algorithm || v.matches(h.Sum(nil)) != tt.matches {
			t.Errorf("%s: %s, %v", tt.name, v.algorithm, v.matches(h.Sum(nil)))
		}
	}
	for _, bad := range [][2]string{{"", ""}, {"sha512-", ""}, {"sha512-AAAA", "ab"}, {"", "zz" + strings.Repeat("0", 38)}} {
		if _, ok := newVerifier(bad[0], bad[1]); ok {
			t.Errorf("%q is taken for a checksum", bad)
		}
	}
}

func TestTarballURL(t *testing.T) {
	const def = "https://registry.yarnpkg.com"
	for _, tt := range []struct{ name, registry, pkg, tarball, want string }{
		{"as named", "https://r.example.com/npm", "x", "https://r.example.com/npm/x/-/x-1.0.0.tgz", "https://r.example.com/npm/x/-/x-1.0.0.tgz"},
		{"not named", "https://r.example.com/npm", "@s/x", "", "https://r.example.com/npm/@s/x/-/x-1.0.0.tgz"},
		{"another host", "https://r.example.com", "x", "https://cdn.example.com/y/x.tgz?sig=1", "https://cdn.example.com/y/x.tgz?sig=1"},
		{"the default server is an alias", "", "x", "https://behind.example.com/x/-/x-1.0.0.tgz", def + "/x/-/x-1.0.0.tgz"},
		{"the same by http", "", "@s/x", "http://behind.example.com/@s/x/-/x-1.0.0.tgz", def + "/@s/x/-/x-1.0.0.tgz"},
		{"escaped", "", "@s/x", "https://behind.example.com/@s%2fx/-/x-1.0.0.tgz", def + "/@s%2fx/-/x-1.0.0.tgz"},
		{"not conventional", "", "@s/x", "https://behind.example.com/@s/x/-/@s/x-1.0.0.tgz", "https://behind.example.com/@s/x/-/@s/x-1.0.0.tgz"},
		{"another version", "", "x", "https://behind.example.com/x/-/x-1.0.1.tgz", "https://behind.example.com/x/-/x-1.0.1.tgz"},
		{"no alias elsewhere", "https://r.example.com", "x", "https://behind.example.com/x/-/x-1.0.0.tgz", "https://behind.example.com/x/-/x-1.0.0.tgz"},
		{"http where the registry has https", "https://r.example.com", "x", "http://r.example.com/a/x.tgz", "https://r.example.com/a/x.tgz"},
		{"user and password are left out", "https://r.example.com", "x", "https://u:p@r.example.com/a/x.tgz", "https://r.example.com/a/x.tgz"},
	} {
		c := client(t, tt.registry, options{})
		got, err := c.tarballURL(c.cfg.Settings.Endpoint(tt.pkg), tt.pkg, "1.0.0", Dist{Tarball: tt.tarball})
		if err != nil || got != tt.want {
			t.Errorf("%s: %s, %v; want %s", tt.name, got, err, tt.want)
		}
	}
}

// Credentials go to the registry's own tarballs and nowhere else, whatever the
// packument says and wherever the registry redirects.
func TestTarballCredentials(t *testing.T) {
	body := noise(10)
	cdn := deliver(t, body)
	reg := serve(t, func(w http.ResponseWriter, r *http.Request, path string) {
		if path == "/npm/redirect.tgz" {
			http.Redirect(w, r, cdn.URL+"/from-redirect.tgz", http.StatusFound)
			return
		}
		_, _ = w.Write(body)
	})
	c := client(t, reg.URL+"/npm", options{rc: "npmAuthToken: secret\n"})
	for _, tarball := range []string{reg.URL + "/npm/x.tgz", reg.URL + "/elsewhere/x.tgz", reg.URL + "/npm/redirect.tgz", cdn.URL + "/named.tgz"} {
		tb, err := c.Tarball(t.Context(), "@s/x", "1.0.0", Dist{Tarball: tarball, Integrity: sri(body)})
		if err != nil {
			t.Fatal(err)
		}
		_ = tb.Close()
	}
	got := map[string]string{}
	for _, r := range append(reg.seen(), cdn.seen()...) {
		got[r.URL.Path] = r.Header.Get("Authorization")
	}
	for path, want := range map[string]string{"/npm/x.tgz": "Bearer secret", "/elsewhere/x.tgz": "", "/npm/redirect.tgz": "Bearer secret", "/from-redirect.tgz": "", "/named.tgz": ""} {
		if auth, ok := got[path]; !ok || auth != want {
			t.Errorf("%s: %q, want %q", path, auth, want)
		}
	}
}
