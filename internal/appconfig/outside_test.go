package appconfig

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/fault"
)

// TestIncludesStayInTheRepository: a file of the repository takes nothing from
// elsewhere, by its name or through a link; a file that the user names may.
func TestIncludesStayInTheRepository(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret.yaml")
	write := func(name, text string) string {
		t.Helper()
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return file
	}
	write("secret.yaml", "hunter22\n")
	write("repo/shared/own.yaml", "fine\n")
	root := filepath.Join(dir, "repo", "portal")
	write("repo/.git/HEAD", "")
	write("repo/portal/inner.yaml", "a: {$file: ../../secret.yaml}\n")
	if err := os.Symlink(secret, filepath.Join(root, "link.yaml")); err != nil {
		t.Skip(err)
	}
	for _, config := range []string{
		"a: {$file: ../../secret.yaml}\n", "a: {$file: '" + secret + "'}\n", "a: {$file: link.yaml}\n", "a: {$file: '${WHERE}'}\n",
		"a: {$include: ../../secret.yaml}\n", "a: {$include: link.yaml}\n", "a: {$include: inner.yaml}\n",
	} {
		write("repo/portal/app-config.yaml", config)
		_, err := Load(Options{Root: root, Env: []string{"WHERE=" + secret}})
		if err == nil || !strings.Contains(err.Error(), "outside of the repository") || strings.Contains(err.Error(), "hunter22") || fault.NextOf(err) == "" {
			t.Errorf("%s%v", config, err)
		}
		// The same outside of the repository is the user's own.
		own := write("own/app-config.yaml", strings.ReplaceAll(strings.ReplaceAll(config, "../../", "../"), "link", "../secret"))
		write("own/inner.yaml", "a: {$file: ../secret.yaml}\n")
		tree, err := Load(Options{Root: root, Files: []string{own}, Env: []string{"WHERE=" + secret}})
		if err != nil {
			t.Errorf("named by the user: %s%v", config, err)
		} else if !strings.Contains(config, "inner") && textOf(t, tree) != "hunter22" {
			t.Errorf("named by the user: %s%q", config, textOf(t, tree))
		}
	}
	write("repo/portal/app-config.yaml", "a: {$file: ../shared/own.yaml}\n")
	if tree, err := Load(Options{Root: root}); err != nil || textOf(t, tree) != "fine" {
		t.Errorf("beside the portal: %v", err)
	}
	if err := os.Remove(filepath.Join(root, "app-config.yaml")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(root, "app-config.yaml")); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(Options{Root: root}); err == nil || strings.Contains(err.Error(), "hunter22") {
		t.Errorf("app-config.yaml as a link out: %v", err)
	}
}

func textOf(t *testing.T, tree *Tree) string {
	t.Helper()
	v, _, err := tree.Get("a")
	if err != nil {
		t.Fatal(err)
	}
	return v.Reveal()
}
