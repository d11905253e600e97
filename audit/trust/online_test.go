package trust

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"go.uber.org/goleak"

	"github.com/portalctl/portalctl/internal/httpfetch"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/testkit/testshared"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// client asks the registry that handle is. Nothing of the machine's settings is
// read.
func client(t testing.TB, handle http.HandlerFunc) *registry.Client {
	t.Helper()
	srv := httptest.NewServer(handle)
	t.Cleanup(srv.Close)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, ".yarnrc.yml"), []byte("npmRegistryServer: "+srv.URL+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	settings, err := yarnrc.Load(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	h := httpfetch.New(httpfetch.Config{Retries: 1, MinWait: time.Millisecond, MaxWait: time.Millisecond})
	t.Cleanup(h.CloseIdle)
	c, err := registry.New(registry.Config{Settings: settings, HTTP: h})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// docs serves packuments by name; others are not there.
func docs(files map[string]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/")
		doc, ok := files[name]
		if !ok {
			http.Error(w, `{"error":"not found"}`, http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, doc)
	}
}

const fooDoc = `{"name":"foo","dist-tags":{"latest":"1.1.0"},"time":{"1.0.0":"2020-01-01T00:00:00Z","1.1.0":"2026-08-31T10:00:00.000Z"},"versions":{
"1.0.0":{"name":"foo","version":"1.0.0","dependencies":{"ms":"^2.1.3","tag":"latest","git":"user/repo"},"optionalDependencies":{"opt":"1"},"peerDependencies":{"react":"*"},
 "bin":{"foo":"./bin/foo.js"},"scripts":{"install":"node-gyp rebuild"},"dist":{"integrity":"sha512-AAAA","shasum":"679591c564c3bffaae8454cf0b3df370c3d6911c","tarball":"x"}},
"1.1.0":{"name":"foo","version":"1.1.0","os":["linux"],"dist":{"integrity":"sha512-BBBB","shasum":"679591c564c3bffaae8454cf0b3df370c3d6911c","tarball":"x"}}}}`

const lockHead = "__metadata:\n  version: 8\n  cacheKey: 10c0\n\n"

const fooEntry = `"foo@npm:^1.0.0":
  version: 1.0.0
  resolution: "foo@npm:1.0.0"
  dependencies:
    git: "user/repo"
    ms: "npm:^2.1.3"
    node-gyp: "npm:latest"
    opt: "npm:1"
    tag: "npm:latest"
  peerDependencies:
    react: "*"
  dependenciesMeta:
    opt:
      optional: true
  bin:
    foo: ./bin/foo.js
  checksum: 10c0/HEX(foo)
  languageName: node
  linkType: hard
`

func TestEdited(t *testing.T) {
	tests := []struct {
		name     string
		old, new string // what is put in the place of what
		want     string
	}{
		{"as it is", "", "", ""},
		{"scripts that the registry does not show", "    node-gyp: \"npm:latest\"\n", "", ""},
		{"Yarn 3", "npm:", "", ""},
		{"a dependency more", "    ms:", "    evil: \"npm:^1.0.0\"\n    ms:", `error new lock-edited yarn.lock:10 foo@1.0.0 asks for evil@^1.0.0 in yarn.lock, and does not in the registry`},
		{"another range", "^2.1.3", "^3.0.0", `error new lock-edited yarn.lock:10 foo@1.0.0 asks for ms@^3.0.0 in yarn.lock, and for ^2.1.3 in the registry`},
		{"a dependency less", "    ms: \"npm:^2.1.3\"\n", "", `error new lock-edited yarn.lock:5 foo@1.0.0 does not ask for ms@^2.1.3 in yarn.lock, and does in the registry`},
		{"another command", "    foo: ./bin/foo.js", "    foo: ./evil.js", `error new lock-edited yarn.lock:5 foo@1.0.0 runs ./evil.js for the command foo in yarn.lock, and ./bin/foo.js in the registry`},
		{"a command more", "    foo: ./bin/foo.js", "    foo: ./bin/foo.js\n    node: ./bin/foo.js", `error new lock-edited yarn.lock:5 foo@1.0.0 has a command node in yarn.lock, and none of that name in the registry`},
		{"a checksum less", "  checksum: 10c0/HEX(foo)", "  conditions: os=linux", `error new lock-edited yarn.lock:5 foo@1.0.0 is for some platforms only in yarn.lock (os=linux), so that it needs no checksum, and for all in the registry`},
		{"a version that is not there", "1.0.0\"\n", "1.9.0\"\n", `unknown lock-edited: the registry does not have, or does not show, foo@1.9.0`},
	}
	reg := client(t, docs(map[string]string{"foo": fooDoc}))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := fooEntry
			if tt.old != "" {
				if text = strings.ReplaceAll(text, tt.old, tt.new); text == fooEntry {
					t.Fatal("nothing is changed")
				}
			}
			// The base has the version, otherwise: its archive is not looked at.
			was := strings.Replace(fooEntry, "HEX(foo)", "HEX(was)", 1)
			in, _ := change(t, txtar.Parse([]byte("-- base/yarn.lock --\n"+lockHead+was+"-- head/yarn.lock --\n"+strings.ReplaceAll(lockHead+text, "resolution: \"foo@1", "resolution: \"foo@npm:1"))))
			in.Registry = reg
			r := check(t, in)
			var got []string
			for _, f := range r.Findings {
				if f.Rule == ruleEdited {
					got = append(got, line(f))
				}
			}
			for _, u := range r.Unknown {
				got = append(got, "unknown "+u.Rule+": "+u.Reason)
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, "\n")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEditedClassic(t *testing.T) {
	entry := func(deps, integrity, sha1 string) string {
		return "# yarn lockfile v1\n\n\nfoo@^1.0.0:\n  version \"1.0.0\"\n  resolved \"https://registry.npmjs.org/foo/-/foo-1.0.0.tgz#" + sha1 + "\"\n  integrity \"" + integrity + "\"\n  dependencies:\n    ms \"^2.1.3\"\n" + deps
	}
	const sha1 = "679591c564c3bffaae8454cf0b3df370c3d6911c"
	for _, tt := range []struct{ name, lock, want string }{
		{"as it is, without what it bundles", entry("", "sha512-AAAA", sha1), ""},
		{"optional", entry("  optionalDependencies:\n    opt \"1\"\n", "sha1-xxx sha512-AAAA", sha1), ""},
		{"a dependency more", entry("    evil \"1\"\n", "sha512-AAAA", sha1), "asks for evil@1 in yarn.lock, and does not in the registry"},
		{"another integrity", entry("", "sha512-CCCC", sha1), "has another hash in yarn.lock than in the registry"},
		{"another SHA-1", entry("", "sha512-AAAA", "0"+sha1[1:]), "has another hash in yarn.lock than in the registry"},
	} {
		in, _ := change(t, txtar.Parse([]byte("-- head/yarn.lock --\n"+tt.lock)))
		in.Registry = client(t, docs(map[string]string{"foo": fooDoc}))
		got := ""
		for _, f := range check(t, in).Findings {
			if f.Rule == ruleEdited {
				got += f.Message
			}
		}
		if want := strings.TrimSpace("foo@1.0.0 " + tt.want); tt.want == "" && got != "" || tt.want != "" && got != want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// With a base only what it does not have is asked for.
func TestAskedFor(t *testing.T) {
	var asked atomic.Int32
	reg := client(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		docs(map[string]string{"foo": fooDoc})(w, r)
	})
	in, _ := change(t, txtar.Parse([]byte("-- yarn.lock --\n"+lockHead+fooEntry)))
	in.Registry = reg
	if check(t, in); asked.Load() != 0 {
		t.Errorf("%d requests for what the base has", asked.Load())
	}
	in.Base = nil
	if check(t, in); asked.Load() != 1 {
		t.Errorf("%d requests", asked.Load())
	}
}

// What a registry does not have or does not show is unknown; when it fails, so
// does the audit.
func TestRegistryFails(t *testing.T) {
	in, _ := change(t, txtar.Parse([]byte("-- head/yarn.lock --\n"+lockHead+fooEntry)))
	for _, status := range []int{404, 401, 403} {
		in.Registry = client(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(status) })
		r := check(t, in)
		if len(r.Unknown) != 1 || len(r.Findings) != 0 {
			t.Errorf("%d: %s", status, show(r))
		}
	}
	for name, handle := range map[string]http.HandlerFunc{
		"500":  func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500) },
		"HTML": func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "<html>log in</html>") },
		"cut": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, fooDoc[:200])
		},
	} {
		in.Registry = client(t, handle)
		if r, err := Check(context.Background(), in); err == nil {
			t.Errorf("%s: no error: %s", name, show(r))
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	in.Registry = client(t, docs(nil))
	if _, err := Check(ctx, in); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestNameConfusion(t *testing.T) {
	in := Input{Base: &Side{}, Workspaces: []Workspace{{Name: "backstage-plugin-a"}, {Name: "b"}}, Malware: func(name string) (string, bool) {
		return "MAL-2025-3757", name == "backstage-plugin-a"
	}}
	r := check(t, in)
	if len(r.Findings) != 1 || r.Findings[0].Severity != "info" || !strings.Contains(r.Findings[0].Message, "backstage-plugin-a has the name of a package on npm that MAL-2025-3757 calls malicious") {
		t.Error(show(r))
	}
}

// The entries of a real lock are what recorded answers of the registry say.
func TestEditedShared(t *testing.T) {
	dir := testshared.Dir(t, "golden/lock/rhdh-29-edits")
	var known atomic.Int32
	reg := client(t, func(w http.ResponseWriter, r *http.Request) {
		src, err := os.ReadFile(filepath.Join(dir, "packuments", strings.ReplaceAll(strings.TrimPrefix(r.URL.Path, "/"), "/", "__")+".json"))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		known.Add(1)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(src)
	})
	for _, file := range []string{filepath.Join(dir, "expected.lock"), testshared.Dir(t, "corpus/rhdh/yarn.lock")} {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		in, _ := change(t, &txtar.Archive{Files: []txtar.File{{Name: "yarn.lock", Data: src}}})
		in.Base, in.Registry = nil, reg
		for _, f := range check(t, in).Findings {
			if f.Rule == ruleEdited {
				t.Errorf("%s: %+v", file, f)
			}
		}
	}
	if known.Load() < 30 {
		t.Errorf("%d answers", known.Load())
	}
}
