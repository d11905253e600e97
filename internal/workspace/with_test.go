package workspace

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWithOtherTexts(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"package.json":            `{"name":"root","workspaces":["packages/*"]}`,
		"packages/a/package.json": `{"name":"a","dependencies":{"x":"1.0.0"}}`,
		"packages/b/package.json": `{"name":"b"}`,
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	q, err := p.With(map[string][]byte{
		"packages/a/package.json": []byte(`{"name":"renamed","dependencies":{"x":"2.0.0"}}`),
		"backstage.json":          []byte(`{}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := q.ByName("renamed").File.AllDeps()[0].Spec; got != "2.0.0" || q.ByName("a") != nil || q.ByRel("packages/a").File.Name != "renamed" {
		t.Errorf("the new text is not used: spec %q", got)
	}
	if got := p.ByName("a").File.AllDeps()[0].Spec; got != "1.0.0" || p.ByName("renamed") != nil {
		t.Errorf("the project itself changed: spec %q", got)
	}
	if q.ByName("b") != p.ByName("b") {
		t.Error("a workspace without a new text was read again")
	}
	if _, err := p.With(map[string][]byte{"packages/a/package.json": []byte(`{`)}); err == nil {
		t.Error("a text that does not parse was taken")
	}
}
