package trust

import (
	"testing"

	"github.com/portalctl/portalctl/internal/yarnlock"
)

// A package.json is read once for each side, whichever rules ask; what cannot be read has
// nothing to say, and is not tried again.
func TestManifestIsReadOnce(t *testing.T) {
	files := tree{"package.json": []byte(`{"packageManager": "yarn@1.22.22", "name": 7, "resolutions": {"a": "npm:b@1", "c": "npm:d@1", "c": "1.0.0", "e": "npm:"}}`),
		"broken/package.json": []byte("{")}
	c := newChecker(Input{Head: Side{Files: files}, Base: &Side{Files: files}})
	lock := &yarnlock.Lock{File: "yarn.lock", Kind: yarnlock.Classic}
	doc := c.now.beside(lock.File)
	if doc == nil || c.now.at(manifest) != doc || c.old.at(manifest) != doc || len(c.now.docs) != 1 || len(c.old.docs) > 0 {
		t.Errorf("read again: %v, %v", c.now.docs, c.old.docs)
	}
	c.old.tree = tree{manifest: []byte(`{"packageManager": "yarn@1.0.0"}`)}
	if got := textOf(c.old.at(manifest), "packageManager"); got != "yarn@1.0.0" {
		t.Errorf("the base's packageManager is %q", got)
	}
	if got := textOf(doc, "packageManager"); got != "yarn@1.22.22" || textOf(doc, "name") != "" || textOf(nil, "name") != "" {
		t.Errorf("packageManager is %q", got)
	}
	if a := c.now.aliases(lock); len(a) != 1 || !a[[2]string{"a", "b"}] {
		t.Errorf("aliases: %v", a)
	}
	c.now.tree = files
	if _, known := c.now.docs["broken/package.json"]; c.now.at("broken/package.json") != nil || known {
		t.Error("what is broken was read")
	}
	if _, known := c.now.docs["broken/package.json"]; !known {
		t.Error("what is broken is tried again")
	}
}

// A .yarnrc.yml is read once, too: for its settings and for a single one.
func TestSettingOf(t *testing.T) {
	list := readSettings(manifestsOf(tree{".yarnrc.yml": []byte("yarnPath: x.cjs\n"), "a/.yarnrc.yml": []byte("a: [")}, nil))
	for _, tt := range []struct{ file, key, want string }{
		{".yarnrc.yml", "yarnPath", "x.cjs"}, {".yarnrc.yml", "compressionLevel", ""}, {"a/.yarnrc.yml", "a", ""}, {"b/.yarnrc.yml", "a", ""},
	} {
		if got := settingOf(list, tt.file, tt.key); got != tt.want {
			t.Errorf("%s of %s is %q", tt.key, tt.file, got)
		}
	}
}
