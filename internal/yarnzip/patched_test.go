package yarnzip_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/yarnpatch"
	"github.com/portalctl/portalctl/internal/yarnzip"
)

// patchedPackage is what the patches of these tests are applied to. Its names
// sort otherwise by bytes than by UTF-16.
func patchedPackage() []byte {
	return pack(
		file("z.js", "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\n"),
		file("lib/b.js", "no end"),
		tarEntry{name: "package/bin/run", body: "#!/bin/sh\nexit 0\n", mode: "0000755\x00"},
		dir("empty"),
		file("\U0001F600.js", "emoji"),
		file("\uFF5E.js", "wide tilde"),
		file("a.js", "a  \nb\t\nc\n"),
		symlink("link", "lib/b.js"),
		symlink("folder", "lib"),
		file("crlf.txt", "one\r\ntwo\r\nthree\r\n"),
		file("lib-b.js", "sorts before lib/"),
	)
}

func diff(path string, lines ...string) string {
	return "diff --git a/" + path + " b/" + path + "\nindex 1111111..2222222 100644\n--- a/" + path + "\n+++ b/" + path + "\n" +
		strings.Join(lines, "\n") + "\n"
}

func patches() map[string]string {
	z := diff("z.js", "@@ -3,3 +3,4 @@ context of a function", " three", "-four", "+FOUR", "+and a half", " five")
	return map[string]string{
		"change":         z,
		"far-off":        diff("z.js", "@@ -1,2 +1,2 @@", " eight", "-nine", "+NINE"),
		"behind":         diff("z.js", "@@ -9,2 +9,2 @@", " one", "-two", "+TWO"),
		"two-hunks":      diff("z.js", "@@ -1,2 +1,3 @@", " one", "+one and a half", " two", "@@ -8,3 +9,2 @@", " eight", "-nine", " ten"),
		"two-files":      z + diff("a.js", "@@ -1,3 +1,3 @@", " a", "-b", "+B", " c"),
		"trailing-blank": diff("a.js", "@@ -1,3 +1,3 @@", " a\t\t", "-b", "+B  ", " c"),
		"add-end":        diff("lib/b.js", "@@ -1 +1,2 @@", "-no end", `\ No newline at end of file`, "+an end", "+and more"),
		"drop-end":       diff("a.js", "@@ -2,2 +2,2 @@", " b", "-c", "+c", `\ No newline at end of file`),
		"keep-no-end":    diff("lib/b.js", "@@ -1 +1 @@", "-no end", `\ No newline at end of file`, "+still no end", `\ No newline at end of file`),
		"create": "diff --git a/deep/new.js b/deep/new.js\nnew file mode 100644\nindex 0000000..3333333\n--- /dev/null\n+++ b/deep/new.js\n@@ -0,0 +1,2 @@\n+new\n+file\n" +
			"diff --git a/new.sh b/new.sh\nnew file mode 100755\nindex 0000000..4444444\n--- /dev/null\n+++ b/new.sh\n@@ -0,0 +1 @@\n+#!/bin/sh\n\\ No newline at end of file\n",
		"create-empty":     "diff --git a/none b/none\nnew file mode 100644\nindex 0000000..e69de29\n",
		"create-over":      "diff --git a/a.js b/a.js\nnew file mode 100644\nindex 0000000..3333333\n--- /dev/null\n+++ b/a.js\n@@ -0,0 +1 @@\n+over\n",
		"delete":           "diff --git a/a.js b/a.js\ndeleted file mode 100644\nindex 5555555..0000000\n--- a/a.js\n+++ /dev/null\n@@ -1,3 +0,0 @@\n-a\n-b\n-c\n",
		"delete-create":    "diff --git a/a.js b/a.js\ndeleted file mode 100644\nindex 5555555..0000000\n" + "diff --git a/a.js b/a.js\nnew file mode 100644\nindex 0000000..3333333\n--- /dev/null\n+++ b/a.js\n@@ -0,0 +1 @@\n+again\n",
		"mode":             "diff --git a/bin/run b/bin/run\nold mode 100755\nnew mode 100644\n" + z,
		"executable":       diff("bin/run", "@@ -1,2 +1,2 @@", " #!/bin/sh", "-exit 0", "+exit 1"),
		"crlf-patch":       strings.ReplaceAll(z, "\n", "\r\n"),
		"crlf-file":        diff("crlf.txt", "@@ -1,3 +1,3 @@", " one", "-two", "+TWO", " three"),
		"escapes":          diff("z.js", "@@ -1,2 +1,2 @@", " one", "-two", "+\"\\\b\f\t\x01\x1f\u2028<&>\x7f é \U0001F600"),
		"exclusive":        "diff --git a/z.js b/z.js\nindex 1..2\nsemver exclusivity ^1.0.0\n--- a/z.js\n+++ b/z.js\n@@ -1,2 +1,2 @@\n one\n-two\n+for 1.x\n" + "diff --git a/a.js b/a.js\nsemver exclusivity ^2.0.0\n--- a/a.js\n+++ b/a.js\n@@ -1,2 +1,2 @@\n a\n-b\n+for 2.x\n",
		"no-context":       diff("z.js", "@@ -2,0 +3 @@", "+inserted"),
		"through-symlink":  diff("link", "@@ -1 +1 @@", "-no end", `\ No newline at end of file`, "+through", `\ No newline at end of file`),
		"in-linked-folder": diff("folder/b.js", "@@ -1 +1 @@", "-no end", `\ No newline at end of file`, "+through", `\ No newline at end of file`),
		"text-before":      "Some words about the patch.\n\n" + z,
		"optional-misfit":  z + diff("a.js", "@@ -1,2 +1,2 @@", " a", "-x", "+y"),
		"optional-missing": z + diff("missing.js", "@@ -1,2 +1,2 @@", " a", "-x", "+y"),
		"misfit":           diff("a.js", "@@ -1,2 +1,2 @@", " a", "-x", "+y"),
		"missing":          diff("missing.js", "@@ -1,2 +1,2 @@", " a", "-x", "+y"),
		"bad-count":        diff("a.js", "@@ -1,5 +1,2 @@", " a", "-b", "+y"),
		"bad-header":       diff("a.js", "@@ -1,x +1,2 @@", " a"),
		"bad-mode":         "diff --git a/x b/x\nnew file mode 100600\n",
		"nothing":          "no patch at all\n",
		"rename":           "diff --git a/a.js b/c.js\nsimilarity index 100%\nrename from a.js\nrename to c.js\n",
	}
}

// TestWritePatches writes the patches for testdata/record.mjs.
func TestWritePatches(t *testing.T) {
	dir := os.Getenv("PORTALCTL_WRITE_PATCHES")
	if dir == "" {
		t.Skip("set PORTALCTL_WRITE_PATCHES to a folder to write the patches to")
	}
	all := map[string][]byte{"patched.tgz": patchedPackage()}
	for name, text := range patches() {
		all[name+".patch"] = []byte(text)
	}
	for name, data := range all {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPatchesAsYarn(t *testing.T) {
	b, err := os.ReadFile("testdata/patches.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded map[string]struct{ Checksum, Hash, Error string }
	if err := json.Unmarshal(b, &recorded); err != nil {
		t.Fatal(err)
	}
	cases := patches()
	if len(recorded) != len(cases) {
		t.Errorf("%d patches, %d recorded", len(cases), len(recorded))
	}
	spilling := yarnzip.DefaultLimits()
	spilling.Buffer = 100
	for name, text := range cases {
		for mode, lim := range map[string]yarnzip.Limits{"in memory": yarnzip.DefaultLimits(), "spilled": spilling} {
			t.Run(name+"/"+mode, func(t *testing.T) {
				lim.TempDir = t.TempDir()
				want, ok := recorded[name]
				if !ok {
					t.Fatal("not recorded: see testdata/README.md")
				}
				sum, hash, err := patchedSum(text, strings.HasPrefix(name, "optional-"), lim)
				switch {
				case name == "rename", name == "through-symlink": // Yarn puts the time of day into the latter
					if !errors.Is(err, yarnzip.ErrUnsupported) {
						t.Errorf("got %v, want ErrUnsupported", err)
					}
				case want.Error != "":
					misfit := name == "misfit" || name == "missing"
					if err == nil || misfit != errors.Is(err, yarnpatch.ErrMisfit) || misfit && !strings.Contains(fault.NextOf(err), "yarn patch") {
						t.Errorf("got %q and %v, Yarn fails: %s", sum, err, want.Error)
					}
				case err != nil || sum != want.Checksum || hash != want.Hash:
					t.Errorf("got %q, %s and %v, Yarn has %s, %s", sum, hash, err, want.Checksum, want.Hash)
				}
				if left, _ := os.ReadDir(lim.TempDir); len(left) > 0 {
					t.Errorf("%s was left behind", left[0].Name())
				}
			})
		}
	}
}

func patchedSum(text string, optional bool, lim yarnzip.Limits) (sum, hash string, err error) {
	p, err := yarnpatch.New([]yarnpatch.Source{{Text: text, Optional: optional}}, "1.0.0")
	if err != nil {
		return "", "", err
	}
	tgz := patchedPackage()
	sum, err = yarnzip.ChecksumAt(context.Background(), bytes.NewReader(tgz), int64(len(tgz)), "case-patched", yarnzip.Stored, p, lim)
	return sum, p.Hash, err
}
