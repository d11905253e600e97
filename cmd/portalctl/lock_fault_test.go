package main

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/npmregistry"
)

const gainTarball = "/gain/-/gain-1.2.0.tgz"

// A registry that fails for good: a clear error, the lock as it was, and
// nothing in any cache that a later run would believe.
func TestLockRegistryFaults(t *testing.T) {
	t.Parallel()
	side := testkit.SideBySide(t)
	defer side.Wait()
	html := "<!DOCTYPE html><html><body>Please log in</body></html>"
	other := string(npmregistry.Pack(map[string]any{"name": "evil", "version": "6.6.6"}))
	for _, tt := range []struct {
		name  string
		set   func(*lockPortal)
		texts []string
	}{
		{"packument 500", func(p *lockPortal) { p.reg.Fail("/gain", -1, npmregistry.Status(500)) },
			[]string{"gain@npm:^1.0.0, asked for by app", "/gain", "500 Internal Server Error", "tried 4 times", "packages/app/package.json:3:13"}},
		{"packument 404", func(p *lockPortal) { p.reg.Fail("/gain", -1, npmregistry.Status(404)) },
			[]string{"gain@npm:^1.0.0, asked for by app", "packages/app/package.json:3:13", "the registry does not have it"}},
		{"inner packument 404", func(p *lockPortal) { p.reg.Fail("/inner", -1, npmregistry.Status(404)) },
			[]string{"inner@npm:^2.0.0, asked for by gain 1.2.0", "the registry does not have it"}},
		{"packument 401", func(p *lockPortal) { p.reg.Fail("/gain", -1, npmregistry.Status(401)) },
			[]string{"gain@npm:^1.0.0, asked for by app", "refuses access", "npmAuthToken"}},
		{"packument 429", func(p *lockPortal) { p.reg.Fail("/gain", -1, npmregistry.Status(429, "Retry-After: 0")) },
			[]string{"429 Too Many Requests", "tried 2 times", "Run the command again later"}},
		{"packument 429, for an hour", func(p *lockPortal) { p.reg.Fail("/gain", -1, npmregistry.Status(429, "Retry-After: 3600")) },
			[]string{"429 Too Many Requests and asks to wait 1h0m0s", "Run the command again later"}},
		{"packument is HTML", func(p *lockPortal) { p.reg.Fail("/gain", -1, npmregistry.Body("text/html; charset=utf-8", html)) },
			[]string{"it is text/html, not JSON", "a proxy or a login page"}},
		{"packument is HTML that calls itself JSON", func(p *lockPortal) { p.reg.Fail("/gain", -1, npmregistry.Body("application/json", html)) },
			[]string{"the answer for gain is not a packument", "a proxy or a login page"}},
		{"packument of another package", func(p *lockPortal) {
			p.reg.Fail("/gain", -1, npmregistry.Body("application/json", string(p.reg.Packument("keep"))))
		}, []string{"the answer for gain is not a packument", `it is about "keep"`}},
		{"packument refused", func(p *lockPortal) {
			p.reg.Fail("/gain", -1, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		},
			[]string{"/gain", "the connection to 127.0.0.1", "broke off"}},
		{"packument cut", func(p *lockPortal) {
			p.reg.Fail("/gain", -1, npmregistry.Cut("application/json", string(p.reg.Packument("gain"))))
		}, []string{"/gain", "next: Run the command again"}},
		{"packument incomplete", func(p *lockPortal) {
			whole := string(p.reg.Packument("gain"))
			p.reg.Fail("/gain", -1, npmregistry.Body("application/json", whole[:len(whole)/2]))
		}, []string{"the answer for gain is incomplete", "next: Run the command again"}},
		{"packument stalls", func(p *lockPortal) {
			p.env = []string{"YARN_HTTP_TIMEOUT=1000"}
			p.reg.Fail("/gain", -1, npmregistry.Stall("application/json", string(p.reg.Packument("gain"))))
		}, []string{"/gain", "the server did not answer in time"}},
		{"packument is a bomb", func(p *lockPortal) { p.reg.Fail("/gain", -1, gzipBomb(192<<20)) },
			[]string{"/gain", "larger than allowed"}},
		{"redirect loop", func(p *lockPortal) {
			p.reg.Fail("/gain", -1, npmregistry.Redirect("/elsewhere"))
			p.reg.Fail("/elsewhere", -1, npmregistry.Redirect("/gain"))
		}, []string{"/gain", "it redirects in a circle"}},
		{"tarball 500", func(p *lockPortal) { p.reg.Fail(gainTarball, -1, npmregistry.Status(503)) },
			[]string{gainTarball, "503 Service Unavailable", "gain@npm:1.2.0, asked for by app"}},
		{"tarball 404", func(p *lockPortal) { p.reg.Fail(gainTarball, -1, npmregistry.Status(404)) },
			[]string{gainTarball, "gain@1.2.0", "the registry does not have it", "asked for by app"}},
		{"tarball 429", func(p *lockPortal) { p.reg.Fail(gainTarball, -1, npmregistry.Status(429, "Retry-After: 0")) },
			[]string{gainTarball, "429 Too Many Requests", "later"}},
		{"tarball cut", func(p *lockPortal) {
			p.reg.Fail(gainTarball, -1, npmregistry.Cut("application/octet-stream", string(p.reg.Served(gainTarball))))
		}, []string{gainTarball, "unexpected EOF", "next: Run the command again"}},
		{"tarball shorter than published", func(p *lockPortal) {
			whole := string(p.reg.Served(gainTarball))
			p.reg.Fail(gainTarball, -1, npmregistry.Body("application/octet-stream", whole[:len(whole)-9]))
		}, []string{gainTarball, "gain@1.2.0", "does not match its checksum"}},
		{"tarball tampered with", func(p *lockPortal) { p.reg.Fail(gainTarball, -1, npmregistry.Body("application/octet-stream", other)) },
			[]string{gainTarball, "gain@1.2.0 (sha512)", "does not match its checksum", "do not use the package"}},
		{"tarball is HTML", func(p *lockPortal) { p.reg.Fail(gainTarball, -1, npmregistry.Body("text/html", html)) },
			[]string{"does not match its checksum", "a proxy or a login page"}},
		{"tarball stalls", func(p *lockPortal) {
			p.env = []string{"YARN_HTTP_TIMEOUT=1000"}
			p.reg.Fail(gainTarball, -1, npmregistry.Stall("application/octet-stream", string(p.reg.Served(gainTarball))))
		}, []string{gainTarball, "the server did not answer in time"}},
		{"tarball redirect loop", func(p *lockPortal) { p.reg.Fail(gainTarball, -1, npmregistry.Redirect(gainTarball)) },
			[]string{gainTarball, "it redirects in a circle"}},
		{"tarball announces 10 GB", func(p *lockPortal) {
			p.reg.Fail(gainTarball, -1, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "10000000000")
				_, _ = w.Write([]byte("x"))
			})
		}, []string{gainTarball, "larger than allowed"}},
	} {
		side.Run(tt.name, func(t *testing.T) {
			p := newLockPortal(t)
			tt.set(p)
			if tt.name != "packument 500" { // one waits for all retries
				p.env = append(p.env, "YARN_HTTP_RETRY=1")
			}
			p.mustFail(tt.texts...)
			p.env = nil
			p.mustHeal()
		})
	}
}

// gzipBomb is JSON that unpacks to size bytes.
func gzipBomb(size int) http.HandlerFunc {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	_, _ = z.Write([]byte(`{"name":"gain","versions":{"1.0.0":{"x":"`))
	blank := bytes.Repeat([]byte("x"), 1<<20)
	for range size / len(blank) {
		_, _ = z.Write(blank)
	}
	_ = z.Close()
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(b.Bytes())
	}
}

// Faults that pass: the run succeeds, and what it writes and keeps is right.
func TestLockPassingFaults(t *testing.T) {
	octets := "application/octet-stream"
	for _, tt := range []struct {
		name string
		set  func(*lockPortal)
	}{
		{"500 once", func(p *lockPortal) {
			p.reg.Fail("/gain", 1, npmregistry.Status(500))
			p.reg.Fail(gainTarball, 1, npmregistry.Status(502))
		}},
		{"429 once", func(p *lockPortal) { p.reg.Fail("/gain", 1, npmregistry.Status(429, "Retry-After: 0")) }},
		{"cut once", func(p *lockPortal) {
			p.reg.Fail("/inner", 1, npmregistry.Cut("application/json", string(p.reg.Packument("inner"))))
			p.reg.Fail(gainTarball, 1, npmregistry.Cut(octets, string(p.reg.Served(gainTarball))))
		}},
		{"incomplete once", func(p *lockPortal) {
			p.reg.Fail("/inner", 1, npmregistry.Body("application/json", `{"name":"inner","versions":{`))
		}},
		{"stalls once", func(p *lockPortal) {
			p.env = []string{"YARN_HTTP_TIMEOUT=300"}
			p.reg.Fail("/gain", 1, npmregistry.Stall("application/json", string(p.reg.Packument("gain"))))
			p.reg.Fail(gainTarball, 1, npmregistry.Stall(octets, string(p.reg.Served(gainTarball))))
		}},
		{"slow, but never silent", func(p *lockPortal) {
			p.env = []string{"YARN_HTTP_TIMEOUT=500"}
			p.reg.Fail("/gain", -1, npmregistry.Dribble("application/json", string(p.reg.Packument("gain")), 80*time.Millisecond))
			p.reg.Fail(gainTarball, -1, npmregistry.Dribble(octets, string(p.reg.Served(gainTarball)), 80*time.Millisecond))
		}},
		{"redirect on the same host", func(p *lockPortal) {
			p.reg.Fail("/gain", -1, npmregistry.Redirect("/mirror/gain"))
			p.reg.Fail("/mirror/gain", -1, npmregistry.Body("application/json", string(p.reg.Packument("gain"))))
			p.reg.Fail(gainTarball, -1, npmregistry.Redirect("/mirror.tgz"))
			p.reg.Fail("/mirror.tgz", -1, npmregistry.Body(octets, string(p.reg.Served(gainTarball))))
		}},
		{"HTML error pages are not asked for their type", func(p *lockPortal) {
			p.reg.Fail("/gain", 2, npmregistry.Status(503, "Content-Type: text/html", "Retry-After: 0"))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newLockPortal(t)
			tt.set(p)
			p.mustBeRight("with the fault")
			p.env = nil
			p.mustHeal()
		})
	}
}

// The server's word on when to come back counts.
func TestLockWaitsForRetryAfter(t *testing.T) {
	p := newLockPortal(t)
	var first, second time.Time
	p.reg.Fail("/gain", 2, func(w http.ResponseWriter, req *http.Request) {
		if first.IsZero() {
			first = time.Now()
			npmregistry.Status(429, "Retry-After: 1")(w, req)
			return
		}
		second = time.Now()
		npmregistry.Body("application/json", string(p.reg.Packument("gain")))(w, req)
	})
	p.mustBeRight("after 429")
	if wait := second.Sub(first); wait < time.Second || wait > 10*time.Second {
		t.Errorf("asked again after %v, want what Retry-After says: 1s", wait)
	}
}

// What the packument says of the tarball is wrong: no checksum is made up, and
// a later run, for which the registry was put right, does not believe a cached
// packument that led nowhere.
func TestLockWrongIntegrity(t *testing.T) {
	t.Parallel()
	side := testkit.SideBySide(t)
	defer side.Wait()
	for _, tt := range []struct {
		name  string
		field string
		value any
		texts []string
	}{
		{"of another tarball", "integrity", npmregistry.Integrity([]byte("something else")), []string{"gain@1.2.0 (sha512)", "does not match its checksum"}},
		{"missing", "integrity", nil, []string{"no usable checksum for gain@1.2.0"}},
		{"garbage", "integrity", "sha512-!!!", []string{"no usable checksum for gain@1.2.0"}},
		{"unknown algorithm", "integrity", "md5-1B2M2Y8AsgTpgAmY7PhCfg==", []string{"no usable checksum for gain@1.2.0"}},
		{"no address", "tarball", "ftp://127.0.0.1/gain.tgz", []string{"gain@1.2.0", "no address for the tarball"}},
		{"an address by http of a strange host", "tarball", "http://registry.invalid/gain.tgz", []string{"gain@1.2.0", "plain http", "unsafeHttpWhitelist"}},
	} {
		side.Run(tt.name, func(t *testing.T) {
			p := newLockPortal(t)
			was := p.reg.DistOf("gain@1.2.0")[tt.field]
			p.reg.Dist("gain@1.2.0", tt.field, tt.value)
			p.mustFail(tt.texts...)
			p.reg.Dist("gain@1.2.0", tt.field, was)
			p.mustHeal()
		})
	}
}

// A checksum is kept for one content of the tarball only.
func TestLockChecksumsBelongToAnIntegrity(t *testing.T) {
	t.Parallel()
	p := newLockPortal(t)
	// For a while the registry, or somebody in its place, serves another
	// package, consistently.
	good, goodDist := p.reg.Served(gainTarball), p.reg.DistOf("gain@1.2.0")["integrity"]
	evil := npmregistry.Pack(map[string]any{"name": "gain", "version": "1.2.0", "scripts": map[string]string{"install": "evil"}})
	p.reg.Fail(gainTarball, -1, npmregistry.Body("application/octet-stream", string(evil)))
	p.reg.Dist("gain@1.2.0", "integrity", npmregistry.Integrity(evil))
	p.mustLock()
	if p.lockText() == p.after {
		t.Fatal("another tarball has the same checksum")
	}
	// Then it is put right. The packument may be cached; the checksum is not
	// that of the other tarball.
	p.reg.Dist("gain@1.2.0", "integrity", goodDist)
	if err := os.RemoveAll(filepath.Join(p.cache, "registry")); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(good, p.reg.Served(gainTarball)) {
		t.Fatal("the tarball changed")
	}
	p.mustHeal()
}

// A checksum cache that was damaged on disk is worth nothing, but does no harm.
func TestLockDamagedChecksumCache(t *testing.T) {
	t.Parallel()
	side := testkit.SideBySide(t)
	defer side.Wait()
	for _, tt := range []struct {
		name   string
		damage func(string) string
	}{
		{"a digit of each checksum", func(s string) string {
			lines := strings.Split(s, "\n")
			for i, l := range lines {
				if l != "" {
					c := byte('0')
					if l[len(l)-1] == c {
						c = '1'
					}
					lines[i] = l[:len(l)-1] + string(c)
				}
			}
			return strings.Join(lines, "\n")
		}},
		{"cut", func(s string) string { return s[:len(s)/2] }},
		{"zeros", func(s string) string { return strings.Repeat("\x00", len(s)) }},
		{"another package's line", func(s string) string {
			return strings.NewReplacer("gain@1.2.0", "inner@2.1.0", "inner@2.1.0", "gain@1.2.0").Replace(s)
		}},
	} {
		side.Run(tt.name, func(t *testing.T) {
			p := newLockPortal(t)
			p.mustBeRight("first run")
			changed := 0
			for name, text := range readTree(t, filepath.Join(p.cache, "checksums")) {
				path := filepath.Join(p.cache, "checksums", name)
				if err := os.WriteFile(path, []byte(tt.damage(text)), 0o600); err != nil {
					t.Fatal(err)
				}
				changed++
			}
			if changed == 0 {
				t.Fatal("no checksum was kept")
			}
			p.reg.Heal()
			p.write("yarn.lock", p.before)
			p.mustBeRight("with the damaged cache")
			if len(p.reg.Asked(gainTarball))+len(p.reg.Asked("/inner/-/")) == 0 {
				t.Error("a damaged checksum was believed: nothing was downloaded")
			}
			p.mustHeal()
		})
	}
}
