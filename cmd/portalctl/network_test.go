package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/ui"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// What comes by a way that a repository has set up is never what another
// repository finds in the cache.
func TestCacheOf(t *testing.T) {
	const yarn1 = "Yarn 1"
	home, cache := t.TempDir(), t.TempDir()
	s, _, _ := ui.Test("")
	of := func(t *testing.T, rc, npmrc string, environ ...string) string {
		t.Helper()
		dir := t.TempDir()
		files := map[string]string{".yarnrc.yml": rc, ".npmrc": npmrc, "ca.pem": "one"}
		if rc == yarn1 { // which alone reads .npmrc
			delete(files, ".yarnrc.yml")
			files["yarn.lock"] = "# yarn lockfile v1\n"
		}
		for name, text := range files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		e := env{Streams: s, Environ: append([]string{"HOME=" + home, "PORTALCTL_CACHE_DIR=" + cache}, environ...)}
		settings, err := yarnrc.Load(dir, e.Environ)
		if err != nil {
			t.Fatal(err)
		}
		got, err := e.cacheOf(httpConfig(settings, e, "https://registry.example/"), "https://registry.example/")
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := of(t, "nodeLinker: pnp\n", "registry=https://registry.example/\n"); got != cache {
		t.Errorf("plain settings: %s", got)
	}
	if got := of(t, "", "", "HTTPS_PROXY=http://proxy.corp:3128", "YARN_ENABLE_STRICT_SSL=false"); got != cache {
		t.Errorf("the environment's own: %s", got)
	}
	seen := map[string]string{}
	for name, text := range map[string][2]string{
		"proxy":         {"httpsProxy: http://evil.example:1\n", ""},
		"other proxy":   {"httpsProxy: http://evil.example:2\n", ""},
		"http proxy":    {"httpProxy: http://evil.example:1\n", ""},
		"host's proxy":  {"networkSettings:\n  \"registry.*\":\n    httpsProxy: http://evil.example:3\n", ""},
		"no TLS checks": {"enableStrictSsl: false\n", ""},
		"CA file":       {"httpsCaFilePath: ./ca.pem\n", ""},
		"npm proxy":     {yarn1, "https-proxy=http://evil.example:4\n"},
		"npm CA":        {yarn1, "ca=x\n"},
	} {
		got := of(t, text[0], text[1])
		if got == cache || !strings.HasPrefix(got, cache) {
			t.Errorf("%s: %s", name, got)
		}
		if other := seen[got]; other != "" {
			t.Errorf("%s has the cache of %s", name, other)
		}
		seen[got] = name
	}
	if got := of(t, "httpsProxy: http://user:hunter2@evil.example:1\n", ""); seen[got] != "proxy" {
		t.Errorf("a password is part of the name: %s", got)
	}
}

// The forged manifest of one branch is not what a clean branch reads.
func TestForgedManifestStaysApart(t *testing.T) {
	forged := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(`{"releaseVersion":"1.51.0","packages":[{"name":"@backstage/cli","version":"6.6.6"}]}`))
	}))
	defer forged.Close()
	environ := append(exampleEnv(t), "BACKSTAGE_VERSIONS_BASE_URL="+forged.URL)
	branch := func(rc string) (int, string) {
		dir := t.TempDir()
		copyExample(t, dir)
		if err := os.WriteFile(filepath.Join(dir, ".yarnrc.yml"), []byte(rc), 0o600); err != nil {
			t.Fatal(err)
		}
		code, out, errOut := run0(t, "", environ, "versions", "bump", "--dry-run", "--release", "1.51.0", "--lockfile", "skip", "-C", dir)
		return code, out + errOut
	}
	if _, text := branch("enableStrictSsl: false\n"); !strings.Contains(text, "6.6.6") {
		t.Fatalf("the evil branch does not even see it:\n%s", text)
	}
	if code, text := branch("nodeLinker: pnp\n"); code != 2 || strings.Contains(text, "6.6.6") {
		t.Errorf("the clean branch: exit %d\n%s", code, text)
	}
}

// The database's download takes no setting from where the cache lies.
func TestOwnSettingsAreNotTheCheckouts(t *testing.T) {
	checkout := t.TempDir()
	if err := os.WriteFile(filepath.Join(checkout, ".yarnrc.yml"), []byte("httpsProxy: http://evil.example:1\nenableStrictSsl: false\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, _, _ := ui.Test("")
	e := env{Streams: s, Environ: []string{"HOME=" + t.TempDir(), "PORTALCTL_CACHE_DIR=" + filepath.Join(checkout, ".cache")}}
	own, err := e.ownSettings()
	if err != nil {
		t.Fatal(err)
	}
	if cfg := httpConfig(own, e, "https://x.example"); cfg.InsecureSkipVerify || cfg.Proxy.HTTPS != "" {
		t.Errorf("%+v", cfg)
	}
}
