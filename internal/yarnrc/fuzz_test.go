package yarnrc

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/testkit/testshared"
)

// FuzzLoad checks that no settings panic and that every error is a fault with
// a place.
func FuzzLoad(f *testing.F) {
	f.Add("npmScopes: {a: {npmAuthToken: '${X:-y}'}}\ncatalogs: {a: {b: c}}\n", "//h/:_authToken=${T}\nca[]=x\n", "registry \"x\"\n")
	f.Add("npmRegistryServer: https://u:p@h/x\nnetworkSettings: {'*': {httpProxy: x}}\n", "registry=https://x/\n_auth=a\n", "a b\n")
	f.Add("supportedArchitectures: {os: [a]}\npackageExtensions: {a@*: {dependencies: {}}}\nplugins: [a, {path: b}]\n", "@s:registry=x", "")
	f.Add("a: &a {onConflict: reset, value: [b]}\nunsafeHttpWhitelist: *a\n", "", "A=${B}\n")
	dir := f.TempDir()
	write := func(t *testing.T, name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f.Fuzz(func(t *testing.T, yml, npmrc, other string) {
		write(t, ".yarnrc.yml", yml)
		write(t, ".npmrc", npmrc)
		write(t, ".env.yarn", other)
		s, err := Load(dir, []string{"T=t"})
		if err != nil {
			var fe *fault.Error
			if !errors.As(err, &fe) || fe.Pos.File == "" && !strings.Contains(fe.What, "environment") {
				t.Fatalf("no fault with a place: %v", err)
			}
			return
		}
		for _, pkg := range []string{"a", "@a/b", "@/", "@"} {
			e := s.Endpoint(pkg)
			if e.Err() == nil && !strings.HasPrefix(e.URL, "http") {
				t.Fatalf("%s: URL %q", pkg, e.URL)
			}
			_ = e.AuthHint()
		}
		_ = s.Network("h")
		_ = ClassicLines("f", []byte(other))
	})
}

func TestCorpora(t *testing.T) {
	root := testshared.Dir(t, "corpus")
	dirs, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, d := range dirs {
		s, err := Load(filepath.Join(root, d.Name()), nil)
		if err != nil {
			t.Errorf("%s: %v", d.Name(), err)
			continue
		}
		if len(s.Unknown) > 0 {
			t.Errorf("%s: unknown settings %v", d.Name(), s.Unknown)
		}
		got[d.Name()] = fmt.Sprintf("%v %s %s", s.Classic, filepath.Base(s.YarnPath), s.CompressionLevel.Value)
	}
	for name, want := range map[string]string{
		"rhdh": "false yarn-4.17.1.cjs ", "demo": "false yarn-4.13.0.cjs mixed", "janus-plugins": "false yarn-3.8.6.cjs ",
	} {
		if got[name] != want {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
	}
	for name, v := range got {
		if strings.HasSuffix(name, "-v1") && !strings.HasPrefix(v, "true") {
			t.Errorf("%s is not Classic", name)
		}
	}
}
