package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/htmlreport"
)

// Places lead to files where it is sure which repository and commit they are of.
func TestFilesAt(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed: this test makes a repository with it")
	}
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "a portal"), 0o755); err != nil {
		t.Fatal(err)
	}
	git := func(args ...string) string {
		cmd := exec.Command("git", append([]string{"-c", "user.name=x", "-c", "user.email=x@example.com"}, args...)...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "-q")
	git("commit", "-q", "--allow-empty", "-m", "x")
	sha := git("rev-parse", "HEAD")
	github := map[string]string{"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "acme/portal", "GITHUB_SHA": sha}
	gitlab := map[string]string{"CI_PROJECT_URL": "https://gitlab.example/acme/portal", "CI_COMMIT_SHA": sha}
	other := map[string]string{"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "acme/portal", "GITHUB_SHA": strings.Repeat("0", 40)}
	for _, c := range []struct {
		vars map[string]string
		dir  string
		want htmlreport.Files
	}{
		{github, "a portal", htmlreport.Files{Base: "https://github.com/acme/portal/blob/" + sha, Dir: "a portal"}},
		{github, ".", htmlreport.Files{Base: "https://github.com/acme/portal/blob/" + sha, Dir: "."}},
		{gitlab, "a portal", htmlreport.Files{Base: "https://gitlab.example/acme/portal/-/blob/" + sha, Dir: "a portal"}},
		{other, "a portal", htmlreport.Files{}},
		{nil, "a portal", htmlreport.Files{}},
		{github, "../" + filepath.Base(t.TempDir()), htmlreport.Files{}},
	} {
		var e env
		for k, v := range c.vars {
			e.Environ = append(e.Environ, k+"="+v)
		}
		if got := e.filesAt(filepath.Join(dir, c.dir)); got != c.want {
			t.Errorf("%v, %s: %+v, want %+v", c.vars, c.dir, got, c.want)
		}
	}
}
