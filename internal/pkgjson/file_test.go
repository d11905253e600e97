package pkgjson

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/testkit/testshared"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// parsed compares specs by their text: what it means is the spec package's.
var parsed = cmp.Comparer(func(a, b spec.Spec) bool { return a.Raw == b.Raw })

func mustParse(t *testing.T, src string) *File {
	t.Helper()
	f, err := Parse("package.json", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestParseModel(t *testing.T) {
	yes, no := true, false
	got := mustParse(t, `{
  "name": "@s/app", "version": "1.2.3", "private": true, "license": "Apache-2.0",
  "packageManager": "yarn@4.13.0+sha224.abc",
  "workspaces": {"packages": ["packages/*", "!packages/old"], "nohoist": ["**"]},
  "backstage": {"role": "backend-plugin", "pluginId": "x", "pluginPackage": "p", "pluginPackages": ["a", 1, "b"], "moved": "@t/app", "more": {}},
  "bin": {"@s/one": "bin\\one.js", "two": "./two", "bad": 1, "blank": " "},
  "scripts": {"postinstall": "x", "bad": null},
  "dependenciesMeta": {"a@npm:1.0.0": {"built": false, "unplugged": true}, "@s/b": {"optional": true, "built": "no"}, "c": 1},
  "peerDependenciesMeta": {"react": {"optional": true}, "vue": {"optional": "yes"}},
  "os": ["linux", 1], "cpu": ["x64"], "libc": ["glibc"],
  "unknown": [[{}]]
}`)
	want := &File{
		Name: "@s/app", NamePos: fault.Pos{File: "package.json", Line: 2, Col: 11}, Version: "1.2.3", Private: true, License: "Apache-2.0",
		PackageManager: PackageManager{Raw: "yarn@4.13.0+sha224.abc", Name: "yarn", Version: "4.13.0", Hash: "sha224.abc"},
		Workspaces:     []string{"packages/*", "!packages/old"}, HasWorkspaces: true,
		Backstage: Backstage{Role: "backend-plugin", PluginID: "x", PluginPackage: "p", PluginPackages: []string{"a", "b"}, Moved: "@t/app"},
		Bin:       []Bin{{"one", "bin/one.js"}, {"two", "./two"}},
		Scripts:   map[string]string{"postinstall": "x"},
		DependenciesMeta: []DependencyMeta{
			{Name: "a", Range: "npm:1.0.0", Built: &no, Unplugged: &yes}, {Name: "@s/b", Optional: &yes},
		},
		PeerDependenciesMeta: []PeerDependencyMeta{{"react", &yes}, {"vue", nil}},
		OS:                   []string{"linux"}, CPU: []string{"x64"}, Libc: []string{"glibc"},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(File{})); diff != "" {
		t.Error(diff)
	}
	if pos := got.WorkspacePos(1).String(); pos != "package.json:4:45" {
		t.Errorf("WorkspacePos(1) = %s", pos)
	}
}

func TestParseTolerates(t *testing.T) {
	for _, src := range []string{
		"", "\ufeff", "{}", "\ufeff{}",
		`{"name": null, "version": null, "workspaces": null, "dependencies": null, "resolutions": null, "packageManager": null}`,
		`{"bin": 1, "scripts": [], "os": "linux", "backstage": "x", "dependenciesMeta": 1, "peerDependenciesMeta": [], "private": "yes", "license": {}}`,
		`{"name": "Upper.Case_~'()!*", "workspaces": {"nohoist": []}}`,
	} {
		f := mustParse(t, src)
		if got := string(f.Bytes()); got != src {
			t.Errorf("Bytes() = %q, want %q", got, src)
		}
		if f.Bin != nil || f.OS != nil || f.Private || len(f.AllDeps()) != 0 || f.NamePos.File == "" {
			t.Errorf("%s: %+v", src, f)
		}
	}
	if f := mustParse(t, `{"name": "@s/x", "bin": ".\\x"}`); !cmp.Equal(f.Bin, []Bin{{"x", "./x"}}) {
		t.Errorf("Bin = %v", f.Bin)
	}
	if f := mustParse(t, `{"bin": "./x"}`); f.Bin != nil {
		t.Errorf("a bin without name: %v", f.Bin)
	}
}

func TestParseFaults(t *testing.T) {
	tests := []struct{ src, want string }{
		{`[]`, `package.json:1:1: a package.json is an array, but must be an object`},
		{`{"name": 1}`, `package.json:1:10: name is a number, but must be a string`},
		{`{"name": ""}`, `package.json:1:10: "" is not a valid package name: it is empty`},
		{`{"name": "a b"}`, `package.json:1:10: "a b" is not a valid package name: it must not have the character ' '`},
		{`{"name": "a@1"}`, `package.json:1:10: "a@1" is not a valid package name: it must be name or @scope/name`},
		{`{"name": "@s"}`, `package.json:1:10: "@s" is not a valid package name: it must be name or @scope/name`},
		{`{"name": "@/x"}`, `package.json:1:10: "@/x" is not a valid package name: it must be name or @scope/name`},
		{`{"name": "@s/x/y"}`, `package.json:1:10: "@s/x/y" is not a valid package name: it must be name or @scope/name`},
		{`{"name": "@s/.."}`, `package.json:1:10: "@s/.." is not a valid package name: it would be a path`},
		{`{"name": "a\\b"}`, `package.json:1:10: "a\\b" is not a valid package name: it must not have the character '\\'`},
		{`{"name": "a\nb"}`, `package.json:1:10: "a\nb" is not a valid package name: it must not have the character '\n'`},
		{"{\n  \"version\": 1.0\n}", `package.json:2:14: version is a number, but must be a string`},
		{`{"packageManager": {}}`, `package.json:1:20: packageManager is an object, but must be a string`},
		{`{"workspaces": "packages/*"}`, `package.json:1:16: workspaces is a string, but must be an array`},
		{`{"workspaces": {"packages": "x"}}`, `package.json:1:29: workspaces is a string, but must be an array`},
		{`{"workspaces": ["a", 1]}`, `package.json:1:22: a workspaces pattern is a number, but must be a string`},
		{`{"dependencies": []}`, `package.json:1:18: dependencies is an array, but must be an object`},
		{`{"devDependencies": {"a": 1}}`, `package.json:1:27: the version of a is a number, but must be a string`},
		{`{"peerDependencies": {"a": null}}`, `package.json:1:28: the version of a is null, but must be a string`},
		{`{"optionalDependencies": {"a b": "1"}}`, `package.json:1:27: "a b" is not a valid package name: it must not have the character ' '`},
		{`{"resolutions": true}`, `package.json:1:17: resolutions is a boolean, but must be an object`},
		{`{"resolutions": {"a": {"b": "1"}}}`, `package.json:1:23: the resolution of a is an object, but must be a string`},
		{"{\n<<<<<<< HEAD\n", `package.json:2:1: merge conflict markers, lines 2 to the end`},
	}
	for _, tt := range tests {
		_, err := Parse("package.json", []byte(tt.src))
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s\n got %v\nwant %s", tt.src, err, tt.want)
		} else if fault.NextOf(err) == "" {
			t.Errorf("%s: no next step", tt.src)
		}
	}
}

func TestDeps(t *testing.T) {
	f := mustParse(t, `{
  "devDependencies": {"z": "^1", "a": "1", "z": "^2"},
  "dependencies": {"b": "workspace:^"},
  "dependencies": {"c": "*"}
}`)
	var got []string
	for _, d := range f.AllDeps() {
		got = append(got, string(d.Section)+" "+d.Name+" "+d.Spec+" "+d.Pos.String())
	}
	want := []string{"dependencies c * package.json:4:25", "devDependencies a 1 package.json:2:39", "devDependencies z ^2 package.json:2:49"}
	if diff := cmp.Diff(want, got, parsed); diff != "" {
		t.Error(diff)
	}
	if len(f.Deps(DevDependencies)) != 2 || f.Deps(PeerDependencies) != nil || f.Deps("bundledDependencies") != nil {
		t.Error("Deps lists another section")
	}
}

func TestResolutions(t *testing.T) {
	f := mustParse(t, "{\n  \"resolutions\": {\n    \"@s/a@^1\": \"1.0.0\",\n    \"**/b\": \"2\"\n  }\n}\n")
	pos := func(line, col int) fault.Pos { return fault.Pos{File: "package.json", Line: line, Col: col} }
	want := []Resolution{
		{"@s/a@^1", spec.Pattern{Name: "@s/a", Range: "^1"}, "1.0.0", spec.Read("1.0.0"), pos(3, 16), pos(3, 5)},
		{"**/b", spec.Pattern{Name: "b", Glob: true}, "2", spec.Read("2"), pos(4, 13), pos(4, 5)},
	}
	if diff := cmp.Diff(want, f.Resolutions(), parsed); diff != "" {
		t.Error(diff)
	}
	steps := []struct {
		edit func() error
		want string
	}{
		{func() error { return f.SetResolution("**/b", "3") }, "{\n  \"resolutions\": {\n    \"@s/a@^1\": \"1.0.0\",\n    \"**/b\": \"3\"\n  }\n}\n"},
		{func() error { return f.SetResolution("c", "4") }, "{\n  \"resolutions\": {\n    \"@s/a@^1\": \"1.0.0\",\n    \"**/b\": \"3\",\n    \"c\": \"4\"\n  }\n}\n"},
		{func() error { return f.RemoveResolution("@s/a@^1") }, "{\n  \"resolutions\": {\n    \"**/b\": \"3\",\n    \"c\": \"4\"\n  }\n}\n"},
	}
	for i, s := range steps {
		if err := s.edit(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(s.want, string(f.Bytes())); diff != "" {
			t.Errorf("step %d: %s", i, diff)
		}
	}
	if got := f.Resolutions(); len(got) != 2 || got[1].Key != "c" || got[1].Pos != pos(4, 10) {
		t.Errorf("the model did not follow: %+v", got)
	}
}

// Every real package.json is kept, and its specs and resolutions are of known
// kinds.
func TestCorpora(t *testing.T) {
	root, files := testshared.Dir(t, "corpus"), 0
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.Name() != FileName {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if bytes.Contains(src, []byte(`"${{`)) {
			return nil // a scaffolder template, no manifest yet
		}
		f, err := Parse(path, src)
		if err != nil {
			return err
		}
		files++
		if !bytes.Equal(f.Bytes(), src) {
			t.Errorf("%s is not kept", path)
		}
		for _, d := range f.AllDeps() {
			if d.Parsed.Kind == spec.KindUnknown {
				t.Errorf("%s: unknown spec %q", d.Pos, d.Spec)
			}
		}
		for _, r := range f.Resolutions() {
			if r.Pattern.Name == "" || r.Pattern.Glob || r.Parsed.Kind == spec.KindUnknown {
				t.Errorf("%s: %+v", r.Pos, r)
			}
		}
		return nil
	})
	if err != nil || files != 174 {
		t.Errorf("%d files, %v", files, err)
	}
}
