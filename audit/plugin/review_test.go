package plugin

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/testkit/npmregistry"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// input asks a registry, outside of a portal.
func input(t testing.TB, reg *npmregistry.Registry) Input {
	t.Helper()
	settings := reg.Settings(t)
	client := reg.Client(t, registry.Config{Settings: settings})
	return Input{Registry: client, Reader: &Reader{Registry: client}, Now: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), Settings: settings,
		Match:     func(context.Context, []osv.Package) ([]osv.Hit, error) { return nil, nil },
		Successor: func(string, *registry.Packument) (string, bool) { return "", false },
		Fitting:   func(*registry.Packument, map[string]string) string { return "" },
		Singleton: func(string) string { return "" }}
}

func manifest(more map[string]any) map[string]any {
	m := map[string]any{"name": "plugin-x", "version": "1.0.0", "license": "MIT", "repository": "a/b", "backstage": map[string]any{"role": "frontend-plugin", "pluginId": "x"}}
	for k, v := range more {
		if m[k] = v; v == nil {
			delete(m, k)
		}
	}
	return m
}

func reasons(v *Review) string {
	var out []string
	for _, r := range v.Verdict.Reasons {
		out = append(out, string(r.Level)+": "+r.Text+" ["+r.Where+"]")
	}
	return strings.Join(out, "\n")
}

// What clients solve with must be what they install: a tarball that is something
// else is not adopted.
func TestTarballThatIsNotWhatTheRegistrySays(t *testing.T) {
	for name, c := range map[string]struct {
		says, has map[string]any
		want      string
	}{
		"a dependency less":  {nil, map[string]any{"dependencies": map[string]any{"evil": "^1.0.0"}}, `dependencies.evil is absent there, and "^1.0.0" here`},
		"another range":      {map[string]any{"dependencies": map[string]any{"a": "^1.0.0"}}, map[string]any{"dependencies": map[string]any{"a": "*"}}, `dependencies.a is "^1.0.0" there, and "*" here`},
		"a hidden script":    {nil, map[string]any{"scripts": map[string]any{"postinstall": "node evil.js"}}, `scripts.postinstall is absent there, and "node evil.js" here`},
		"another name":       {nil, map[string]any{"name": "plugin-y"}, `name is "plugin-x" there, and "plugin-y" here`},
		"another version":    {nil, map[string]any{"version": "2.0.0"}, `version is "1.0.0" there, and "2.0.0" here`},
		"optional ones, too": {map[string]any{"dependencies": map[string]any{"o": "1"}}, map[string]any{"optionalDependencies": map[string]any{"o": "1"}}, ""},
		"types that lie":     {map[string]any{"scripts": []any{1}, "dependencies": "x", "peerDependencies": 7}, map[string]any{"scripts": []any{1}, "dependencies": "x", "peerDependencies": 7}, ""},
	} {
		reg := npmregistry.New(t)
		says := manifest(c.says)
		reg.PublishAs(says, npmregistry.Pack(manifest(c.has)))
		r, err := New(t.Context(), input(t, reg), []Wanted{{Name: "plugin-x"}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := reasons(r.Reviews[0])
		if c.want == "" && strings.Contains(got, "is not what the registry describes") || c.want != "" && (!strings.Contains(got, c.want) || r.Reviews[0].Verdict.Level != doNot) {
			t.Errorf("%s:\n%s", name, got)
		}
	}
}

// Tarballs that are made to do harm end the review with the reason.
func TestHostileTarballs(t *testing.T) {
	type file = npmregistry.File
	own := file{"package/package.json", `{"name":"plugin-x","version":"1.0.0"}`}
	for name, c := range map[string]struct {
		tgz  []byte
		want string // of the error, "" for none
	}{
		"a bomb":         {bomb(t), "it unpacks to more than the limit"},
		"a large file":   {npmregistry.Tarball(own, file{"package/dist/a.js", strings.Repeat("a", 17<<20)}), "the tarball is too large"},
		"no tarball":     {[]byte("<html>"), "the tarball cannot be read"},
		"nothing in it":  {npmregistry.Tarball(), "has no package.json"},
		"traversal":      {npmregistry.Tarball(own, file{"package/../../../etc/x.js", "require('child_process')"}, file{"/abs/dist/y.js", "1"}), ""},
		"a long line":    {npmregistry.Tarball(own, file{"package/dist/a.js", "x='" + strings.Repeat("a", 10<<20) + "'"}), ""},
		"deep nesting":   {npmregistry.Tarball(own, file{"package/dist/a.js", strings.Repeat("([{", 100_000)}), ""},
		"odd file names": {npmregistry.Tarball(own, file{"package/dist/\x1b[2J\n::error::x.js", "createPermission({name: 'a'}); x.addAuthPolicy({path:'\\u001b[2J',allow:'unauthenticated'})"}), ""},
	} {
		reg := npmregistry.New(t)
		reg.PublishAs(map[string]any{"name": "plugin-x", "version": "1.0.0"}, c.tgz)
		r, err := New(t.Context(), input(t, reg), []Wanted{{Name: "plugin-x"}})
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || fault.NextOf(err) == ""):
			t.Errorf("%s: %v, next: %s", name, err, fault.NextOf(err))
		case err == nil:
			if text := fmt.Sprintf("%+v", *r.Reviews[0]); strings.ContainsAny(text, "\x1b\n") {
				t.Errorf("%s: %q", name, text)
			}
		}
	}
}

// bomb is a tarball of little that unpacks to 300 MB.
func bomb(t testing.TB) []byte {
	t.Helper()
	member := func(text []byte) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		if _, err := z.Write(text); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	var head bytes.Buffer
	if err := tar.NewWriter(&head).WriteHeader(&tar.Header{Name: "package/a.bin", Mode: 0o644, Size: 300 << 20}); err != nil {
		t.Fatal(err)
	}
	return append(member(head.Bytes()), bytes.Repeat(member(make([]byte, 1<<20)), 300)...)
}

func TestVersionThatIsMeant(t *testing.T) {
	reg := npmregistry.New(t)
	for _, v := range []string{"1.0.0", "1.1.0", "1.2.0", "2.0.0", "2.1.0-next.1"} {
		reg.Publish("plugin-x@" + v)
	}
	in := input(t, reg)
	doc, err := in.Registry.Packument(t.Context(), "plugin-x")
	if err != nil {
		t.Fatal(err)
	}
	for want, version := range map[string]string{"": "2.1.0-next.1", "latest": "2.1.0-next.1", "1.1.0": "1.1.0", "^1.0.0": "1.2.0", "1": "1.2.0", "2.1.0-next.1": "2.1.0-next.1"} {
		if got, err := choose(doc, Wanted{"plugin-x", want}); err != nil || got != version {
			t.Errorf("%q: %q, %v", want, got, err)
		}
	}
	for want, next := range map[string]string{"1.1.5": "plugin-x@1.0.0, plugin-x@1.1.0, plugin-x@1.2.0, plugin-x@2.0.0;", "9.0.0": "plugin-x@2.0.0, plugin-x@2.1.0-next.1;", "beta": "plugin-x@2.1.0-next.1", "^7.0.0": "plugin-x@2.0.0", "../x": "plugin-x@2.0.0"} {
		_, err := choose(doc, Wanted{"plugin-x", want})
		if !errors.Is(err, registry.ErrNotFound) || !strings.Contains(fault.NextOf(err), next) {
			t.Errorf("%q: %v, %s", want, err, fault.NextOf(err))
		}
	}
}

// Packages whose names have no plugin ID belong together by package.json.
func TestFamilyWithoutAnIDInItsNames(t *testing.T) {
	reg := npmregistry.New(t)
	backend := map[string]any{"name": "@acme/backstage-plugin-backend", "version": "1.0.0", "dependencies": map[string]any{"@acme/backstage-plugin-common": "^1.0.0"},
		"backstage": map[string]any{"role": "backend-plugin", "pluginId": "acme", "pluginPackages": []string{"@acme/backstage-plugin", "@acme/backstage-plugin-common", "@acme/backstage-plugin-backend", "../evil", "a b"}}}
	reg.PublishAs(backend, npmregistry.Pack(backend))
	common := map[string]any{"name": "@acme/backstage-plugin-common", "version": "1.0.0"}
	reg.PublishAs(common, npmregistry.Pack(common, npmregistry.File{"package/dist/index.js", "exports.p = createPermission({ name: 'acme.use', attributes: {} });"}))
	community := map[string]any{"name": "@backstage-community/plugin-acme-backend", "version": "0.1.0"}
	reg.PublishAs(community, npmregistry.Pack(community))
	r, err := New(t.Context(), input(t, reg), []Wanted{{Name: "@acme/backstage-plugin-backend"}})
	if err != nil {
		t.Fatal(err)
	}
	v := r.Reviews[0]
	if len(v.Permissions) != 1 || v.Permissions[0].Name != "acme.use" || v.Permissions[0].Package != "@acme/backstage-plugin-common" {
		t.Errorf("%+v", v.Permissions)
	}
	if len(v.Siblings) != 2 || v.Siblings[1].Latest != "1.0.0" || !v.Siblings[1].Asked {
		t.Errorf("%+v", v.Siblings)
	}
	if len(v.Alternatives) != 1 || v.Alternatives[0].Name != "@backstage-community/plugin-acme-backend" {
		t.Errorf("%+v", v.Alternatives)
	}
	// A version of it that the registry lacks leaves its permissions unknown.
	backend["dependencies"] = map[string]any{"@acme/backstage-plugin-common": "^2.0.0"}
	backend["version"] = "2.0.0"
	reg.PublishAs(backend, npmregistry.Pack(backend))
	if r, err = New(t.Context(), input(t, reg), []Wanted{{Name: "@acme/backstage-plugin-backend", Version: "2.0.0"}}); err != nil {
		t.Fatal(err)
	}
	if row := r.Reviews[0].permissionRow(); !strings.Contains(row.text, "those of @acme/backstage-plugin-common are unknown") {
		t.Error(row)
	}
}

// What is not known of advisories is no pass.
func TestAdvisoriesThatFail(t *testing.T) {
	reg := npmregistry.New(t)
	m := manifest(nil)
	reg.PublishAs(m, npmregistry.Pack(m))
	in := input(t, reg)
	in.Match = func(context.Context, []osv.Package) ([]osv.Hit, error) { return nil, errors.New("no answer") }
	r, err := New(t.Context(), in, []Wanted{{Name: "plugin-x"}})
	if err != nil {
		t.Fatal(err)
	}
	if v := r.Reviews[0]; !r.Fails() || v.Brings.FindingsKnown || !strings.Contains(reasons(v), "whether advisories apply to what it brings is not known: no answer") {
		t.Error(reasons(v))
	}
	in.Match = func(_ context.Context, list []osv.Package) ([]osv.Hit, error) {
		return []osv.Hit{{Package: list[0], Advisory: &osv.Advisory{ID: "MAL-2026-1", Malicious: true}}}, nil
	}
	if r, err = New(t.Context(), in, []Wanted{{Name: "plugin-x"}}); err != nil || r.Reviews[0].Verdict.Level != doNot {
		t.Error(err, reasons(r.Reviews[0]))
	}
}

// A lock of Yarn 1 has the same versions and ranges in the form that is solved.
func TestBerryOfClassic(t *testing.T) {
	lock, err := yarnlock.Parse("yarn.lock", []byte(`# yarn lockfile v1


"@a/b@^1.0.0", "@a/b@^1.1.0":
  version "1.2.0"
  resolved "https://registry.example/@a/b/-/b-1.2.0.tgz#0123456789012345678901234567890123456789"
  dependencies:
    c "~2.0.0"
  optionalDependencies:
    d "*"

"alias@npm:c@^2.0.0", c@~2.0.0:
  version "2.0.1"
  resolved "https://registry.example/c/-/c-2.0.1.tgz#0123456789012345678901234567890123456789"

"git@git+ssh://git@example.com/x.git":
  version "1.0.0"
  resolved "git+ssh://git@example.com/x.git#abc"
`))
	if err != nil {
		t.Fatal(err)
	}
	got, err := berry(lock)
	if err != nil {
		t.Fatal(err)
	}
	text := string(got.Format())
	for _, want := range []string{`"@a/b@npm:1.2.0, @a/b@npm:^1.0.0, @a/b@npm:^1.1.0":`, `    c: "npm:~2.0.0"`, `    d: "npm:*"`, `resolution: "c@npm:2.0.1"`} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %s:\n%s", want, text)
		}
	}
	if strings.Contains(text, "git+ssh") {
		t.Error(text)
	}
}
