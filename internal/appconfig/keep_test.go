package appconfig

import (
	"testing"
	"testing/fstest"

	"github.com/portalctl/portalctl/internal/repofile"
)

// A reviewer reads a repository that is not that of this machine, without production's
// environment: what comes from there is there, and named.
func TestKeep(t *testing.T) {
	files := fstest.MapFS{
		"app-config.yaml":  {Data: []byte("app: {title: \"${TITLE}\"}\nurl: https://${HOST}/x\nkey: {$file: secret.txt}\nfrom: {$env: NAME}\nmounted: {$file: /run/secrets/db}\nport: ${PORT:-1}\n")},
		"app-config.p.yml": {Data: []byte("app: {title: Acme}\n")},
	}
	repo := repofile.State("/nowhere", files)
	load := func(keep bool) *Tree {
		tree, err := Load(Options{Root: "/nowhere", Repo: repo, Files: []string{"app-config.yaml", "app-config.p.yml"}, Keep: keep})
		if err != nil {
			t.Fatal(err)
		}
		return tree
	}
	tree := load(true)
	for key, want := range map[string]string{"app.title": "Acme", "url": "***", "key": "***", "mounted": "***", "from": "***", "port": "1"} {
		v, ok, err := tree.Get(key)
		if err != nil || !ok || v.String() != want {
			t.Errorf("%s is %s, %v, %v", key, v, ok, err)
		}
	}
	v, _, _ := tree.Get("url")
	if o := v.Origin(); len(o.Vars) != 1 || o.Vars[0] != "HOST" || o.Pos.Line != 2 {
		t.Errorf("url comes from %+v", o)
	}
	if v, ok, _ := tree.Get("key"); !ok || v.Origin().File == "" {
		t.Errorf("key comes from %+v", v.Origin())
	}
	if _, err := Load(Options{Root: "/nowhere", Repo: repo, Files: []string{"app-config.yaml"}}); err == nil {
		t.Error("a $file that is not there is no error")
	}
}
