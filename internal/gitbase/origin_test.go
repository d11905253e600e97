package gitbase

import (
	"os"
	"path/filepath"
	"testing"
)

func TestOrigin(t *testing.T) {
	for _, tt := range []struct {
		name           string
		files          map[string]string
		remote, branch string
	}{
		{"a clone", map[string]string{"HEAD": "ref: refs/heads/feature/x\n", "config": "[remote \"origin\"]\n\turl = git@github.com:a/b.git\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n",
			"refs/remotes/origin/HEAD": "ref: refs/remotes/origin/release/1\n"}, "git@github.com:a/b.git", "release/1"},
		{"another name", map[string]string{"HEAD": "ref: refs/heads/feature\n", "config": "[remote \"upstream\"]\n\turl = https://u.example/a\n[remote \"corp\"]\n\turl = https://c.example/a\n",
			"refs/remotes/corp/HEAD": "ref: refs/remotes/corp/trunk\n"}, "https://c.example/a", "trunk"},
		{"no remote", map[string]string{"HEAD": "ref: refs/heads/master\n", "config": "[core]\n\tbare = false\n"}, "", "master"},
		{"a commit is checked out", map[string]string{"HEAD": "0123456789abcdef0123456789abcdef01234567\n"}, "", ""},
		{"no configuration that can be read", map[string]string{"HEAD": "ref: refs/heads/main\n", "config": "[remote\n"}, "", "main"},
	} {
		root := t.TempDir()
		for name, text := range tt.files {
			at := filepath.Join(root, ".git", filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		for _, dir := range []string{"objects", "refs"} {
			if err := os.MkdirAll(filepath.Join(root, ".git", dir), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		below := filepath.Join(root, "portal")
		if err := os.Mkdir(below, 0o755); err != nil {
			t.Fatal(err)
		}
		if remote, branch := Origin(below); remote != tt.remote || branch != tt.branch {
			t.Errorf("%s: %q and %q, want %q and %q", tt.name, remote, branch, tt.remote, tt.branch)
		}
	}
	if remote, branch := Origin(t.TempDir()); remote != "" || branch != "" {
		t.Errorf("outside of git: %q and %q", remote, branch)
	}
}
