package yarnrc

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/fault"
)

// tree writes files (name, text) below a new folder and returns it. The folder
// has its own home/ so that nothing of the machine's settings is read.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(root, "repo"), 0o755); err != nil {
		t.Fatal(err)
	}
	return root
}

func environ(root string, extra ...string) []string {
	home := filepath.Join(root, "home")
	return append([]string{"HOME=" + home, "USERPROFILE=" + home}, extra...)
}

func load(t *testing.T, files map[string]string, env ...string) *Settings {
	t.Helper()
	root := tree(t, files)
	s, err := Load(filepath.Join(root, "repo"), environ(root, env...))
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return s
}

func TestNothingIsSet(t *testing.T) {
	s := load(t, nil)
	if s.Classic || s.File != nil || s.YarnPath != "" || s.CompressionLevel.IsSet || len(s.Unknown) > 0 {
		t.Errorf("settings out of nothing: %+v", s)
	}
	if got := s.Endpoint("react"); got.URL != DefaultRegistry || got.HasAuth() || got.Err() != nil {
		t.Errorf("Endpoint = %+v", got)
	}
	if want := filepath.Join(s.Dir, ".yarnrc.yml"); s.FilePath != want {
		t.Errorf("FilePath = %s, want %s", s.FilePath, want)
	}
	want := architectures{OS: []string{"current"}, CPU: []string{"current"}, Libc: []string{"current"}}
	if diff := cmp.Diff(want, s.SupportedArchitectures); diff != "" {
		t.Error(diff)
	}
}

// Settings that are not read from files, as tests have them, are usable.
func TestZeroSettings(t *testing.T) {
	var s Settings
	if e := s.Endpoint("@s/x"); e.URL != DefaultRegistry || e.Err() != nil {
		t.Errorf("Endpoint = %v", e)
	}
	if _, ok := s.Lookup("a"); ok || !s.Network("h").Enabled || s.MinimalAge("@s/x", "4.18.0") != 24*time.Hour {
		t.Error("zero settings say something")
	}
}

func TestFields(t *testing.T) {
	s := load(t, map[string]string{"repo/.yarnrc.yml": `
yarnPath: .yarn/releases/yarn-4.18.1.cjs
nodeLinker: node-modules
compressionLevel: mixed
enableGlobalCache: 0
cacheFolder: ./cache
defaultSemverRangePrefix: ""
enableScripts: true
npmMinimalAgeGate: 3d
npmPreapprovedPackages:
  - "@backstage/*"
httpTimeout: 90s
httpRetry: 7
networkConcurrency: 12
enableStrictSsl: false
unsafeHttpWhitelist: "a.example.com,*.b.example.com"
enableOfflineMode: true
supportedArchitectures:
  os: [current, darwin]
  cpu: "x64,arm64"
plugins:
  - checksum: abc
    path: .yarn/plugins/@yarnpkg/plugin-backstage.cjs
    spec: 'https://versions.example.com/v1/releases/1.2.3/yarn-plugin'
  - ./local.cjs
catalog:
  react: ^18.0.0
  "@backstage/cli": ${CLI-^0.1.0}
catalogs:
  old:
    react: 17.0.0
packageExtensions:
  "x@*":
    dependencies: {a: ^1}
    peerDependencies: {b: "*"}
    peerDependenciesMeta:
      b: {optional: true}
preferReuse: true
`})
	dir := abs(s.Dir)
	pos := func(line, col int) fault.Pos { return fault.Pos{File: s.FilePath, Line: line, Col: col} }
	check := func(name string, got, want any) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	check("YarnPath", s.YarnPath, filepath.Join(dir, ".yarn/releases/yarn-4.18.1.cjs"))
	check("YarnPathPos", s.YarnPathPos, pos(2, 11))
	check("NodeLinker", s.NodeLinker, Setting[string]{"node-modules", pos(3, 13), true})
	check("CompressionLevel", s.CompressionLevel.Value, "mixed")
	check("EnableGlobalCache", s.EnableGlobalCache.Or(true), false)
	check("CacheFolder", s.CacheFolder.Value, filepath.Join(dir, "cache"))
	check("DefaultSemverRangePrefix", s.DefaultSemverRangePrefix.Or("^"), "")
	check("EnableScripts", s.EnableScripts.Or(false), true)
	check("NpmMinimalAgeGate", s.NpmMinimalAgeGate.Value, 72*time.Hour)
	check("NpmPreapprovedPackages", s.NpmPreapprovedPackages, []string{"@backstage/*"})
	check("HTTPTimeout", s.HTTPTimeout.Value, 90*time.Second)
	check("HTTPRetry", s.HTTPRetry.Value, 7)
	check("NetworkConcurrency", s.NetworkConcurrency.Value, 12)
	check("EnableStrictSSL", s.EnableStrictSSL.Or(true), false)
	check("UnsafeHTTPWhitelist", s.UnsafeHTTPWhitelist, []string{"a.example.com", "*.b.example.com"})
	check("EnableOfflineMode", s.EnableOfflineMode.Or(false), true)
	check("SupportedArchitectures", s.SupportedArchitectures, architectures{
		OS: []string{"current", "darwin"}, CPU: []string{"x64", "arm64"}, Libc: []string{"current"}, IsSet: true, Pos: pos(19, 3)})
	check("Plugins", s.Plugins, []Plugin{
		{Path: ".yarn/plugins/@yarnpkg/plugin-backstage.cjs", AbsPath: filepath.Join(dir, ".yarn/plugins/@yarnpkg/plugin-backstage.cjs"),
			Spec: "https://versions.example.com/v1/releases/1.2.3/yarn-plugin", Checksum: "abc", Pos: pos(22, 5), DocPath: []string{"plugins", "0"}},
		{Path: "./local.cjs", AbsPath: filepath.Join(dir, "local.cjs"), Pos: pos(25, 5), DocPath: []string{"plugins", "1"}},
	})
	check("Catalog", s.Catalog, []CatalogEntry{
		{Name: "react", Range: "^18.0.0", Pos: pos(27, 10), DocPath: []string{"catalog", "react"}},
		{Name: "@backstage/cli", Range: "^0.1.0", Pos: pos(28, 21)}, // a variable: not editable
	})
	check("Catalogs", s.Catalogs, map[string][]CatalogEntry{
		"old": {{Name: "react", Range: "17.0.0", Pos: pos(31, 12), DocPath: []string{"catalogs", "old", "react"}}}})
	check("PackageExtensions", s.PackageExtensions, []PackageExtension{{Descriptor: "x@*", Dependencies: map[string]string{"a": "^1"},
		PeerDependencies: map[string]string{"b": "*"}, OptionalPeers: map[string]bool{"b": true}, Pos: pos(33, 3)}})
	check("Unknown", s.Unknown, []UnknownSetting(nil))
	if got, ok := s.Lookup("preferReuse"); !ok || got.Value != "true" {
		t.Errorf("Lookup = %+v, %v", got, ok)
	}
	if _, ok := s.Lookup("enableTransparentWorkspaces"); ok {
		t.Error("Lookup found what is not set")
	}
	if err := s.File.SetString(s.Plugins[0].DocPath[:2], "x"); err == nil {
		t.Error("an entry with members took a text")
	}
	if err := s.File.SetString(append(s.Plugins[0].DocPath, "checksum"), "def"); err != nil || !strings.Contains(string(s.File.Bytes()), "checksum: def\n") {
		t.Errorf("editing at DocPath: %v", err)
	}
}

// The expectations here were printed by Yarn 4.18.1 ("yarn config get").
func TestMergeOfFiles(t *testing.T) {
	files := func(outer, inner string) map[string]string {
		return map[string]string{".yarnrc.yml": outer, "repo/.yarnrc.yml": inner}
	}
	ext := func(name, dep string) PackageExtension {
		return PackageExtension{Descriptor: name, Dependencies: map[string]string{dep: "1"}}
	}
	tests := []struct {
		name         string
		outer, inner string
		whitelist    []string
		extensions   []PackageExtension
	}{
		{"lists are joined, mappings merged", "unsafeHttpWhitelist: [a]\npackageExtensions: {x@*: {dependencies: {a: '1'}}}\n",
			"unsafeHttpWhitelist: [b]\npackageExtensions: {x@*: {dependencies: {b: '1'}}, y@*: {dependencies: {c: '1'}}}\n",
			[]string{"a", "b"}, []PackageExtension{{Descriptor: "x@*", Dependencies: map[string]string{"a": "1", "b": "1"}}, ext("y@*", "c")}},
		{"reset", "unsafeHttpWhitelist: [a]\npackageExtensions: {x@*: {dependencies: {a: '1'}}}\n",
			"unsafeHttpWhitelist: {onConflict: reset, value: [b]}\npackageExtensions: {onConflict: reset, y@*: {dependencies: {b: '1'}}}\n",
			[]string{"b"}, []PackageExtension{ext("y@*", "b")}},
		{"hardReset", "unsafeHttpWhitelist: [a]\npackageExtensions: {x@*: {dependencies: {a: '1'}}}\n",
			"unsafeHttpWhitelist: {onConflict: hardReset, value: [b]}\npackageExtensions: {onConflict: hardReset, y@*: {dependencies: {b: '1'}}}\n",
			[]string{}, nil},
		{"deep reset", "packageExtensions: {x@*: {dependencies: {a: '1'}}}\n",
			"packageExtensions: {x@*: {dependencies: {onConflict: reset, b: '1'}}}\n", nil, []PackageExtension{ext("x@*", "b")}},
		{"text then list", "unsafeHttpWhitelist: a\n", "unsafeHttpWhitelist: [b]\n", []string{"b"}, nil},
		{"list then text", "unsafeHttpWhitelist: [a]\n", "unsafeHttpWhitelist: b,c\n", []string{"b", "c"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := load(t, files(tt.outer, tt.inner))
			if diff := cmp.Diff(tt.whitelist, s.UnsafeHTTPWhitelist); diff != "" {
				t.Error(diff)
			}
			for i := range s.PackageExtensions {
				s.PackageExtensions[i].Pos = fault.Pos{}
			}
			if diff := cmp.Diff(tt.extensions, s.PackageExtensions); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPrecedence(t *testing.T) {
	files := map[string]string{
		"home/.yarnrc.yml": "httpRetry: 1\nhttpTimeout: 1s\nnodeLinker: pnp\ncacheFolder: ./home-cache\n",
		".yarnrc.yml":      "httpRetry: 2\nhttpTimeout: 2s\nplugins: [./outer.cjs]\n",
		"repo/.yarnrc.yml": "httpRetry: 3\nplugins: [./inner.cjs]\n",
	}
	s := load(t, files, "YARN_HTTP_RETRY=4", "yarn_enable_global_cache=false")
	root := filepath.Dir(abs(s.Dir))
	if s.HTTPRetry.Value != 4 || s.HTTPRetry.Pos.String() != "environment variable YARN_HTTP_RETRY" {
		t.Errorf("HTTPRetry = %+v", s.HTTPRetry)
	}
	if s.HTTPTimeout.Value != 2*time.Second || s.NodeLinker.Value != "pnp" || s.EnableGlobalCache.Or(true) {
		t.Errorf("timeout %v, linker %v, global cache %v", s.HTTPTimeout, s.NodeLinker, s.EnableGlobalCache)
	}
	if want := filepath.Join(root, "home", "home-cache"); s.CacheFolder.Value != want {
		t.Errorf("CacheFolder = %s, want %s", s.CacheFolder.Value, want)
	}
	var got []string
	for _, p := range s.Plugins {
		rel, _ := filepath.Rel(root, p.AbsPath)
		got = append(got, filepath.ToSlash(rel)+" "+strings.Join(p.DocPath, "/"))
	}
	if diff := cmp.Diff([]string{"outer.cjs ", "repo/inner.cjs plugins/0"}, got); diff != "" {
		t.Error(diff)
	}
	s = load(t, map[string]string{"repo/alt.yml": "httpRetry: 9\n", "repo/.yarnrc.yml": "httpRetry: 1\n"}, "YARN_RC_FILENAME=alt.yml")
	if s.HTTPRetry.Value != 9 || filepath.Base(s.FilePath) != "alt.yml" {
		t.Errorf("YARN_RC_FILENAME: %+v in %s", s.HTTPRetry, s.FilePath)
	}
}

func TestUnknown(t *testing.T) {
	s := load(t, map[string]string{"repo/.yarnrc.yml": "fooBar: 1\nnpmScopes:\n  a:\n    npmFoo: x\nnetworkSettings:\n  '*': {bar: 1}\n" +
		"supportedArchitectures: {abi: x}\npackageExtensions: {x@*: {devDependencies: {}}}\n"},
		"YARN_NEW_THING=1", "YARN_VERSION=1.22", "YARN_IGNORE_SCRIPTS=1", "YARN_PROFILE=x")
	got := map[string]int{}
	for _, u := range s.Unknown {
		got[u.Key] = u.Pos.Line
	}
	want := map[string]int{"YARN_NEW_THING": 0, "fooBar": 1, "npmScopes.a.npmFoo": 4, "networkSettings.*.bar": 6,
		"supportedArchitectures.abi": 7, "packageExtensions.x@*.devDependencies": 8}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestLoadFaults(t *testing.T) {
	tests := []struct{ name, rc, want, next string }{
		{"not YAML", "a: [\n", "not valid YAML", "Fix"},
		{"a list", "- a\n", ":1:1: the settings must be a mapping, not a list", "Write"},
		{"conflict", "<<<<<<< a\nx: 1\n=======\nx: 2\n>>>>>>> b\n", "merge conflict markers, lines 1–5", "Resolve"},
		{"boolean", "a: 1\nenableGlobalCache: maybe\n", `:2:20: enableGlobalCache must be true or false, not "maybe"`, "Correct"},
		{"number", "httpRetry: many\n", `:1:12: httpRetry must be a number, not "many"`, "Correct"},
		{"duration", "npmMinimalAgeGate: 3 days\n", `:1:20: npmMinimalAgeGate must be a number or a duration`, "Correct"},
		{"level", "compressionLevel: 10\n", "compressionLevel must be one of mixed, 0,", "Correct"},
		{"list for a text", "yarnPath: [a]\n", ":1:11: yarnPath must be a text, not a list", "Give"},
		{"nothing for a text", "npmAuthToken:\n", ":1:14: npmAuthToken must be a text, not nothing", "Give"},
		{"text for a mapping", "npmScopes: foo\n", ":1:12: npmScopes must be a mapping, not a text", "Write"},
		{"text for a scope", "npmScopes:\n  a: foo\n", ":2:6: npmScopes.a must be a mapping, not a text", "Write"},
		{"mapping for a list", "npmPreapprovedPackages: {a: b}\n", ":1:25: npmPreapprovedPackages must be a list of texts, not a mapping", "list"},
		{"catalog without range", "catalog:\n  react:\n", ":2:9: catalog.react must be a text, not nothing", "Give"},
		{"plugin without path", "plugins:\n  - spec: x\n", ":2:5: the plugin has no path", "path"},
		{"unset variable", "cacheFolder: ${NOPE}/x\n", ":1:14: cacheFolder: environment variable NOPE is not set", "Set NOPE"},
		{"bad variable", "cacheFolder: ${1X}\n", ":1:14: cacheFolder: ${ is not followed by the name", "NAME"},
		{"open variable", "cacheFolder: ${A:-x\n", ":1:14: cacheFolder: ${ is not closed", "}"},
		{"merge key", "a: &a {b: c}\nnpmScopes:\n  x:\n    <<: *a\n", ":4:5: Yarn does not know merge keys", "Write"},
		{"missing env file", "injectEnvironmentFiles: [x.env]\n", ":1:25: injectEnvironmentFiles names x.env, which does not exist", "x.env?"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root := tree(t, map[string]string{"repo/.yarnrc.yml": tt.rc})
			_, err := Load(filepath.Join(root, "repo"), environ(root))
			var f *fault.Error
			if !errors.As(err, &f) {
				t.Fatalf("err = %v, want a fault", err)
			}
			if !strings.Contains(f.Error(), tt.want) || !strings.Contains(f.Next, tt.next) {
				t.Errorf("%q\nnext %q\nwant %q, %q", f, f.Next, tt.want, tt.next)
			}
		})
	}
	root := tree(t, nil)
	_, err := Load(filepath.Join(root, "repo"), environ(root, "YARN_NPM_SCOPES=x"))
	if err == nil || !strings.Contains(err.Error(), "environment variable YARN_NPM_SCOPES: npmScopes must be a mapping, not a text") {
		t.Errorf("err = %v", err)
	}
	if err := os.Mkdir(filepath.Join(root, "repo", ".npmrc"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "repo", "yarn.lock"), []byte(classicLock), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(filepath.Join(root, "repo"), environ(root)); err == nil || !strings.Contains(err.Error(), ".npmrc: cannot read the settings") {
		t.Errorf("err = %v", err)
	}
}

func TestEnvironmentFiles(t *testing.T) {
	s := load(t, map[string]string{
		"repo/.env.yarn":   "export CACHE=from-file # why\nQUOTED=\"a\\nb\"\nHOSTNAME2=${HOST}x\n",
		"repo/.yarnrc.yml": "cacheFolder: ./${CACHE}\nnodeLinker: ${HOSTNAME2}\n",
	}, "CACHE=from-process", "HOST=h")
	if filepath.Base(s.CacheFolder.Value) != "from-file" || s.NodeLinker.Value != "hx" {
		t.Errorf("cache %q, linker %q", s.CacheFolder.Value, s.NodeLinker.Value)
	}
	s = load(t, map[string]string{"repo/sub/a.env": "V=1\n", "repo/.env.yarn": "V=2\n",
		"repo/.yarnrc.yml": "injectEnvironmentFiles: ['./sub/a.env', 'none?']\nnodeLinker: ${V}\n"})
	if s.NodeLinker.Value != "1" {
		t.Errorf("linker %q", s.NodeLinker.Value)
	}
}

func TestDotenv(t *testing.T) {
	src := "A=1\r\n# c\nB = two words # c\nC='x #y'\nD=\"l1\\nl2\"\nE=`b'q`\nexport F=f\nG: yaml\nH=\nJ=a=b\nK='multi\nline'\n bad line\nL=\"\n"
	want := [][2]string{{"A", "1"}, {"B", "two words"}, {"C", "x #y"}, {"D", "l1\nl2"}, {"E", "b'q"}, {"F", "f"}, {"G", "yaml"},
		{"H", ""}, {"J", "a=b"}, {"K", "multi\nline"}, {"L", `"`}}
	if diff := cmp.Diff(want, parseDotenv(src)); diff != "" {
		t.Error(diff)
	}
}
