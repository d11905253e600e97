package yarnpatch

import (
	"errors"
	"io/fs"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// memory is Files in a map; names end in "*" where the file is executable.
type memory struct{ files map[string]string }

func (m *memory) Read(p string) ([]byte, error) {
	s, ok := m.files[p]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return []byte(s), nil
}
func (m *memory) Write(p string, data []byte) error { m.files[p] = string(data); return nil }
func (m *memory) Create(p string, data []byte, executable bool) error {
	if executable {
		p += "*"
	}
	m.files[p] = string(data)
	return nil
}
func (m *memory) Remove(p string) error {
	if _, ok := m.files[p]; !ok {
		return fs.ErrNotExist
	}
	delete(m.files, p)
	return nil
}
func (m *memory) Begin() func() {
	kept := maps.Clone(m.files)
	return func() { m.files = kept }
}

// patchOf is the patch of one file with one hunk.
func patchOf(path, hunk string) string {
	return "diff --git a/" + path + " b/" + path + "\n--- a/" + path + "\n+++ b/" + path + "\n" + hunk
}

func apply(t *testing.T, files map[string]string, sources ...Source) (map[string]string, error) {
	t.Helper()
	p, err := New(sources, "1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	m := &memory{maps.Clone(files)}
	err = p.Apply(m)
	return m.files, err
}

func TestApply(t *testing.T) {
	const ten = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n"
	for name, c := range map[string]struct{ before, hunks, after string }{
		"replace":             {ten, "@@ -2,3 +2,3 @@\n 2\n-3\n+three\n 4\n", strings.Replace(ten, "3", "three", 1)},
		"insert":              {ten, "@@ -2,0 +3 @@\n+new\n", "1\n2\n3\nnew\n4\n5\n6\n7\n8\n9\n10\n"},
		"delete":              {ten, "@@ -2,3 +2,2 @@\n 2\n-3\n 4\n", strings.Replace(ten, "3\n", "", 1)},
		"moved down":          {ten, "@@ -1,2 +1,2 @@\n 7\n-8\n+eight\n", strings.Replace(ten, "8", "eight", 1)},
		"moved up":            {ten, "@@ -9,2 +9,2 @@\n 2\n-3\n+three\n", strings.Replace(ten, "3", "three", 1)},
		"first of equals":     {"a\nb\na\nb\na\nb\n", "@@ -3,2 +3,2 @@\n a\n-b\n+c\n", "a\nb\na\nc\na\nb\n"},
		"two hunks":           {ten, "@@ -1,1 +1,2 @@\n 1\n+1b\n@@ -5,2 +6,2 @@\n 5\n-6\n+six\n", "1\n1b\n2\n3\n4\n5\nsix\n7\n8\n9\n10\n"},
		"not before the last": {"x\na\nx\n", "@@ -2,2 +2,2 @@\n a\n-x\n+y\n@@ -3,0 +3,0 @@\n", "x\na\ny\n"},
		"white space":         {"a \t\nb\u00a0\n", "@@ -1,2 +1,2 @@\n a\n-b\n+c\n", "a \t\nc\n"},
		"empty context line":  {"a\n\nb\n", "@@ -1,3 +1,3 @@\n a\n\n-b\n+c\n", "a\n\nc\n"},
		"end of file gained":  {"a", "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n", "b\n"},
		"end of file lost":    {"a\n", "@@ -1 +1 @@\n-a\n+b\n\\ No newline at end of file\n", "b"},
		"invalid UTF-8":       {"a\n\xff\n", "@@ -1 +1 @@\n-a\n+b\n", "b\n\ufffd\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := apply(t, map[string]string{"f": c.before}, Source{Text: patchOf("f", c.hunks)})
			if err != nil || got["f"] != c.after {
				t.Errorf("got %q, %v; want %q", got["f"], err, c.after)
			}
		})
	}
}

func TestApplyWholeFiles(t *testing.T) {
	before := map[string]string{"old": "o\n", "kept": "k\n"}
	text := "diff --git a/old b/old\ndeleted file mode 100644\n--- a/old\n+++ /dev/null\n@@ -1 +0,0 @@\n-o\n" +
		"diff --git a/new b/new\nnew file mode 100755\n--- /dev/null\n+++ b/new\n@@ -0,0 +1,2 @@\n+n\n+m\n" +
		"diff --git a/../up/x b/../up/x\nnew file mode 100644\n" +
		"diff --git a/kept b/kept\nold mode 100644\nnew mode 100755\n"
	got, err := apply(t, before, Source{Text: text})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"kept": "k\n", "new*": "n\nm\n", "up/x": ""}, got); diff != "" {
		t.Error(diff)
	}
}

func TestMisfits(t *testing.T) {
	before := map[string]string{"f": "a\nb\n", "g": "g\n"}
	fits := patchOf("g", "@@ -1 +1 @@\n-g\n+G\n")
	for name, second := range map[string]string{
		"a line differs":     patchOf("f", "@@ -1,2 +1 @@\n a\n-x\n"),
		"longer than a file": patchOf("f", "@@ -1,4 +1,4 @@\n a\n b\n\n c\n"),
		"no such file":       patchOf("h", "@@ -1 +1 @@\n-a\n+b\n"),
		"nothing to delete":  "diff --git a/h b/h\ndeleted file mode 100644\n",
		"no file for a mode": "diff --git a/h b/h\nold mode 100644\nnew mode 100755\n",
	} {
		t.Run(name, func(t *testing.T) {
			misfit := Source{Text: fits + second}
			if _, err := apply(t, before, misfit); !errors.Is(err, ErrMisfit) {
				t.Errorf("got %v, want ErrMisfit", err)
			}
			misfit.Optional = true
			got, err := apply(t, before, misfit)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(before, got); diff != "" {
				t.Errorf("half of an optional patch was applied: %s", diff)
			}
			got, err = apply(t, before, misfit, Source{Text: fits})
			if err != nil || got["g"] != "G\n" {
				t.Errorf("the source behind it: %v, %v", got, err)
			}
		})
	}
	_, err := apply(t, before, Source{Text: "diff --git a/f b/h\nrename from f\nrename to h\n", Optional: true})
	if !errors.Is(err, ErrRename) {
		t.Errorf("a rename: %v", err)
	}
}

func TestMissingFails(t *testing.T) {
	missing := Source{Text: patchOf("h", "@@ -1 +1 @@\n-a\n+b\n"), Optional: true}
	differs := Source{Text: patchOf("f", "@@ -1 +1 @@\n-x\n+y\n"), Optional: true}
	p, err := New([]Source{differs, missing}, "1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Apply(&memory{map[string]string{"f": "a\n"}}); err != nil {
		t.Errorf("got %v", err)
	}
	p = p.Strict()
	if err := p.Apply(&memory{map[string]string{"f": "a\n"}}); !errors.Is(err, ErrMisfit) {
		t.Errorf("got %v, want ErrMisfit", err)
	}
	if err := p.Apply(&memory{map[string]string{"f": "a\n", "h": "h\n"}}); err != nil {
		t.Errorf("a file that is there, but differs: %v", err)
	}
}

// TestID holds that a cache does not take a source that had to fit for one that
// was left out.
func TestID(t *testing.T) {
	ids := map[string]bool{}
	for i := range 4 {
		p, err := New([]Source{{Text: small, Optional: i&1 != 0}, {Text: small, Optional: i&2 != 0}}, "1.0.0")
		if err != nil {
			t.Fatal(err)
		}
		ids[p.ID] = true
	}
	if len(ids) != 4 {
		t.Errorf("%v", ids)
	}
}

func TestBadPatches(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":          "",
		"words":            "just words\n",
		"diff line":        "diff --git x y\n",
		"hunk header":      patchOf("f", "@@ -a +b @@\n"),
		"too many lines":   patchOf("f", "@@ -1,1 +1,1 @@\n a\n b\n"),
		"pragma":           patchOf("f", "@@ -1 +1 @@\n a\n\\ What\n"),
		"pragma in front":  patchOf("f", "@@ -1 +1 @@\n\\ No newline at end of file\n"),
		"line in front":    "diff --git a/f b/f\n@@x\n a\n",
		"mode":             "diff --git a/f b/f\nnew file mode 120000\n",
		"rename to naught": "diff --git a/f b/f\nrename from f\n",
		"huge number":      patchOf("f", "@@ -99999999999999999999 +1 @@\n a\n"),
	} {
		if _, err := New([]Source{{Text: text}}, "1.0.0"); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// The hashes are what Yarn 4.17.1 put into locks for these texts.
func TestHash(t *testing.T) {
	z := "diff --git a/z.js b/z.js\nindex 1111111..2222222 100644\n--- a/z.js\n+++ b/z.js\n@@ -3,3 +3,4 @@ context of a function\n three\n-four\n+FOUR\n+and a half\n five\n"
	for text, want := range map[string]string{
		z:                                   "37752e",
		strings.ReplaceAll(z, "\n", "\r\n"): "37752e",
		"diff --git a/none b/none\nnew file mode 100644\nindex 0000000..e69de29\n":            "1fda25",
		"diff --git a/bin/run b/bin/run\nold mode 100755\nnew mode 100644\n" + z:              "b90c0c",
		"diff --git a/a.js b/c.js\nsimilarity index 100%\nrename from a.js\nrename to c.js\n": "8d4836",
	} {
		p, err := New([]Source{{Text: text}}, "1.0.0")
		if err != nil || p.Hash != want {
			t.Errorf("hash of %q: %v, %v; want %s", text, p, err, want)
		}
	}
}

func FuzzNew(f *testing.F) {
	f.Add(small, "a\nb\n")
	f.Add(patchOf("f", "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n"), "a")
	f.Add("diff --git a/f b/f\nnew file mode 100644\n@@ -0,0 +1 @@\n+n\n", "")
	f.Fuzz(func(t *testing.T, text, content string) {
		p, err := New([]Source{{Text: text}}, "1.0.0")
		if err != nil {
			return
		}
		again, err := New([]Source{{Text: strings.ReplaceAll(unixLines(text), "\n", "\r\n")}}, "1.0.0")
		if err != nil || again.ID != p.ID {
			t.Errorf("line ends change the hash: %v", err)
		}
		m := &memory{map[string]string{"a.js": content, "f": content}}
		_ = p.Apply(m)
	})
}
