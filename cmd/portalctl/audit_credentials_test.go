package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// host is a registry that notes who asks it.
type host struct {
	mu    sync.Mutex
	asked int
	auth  map[string]bool
	serve http.HandlerFunc
}

func (h *host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	h.asked++
	if h.auth == nil {
		h.auth = map[string]bool{}
	}
	h.auth[r.Header.Get("Authorization")] = true
	h.mu.Unlock()
	if h.serve != nil {
		h.serve(w, r)
		return
	}
	http.NotFound(w, r)
}

// TestAuditCredentials: where the registry is asked, and with which token, is
// the base's to say. A change that names another host gets no request there;
// nor does one that the base's own host redirects to get the token.
func TestAuditCredentials(t *testing.T) {
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is not installed: this test makes its repository with it")
	}
	good, evil := &host{}, &host{}
	goodServer, evilServer := httptest.NewServer(good), httptest.NewServer(evil)
	defer goodServer.Close()
	defer evilServer.Close()
	good.serve = func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, evilServer.URL+r.URL.Path, http.StatusFound)
	}

	dir := t.TempDir()
	write := func(name, text string) {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run := func(args ...string) {
		cmd := exec.Command(git, args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull,
			"GIT_AUTHOR_NAME=t", "GIT_AUTHOR_EMAIL=t@example.com", "GIT_COMMITTER_NAME=t", "GIT_COMMITTER_EMAIL=t@example.com")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	settings := func(url string) string {
		return "npmRegistryServer: \"" + url + "\"\nnpmAuthToken: \"${SECRET_TOKEN}\"\nnpmAlwaysAuth: true\nunsafeHttpWhitelist: [127.0.0.1]\n"
	}
	lock := func(version string) string {
		return "__metadata:\n  version: 8\n  cacheKey: 10c0\n\n\"a@npm:^1.0.0\":\n  version: " + version + "\n  resolution: \"a@npm:" + version + "\"\n" +
			"  checksum: 10c0/" + strings.Repeat("0", 128) + "\n  languageName: node\n  linkType: hard\n\n" +
			"\"root@workspace:.\":\n  version: 0.0.0-use.local\n  resolution: \"root@workspace:.\"\n  dependencies:\n    a: \"npm:^1.0.0\"\n  languageName: unknown\n  linkType: soft\n"
	}
	write("package.json", `{"name": "root", "private": true, "workspaces": [], "dependencies": {"a": "^1.0.0"}}`)
	write(".yarnrc.yml", settings(goodServer.URL))
	write("yarn.lock", lock("1.0.0"))
	run("init", "-q", "-b", "main")
	run("add", "-A")
	run("commit", "-q", "-m", "main")
	write(".yarnrc.yml", settings(evilServer.URL))
	write(".npmrc", "registry="+evilServer.URL+"\n//"+strings.TrimPrefix(evilServer.URL, "http://")+"/:_authToken=${SECRET_TOKEN}\n")
	write("yarn.lock", lock("1.0.1"))

	db := filepath.Join(t.TempDir(), "osv")
	if err := os.MkdirAll(db, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(db, "GHSA-jf85-cpcp-j695.json"), []byte(canary), 0o644); err != nil {
		t.Fatal(err)
	}
	environ := append(exampleEnv(t), "SECRET_TOKEN=s3cr3t-t0ken", "NO_PROXY=127.0.0.1", "YARN_HTTP_RETRY=0")
	code, out, errOut := run0(t, "", environ, "audit", "--base", "main", "--online", "--db", db, "-C", dir)
	if code != 1 || !strings.Contains(out, "yarnrc") {
		t.Errorf("code %d, %s%s", code, out, errOut)
	}
	if good.asked == 0 || !good.auth["Bearer s3cr3t-t0ken"] {
		t.Errorf("the base's registry was asked %d times, with %v", good.asked, good.auth)
	}
	if evil.auth["Bearer s3cr3t-t0ken"] {
		t.Errorf("the other host got the token in %d requests", evil.asked)
	}
	if strings.Contains(out+errOut, "s3cr3t") {
		t.Error("the token is in the report")
	}

	// Without the redirect the change's host hears nothing at all.
	good.serve, evil.asked = nil, 0
	if code, _, errOut := run0(t, "", environ, "audit", "--base", "main", "--online", "--db", db, "-C", dir); code != 1 {
		t.Errorf("code %d, %s", code, errOut)
	}
	if evil.asked != 0 {
		t.Errorf("the change's registry was asked %d times", evil.asked)
	}
}
