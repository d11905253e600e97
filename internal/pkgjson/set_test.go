package pkgjson

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/jsonedit"
	"github.com/portalctl/portalctl/internal/semrange"
)

// A refused edit leaves the file, and the model, as they were.
func TestEditRefused(t *testing.T) {
	const src = `{"dependencies": {"a": "1"}}`
	f := mustParse(t, src)
	if err := f.Set(Dependencies, "b", "1"); err == nil {
		t.Error("Set of a missing dependency: no error")
	}
	err := f.Edit(func(d *jsonedit.Doc) error { return d.SetString([]string{"dependencies"}, "[]") })
	if err == nil || !strings.Contains(err.Error(), "must be an object") {
		t.Errorf("an edit that breaks the manifest: %v", err)
	}
	if string(f.Bytes()) != src || len(f.Deps(Dependencies)) != 1 {
		t.Error("the file changed")
	}
}

// The golden file shows a run over a file in a style that no formatter makes:
// mark, CRLF, tabs, inline objects, escapes, duplicates, no final newline.
func TestGolden(t *testing.T) {
	src, err := os.ReadFile("testdata/styles.in")
	if err != nil {
		t.Fatal(err)
	}
	f, err := Parse("styles.in", src)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(f.Bytes(), src) {
		t.Error("not kept")
	}
	to, _ := semrange.ParseVersion("1.5.0")
	for _, d := range f.AllDeps() {
		if moved, out := Retarget(d.Parsed, to, Options{Peer: d.Section == PeerDependencies}); out.Verdict == Changed {
			if err := f.Set(d.Section, d.Name, moved); err != nil {
				t.Fatal(err)
			}
		}
	}
	if *update {
		if err := os.WriteFile("testdata/styles.golden", f.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/styles.golden")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(f.Bytes())); diff != "" {
		t.Error(diff)
	}
}

// FuzzParse: no panic, nothing lost, and Set changes one literal.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`{"name":"a","dependencies":{"@s/b":"^1"},"resolutions":{"a/**/b":"1"}}`,
		"\ufeff{\r\n\t\"peerDependencies\" : { \"a\":\"\\u002a\" , \"a\":\"1\"}}", `{"workspaces":{"packages":["*"]}}`, `{"dependencies":[]}`, "",
	} {
		f.Add([]byte(s), "^2.0.0")
	}
	f.Fuzz(func(t *testing.T, src []byte, spec string) {
		file, err := Parse("package.json", src)
		if err != nil {
			if fault.NextOf(err) == "" {
				t.Fatalf("no next step: %v", err)
			}
			return
		}
		if !bytes.Equal(file.Bytes(), src) {
			t.Fatalf("Bytes() = %q", file.Bytes())
		}
		spec = strings.ToValidUTF8(spec, "")
		for i, d := range file.AllDeps() {
			if i == 8 {
				break
			}
			v, _ := file.Doc().Get(string(d.Section), d.Name)
			old := v.Raw()
			next, err := Parse("package.json", src)
			if err != nil {
				t.Fatal(err)
			}
			if err := next.Set(d.Section, d.Name, spec); err != nil {
				t.Fatal(err)
			}
			checkSplice(t, src, next.Bytes(), old, d.Spec == spec)
			if got := next.AllDeps()[i].Spec; got != spec {
				t.Fatalf("set %q, got %q", spec, got)
			}
		}
	})
}

// checkSplice fails unless after is before with old, once, replaced.
func checkSplice(t *testing.T, before, after, old []byte, same bool) {
	t.Helper()
	if same {
		if !bytes.Equal(before, after) {
			t.Fatalf("%q became %q", before, after)
		}
		return
	}
	for off := 0; ; off++ {
		i := bytes.Index(before[off:], old)
		if i < 0 {
			t.Fatalf("%q became %q: more than %q changed", before, after, old)
		}
		off += i
		if bytes.HasPrefix(after, before[:off]) && bytes.HasSuffix(after, before[off+len(old):]) {
			return
		}
	}
}

func TestSetAll(t *testing.T) {
	const src = "\xef\xbb\xbf{\r\n\t\"dependencies\": {\"a\": \"0\", \"a\": \"^1.0.0\", \"b\" :\"\\u0031\"},\r\n\t\"devDependencies\": {\"a\": \"2\"}}"
	f, err := Parse(FileName, []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	err = f.SetAll([]Dep{{Section: DevDependencies, Name: "a", Spec: "^2.0.0-next.1"}, {Section: Dependencies, Name: "b", Spec: "1"}, {Section: Dependencies, Name: "a", Spec: "1"}})
	if err != nil {
		t.Fatal(err)
	}
	const want = "\xef\xbb\xbf{\r\n\t\"dependencies\": {\"a\": \"0\", \"a\": \"1\", \"b\" :\"\\u0031\"},\r\n\t\"devDependencies\": {\"a\": \"^2.0.0-next.1\"}}"
	if string(f.Bytes()) != want {
		t.Errorf("got  %q\nwant %q", f.Bytes(), want)
	}
	if d := f.Deps(DevDependencies)[0]; d.Spec != "^2.0.0-next.1" || d.Pos.String() != "package.json:3:27" {
		t.Errorf("the model does not follow: %+v", d)
	}
	for name, deps := range map[string][]Dep{
		"missing":       {{Section: Dependencies, Name: "a", Spec: "3"}, {Section: Dependencies, Name: "c", Spec: "3"}},
		"other section": {{Section: PeerDependencies, Name: "a", Spec: "3"}},
		"no section":    {{Section: "scripts", Name: "a", Spec: "3"}},
		"twice":         {{Section: Dependencies, Name: "a", Spec: "3"}, {Section: Dependencies, Name: "a", Spec: "4"}},
	} {
		if err := f.SetAll(deps); err == nil {
			t.Errorf("%s: no error", name)
		}
		if string(f.Bytes()) != want {
			t.Errorf("%s: changed the file: %q", name, f.Bytes())
		}
	}
}
