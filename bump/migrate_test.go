package bump

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/httpfetch"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/testkit/npmregistry"
)

// movedPackages are those of the tests below: @backstage/plugin-radar lives on as
// @acme/plugin-radar, whose 2.1.0 fits the release.
func movedPackages(t *testing.T) Registry {
	t.Helper()
	r := npmregistry.New(t)
	publish := func(id string, more map[string]any, deps ...string) {
		name, version, _ := strings.Cut(id[1:], "@")
		m := map[string]any{"name": "@" + name, "version": version}
		if len(deps) > 0 {
			m["dependencies"] = npmregistry.Dependencies(deps)
		}
		for k, v := range more {
			m[k] = v
		}
		r.PublishAs(m, npmregistry.Pack(m))
	}
	movedTo := func(to string) map[string]any {
		return map[string]any{"backstage": map[string]any{"moved": to}}
	}
	publish("@backstage/plugin-radar@0.7.4", movedTo("@acme/plugin-radar"))
	publish("@acme/plugin-radar@1.0.0", nil, "@backstage/lib@^1.0.0")
	publish("@acme/plugin-radar@2.0.0", nil, "@backstage/lib@^2.0.0")
	publish("@acme/plugin-radar@2.1.0", nil, "@backstage/lib@^2.0.0")
	publish("@backstage/plugin-stuck@0.1.0", movedTo("@acme/plugin-stuck"))
	publish("@acme/plugin-stuck@1.0.0", nil, "@backstage/lib@^3.0.0")
	publish("@backstage/plugin-gone@0.1.0", movedTo("@acme/plugin-gone"))
	publish("@backstage/plugin-twice@0.1.0", movedTo("@backstage/plugin-radar"))
	publish("@backstage/plugin-circle@0.1.0", movedTo("@backstage/plugin-circle"))
	publish("@backstage/plugin-hostile@0.1.0", movedTo(`x'; require("child_process").exec("id"); '`))
	publish("@backstage/plugin-said@0.1.0", map[string]any{"deprecated": "This package has been moved to @acme/plugin-radar."})
	publish("@backstage/plugin-other@0.1.0", map[string]any{"deprecated": "Please use @acme/plugin-radar instead."})
	publish("@backstage/plugin-two@0.1.0", map[string]any{"deprecated": "Moved: use @acme/plugin-radar or @acme/plugin-stuck."})
	publish("@backstage/plugin-own@0.1.0", movedTo("own"))
	h := httpfetch.New(httpfetch.Config{Retries: -1})
	t.Cleanup(h.CloseIdle)
	return r.Client(t, registry.Config{HTTP: h, CacheDir: t.TempDir()})
}

const migrateRelease = `
-- versions/v1/releases/1.99.0/manifest.json --
{"releaseVersion": "1.99.0", "packages": [{"name": "@backstage/lib", "version": "2.0.0"}]}
-- versions/v1/tags/main/manifest.json --
{"releaseVersion": "1.99.0", "packages": [{"name": "@backstage/lib", "version": "2.0.0"}]}
-- backstage.json --
{"version": "1.99.0"}
`

// migratePlan is the plan of versions bump --migrate for a portal.
func migratePlan(t *testing.T, reg Registry, tree string) (*Plan, string) {
	t.Helper()
	dir := unpackTree(t, migrateRelease+tree)
	in := openInput(t, dir, filepath.Join(dir, "versions"))
	in.Registry = reg
	plan, err := NewPlan(context.Background(), in, Options{Migrate: true, Lockfile: "skip"})
	if err != nil {
		t.Fatal(err)
	}
	return plan, dir
}

// planText is a file as the plan leaves it.
func planText(t *testing.T, p *Plan, dir, rel string) string {
	t.Helper()
	for _, f := range p.Files() {
		if f.Rel == rel {
			return string(f.New)
		}
	}
	src, err := os.ReadFile(filepath.Join(dir, rel))
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}

// Each way to ask for a package: what it becomes, or why it stays.
func TestMigrateDependencies(t *testing.T) {
	t.Parallel()
	reg := movedPackages(t)
	const lock = `-- yarn.lock --
__metadata:
  version: 8
  cacheKey: 10c0

"@acme/plugin-radar@npm:^1.0.0":
  version: 1.0.0
  resolution: "@acme/plugin-radar@npm:1.0.0"
  languageName: node
  linkType: hard

"@acme/plugin-radar@npm:^2.0.0":
  version: 2.0.0
  resolution: "@acme/plugin-radar@npm:2.0.0"
  languageName: node
  linkType: hard
`
	for name, tt := range map[string]struct {
		manifest, want string // "" for no change
		left           string
	}{
		"caret":       {`{"dependencies":{"@backstage/plugin-radar":"^0.7.4"}}`, `{"dependencies":{"@acme/plugin-radar":"^2.1.0"}}`, ""},
		"exact":       {`{"dependencies":{"@backstage/plugin-radar":"0.7.4"}}`, `{"dependencies":{"@acme/plugin-radar":"2.1.0"}}`, ""},
		"npm:":        {`{"dependencies":{"@backstage/plugin-radar":"npm:~0.7.4"}}`, `{"dependencies":{"@acme/plugin-radar":"npm:~2.1.0"}}`, ""},
		"tag":         {`{"dependencies":{"@backstage/plugin-radar":"latest"}}`, `{"dependencies":{"@acme/plugin-radar":"^2.1.0"}}`, ""},
		"backstage:^": {`{"dependencies":{"@backstage/plugin-radar":"backstage:^"}}`, `{"dependencies":{"@acme/plugin-radar":"^2.1.0"}}`, ""},
		"optional":    {`{"optionalDependencies":{"@backstage/plugin-radar":"^0.7.4"}}`, `{"optionalDependencies":{"@acme/plugin-radar":"^2.1.0"}}`, ""},
		"bundled": {`{"dependencies":{"@backstage/plugin-radar":"^0.7.4"},"bundledDependencies":["@backstage/plugin-radar"],"overrides":{"@backstage/plugin-radar":"0.7.4"}}`,
			`{"dependencies":{"@acme/plugin-radar":"^2.1.0"},"bundledDependencies":["@acme/plugin-radar"],"overrides":{"@acme/plugin-radar":"2.1.0"}}`, ""},
		"alias": {`{"dependencies":{"radar":"npm:@backstage/plugin-radar@^0.7.4"}}`, `{"dependencies":{"radar":"npm:@acme/plugin-radar@^2.1.0"}}`, ""},
		"order stays where it is none": {`{"dependencies":{"z":"file:z","@backstage/plugin-radar":"^0.7.4","a":"file:a"}}`,
			`{"dependencies":{"z":"file:z","@acme/plugin-radar":"^2.1.0","a":"file:a"}}`, ""},
		"there, and fits": {`{"dependencies":{"@acme/plugin-radar":"^2.0.0","@backstage/plugin-radar":"^0.7.4"}}`, `{"dependencies":{"@acme/plugin-radar":"^2.0.0"}}`, ""},
		"there, and does not fit": {`{"dependencies":{"@acme/plugin-radar":"^1.0.0","@backstage/plugin-radar":"^0.7.4"}}`,
			`{"dependencies":{"@acme/plugin-radar":"^2.1.0"}}`, ""},
		"there for more than development": {`{"dependencies":{"@acme/plugin-radar":"^2.0.0"},"devDependencies":{"@backstage/plugin-radar":"^0.7.4","a":"file:a"}}`,
			`{"dependencies":{"@acme/plugin-radar":"^2.0.0"},"devDependencies":{"a":"file:a"}}`, ""},
		"moved twice":             {`{"dependencies":{"@backstage/plugin-twice":"^0.1.0"}}`, `{"dependencies":{"@acme/plugin-radar":"^2.1.0"}}`, ""},
		"its deprecation says so": {`{"dependencies":{"@backstage/plugin-said":"^0.1.0"}}`, `{"dependencies":{"@acme/plugin-radar":"^2.1.0"}}`, ""},
		"resolution": {`{"resolutions":{"@backstage/plugin-radar":"^0.7.4","a/@backstage/plugin-radar":"0.7.4"},"dependencies":{"@backstage/plugin-radar":"^0.7.4"}}`,
			`{"resolutions":{"@acme/plugin-radar":"^2.1.0","a/@acme/plugin-radar":"2.1.0"},"dependencies":{"@acme/plugin-radar":"^2.1.0"}}`, ""},

		"patched":               {`{"dependencies":{"@backstage/plugin-radar":"patch:@backstage/plugin-radar@npm%3A0.7.4#~/.yarn/patches/r.patch"}}`, "", "a patch is for the files of the old package"},
		"patched by resolution": {`{"resolutions":{"@backstage/plugin-radar":"patch:@backstage/plugin-radar@npm%3A0.7.4#~/.yarn/patches/r.patch"},"dependencies":{"@backstage/plugin-radar":"^0.7.4"}}`, "", "(package.json:1)"},
		"a fork":                {`{"dependencies":{"@backstage/plugin-radar":"npm:@me/radar@^1.0.0"}}`, "", "the name stands for @me/radar here"},
		"from git":              {`{"dependencies":{"@backstage/plugin-radar":"github:me/radar"}}`, "", "not taken from the registry, but from github:me/radar"},
		"linked":                {`{"dependencies":{"@backstage/plugin-radar":"link:../radar"}}`, "", "not taken from the registry"},
		"resolution of a version": {`{"resolutions":{"@backstage/plugin-radar@^0.7.4":"0.7.4"},"dependencies":{"@backstage/plugin-radar":"^0.7.4"}}`, "",
			`resolution "@backstage/plugin-radar@^0.7.4" is for versions that the new name does not have`},
		"no version fits":      {`{"dependencies":{"@backstage/plugin-stuck":"^0.1.0"}}`, "", "no version of the new name fits release 1.99.0: 1.0.0 asks for @backstage/lib ^3.0.0"},
		"nobody has it":        {`{"dependencies":{"@backstage/plugin-gone":"^0.1.0"}}`, "", "the registry does not have the new name"},
		"hostile":              {`{"dependencies":{"@backstage/plugin-hostile":"^0.1.0"}}`, "", "is not one that npm gives"},
		"only named":           {`{"dependencies":{"@backstage/plugin-other":"^0.1.0"}}`, "", "compare the two"},
		"one of two":           {`{"dependencies":{"@backstage/plugin-two":"^0.1.0"}}`, "", "compare the two"},
		"a package of its own": {`{"name":"own","dependencies":{"@backstage/plugin-own":"^0.1.0"}}`, "", "that of a package of this portal"},
		"moved to itself":      {`{"dependencies":{"@backstage/plugin-circle":"^0.1.0"}}`, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan, dir := migratePlan(t, reg, lock+"-- package.json --\n"+tt.manifest+"\n-- a.js --\nrequire('@backstage/plugin-radar');\n")
			want := tt.want
			if want == "" {
				want = tt.manifest
			}
			if d := cmp.Diff(want+"\n", planText(t, plan, dir, "package.json")); d != "" {
				t.Errorf("package.json (-want +got)\n%s", d)
			}
			left := ""
			for _, m := range plan.Moved {
				left += m.Left
			}
			if tt.left == "" && left != "" || !strings.Contains(left, tt.left) {
				t.Errorf("left: %q, want %q", left, tt.left)
			}
			code := planText(t, plan, dir, "a.js")
			moved := slices.ContainsFunc(plan.Moved, func(m Migration) bool { return m.Name == "@backstage/plugin-radar" && m.Left == "" })
			if moved != strings.Contains(code, "@acme/plugin-radar") {
				t.Errorf("the code follows the dependency: %v, want %v\n%s", !moved, moved, code)
			}
			for _, n := range plan.Notes {
				if n.Kind == Moved && left != "" {
					t.Errorf("said twice: %v", n)
				}
			}
		})
	}
}

// What loads a package moves, whatever its form, and no other byte does.
func TestMigrateSource(t *testing.T) {
	t.Parallel()
	reg := movedPackages(t)
	const old, to = "@backstage/plugin-radar", "@acme/plugin-radar"
	for name, tt := range map[string]struct {
		file, text, want string // want "" is no change
		needsYou         string
	}{
		"byte order mark":   {"a.ts", "\ufeffimport 'OLD';\r\n", "\ufeffimport 'NEW';\r\n", ""},
		"escapes":           {"a.ts", `import "@backstage\u002fplugin-radar/alpha"; import 'OLD';`, `import "NEW/alpha"; import 'NEW';`, ""},
		"both quotes":       {"a.tsx", `import a from "OLD"; import b from 'OLD/x';`, `import a from "NEW"; import b from 'NEW/x';`, ""},
		"asks where it is":  {"a.mts", `import.meta.resolve('OLD'); require.resolve("OLD/package.json");`, `import.meta.resolve('NEW'); require.resolve("NEW/package.json");`, ""},
		"more of a module":  {"a.d.ts", `declare module 'OLD/alpha' {}`, `declare module 'NEW/alpha' {}`, ""},
		"import equals":     {"a.cts", `import r = require('OLD');`, `import r = require('NEW');`, ""},
		"mocks":             {"a.test.tsx", "vi.mock('OLD'); jest.doMock('OLD/x', f);", "vi.mock('NEW'); jest.doMock('NEW/x', f);", ""},
		"in a comment":      {"a.ts", "// import 'OLD';\n/* require('OLD') */", "", ""},
		"in a string":       {"a.ts", `const s = "import 'OLD'"; log('OLD');`, "", ""},
		"in a template":     {"a.ts", "const s = `${x} import 'OLD'`;", "", ""},
		"in JSX":            {"a.tsx", `export const a = <p>import 'OLD' from it's</p>;`, "", ""},
		"a longer name":     {"a.ts", `import 'OLD-backend'; import 'OLDs/x'; import '@x/OLD';`, "", ""},
		"a method":          {"a.ts", `loader.require('OLD'); x.import('OLD');`, "", ""},
		"does not parse":    {"a.ts", "import 'OLD';\nconst s = 'x\n", "", "it does not parse: a string is never closed"},
		"too large":         {"a.js", "import 'OLD';\n" + strings.Repeat("// padding\n", 100_000), "", "larger than 1 MB"},
		"built":             {"dist/a.js", "import 'OLD';", "", ""},
		"ignored by git":    {"generated/a.js", "import 'OLD';", "", ""},
		"JSON":              {"a.json", `{"x": "OLD"}`, "", ""},
		"app-config":        {"app-config.local.yaml", "app:\n  experimental:\n    packages: {include: [\"OLD\", \"OLD-x\"]}\nother: \"OLD\"\n", "app:\n  experimental:\n    packages: {include: [\"NEW\", \"OLD-x\"]}\nother: \"OLD\"\n", ""},
		"app-config, a key": {"app-config.yaml", "dynamicPlugins:\n  'OLD': {}\n", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fill := func(s string) string { return strings.NewReplacer("OLD", old, "NEW", to).Replace(s) }
			text, want := fill(tt.text), fill(tt.want)
			if tt.want == "" {
				want = text
			}
			plan, dir := func() (*Plan, string) {
				dir := unpackTree(t, migrateRelease+"-- package.json --\n{\"dependencies\":{\"@backstage/plugin-radar\":\"^0.7.4\"}}\n-- .gitignore --\ngenerated\n-- .git/HEAD --\nref: refs/heads/main\n-- .git/objects/x --\n")
				path := filepath.Join(dir, filepath.FromSlash(tt.file))
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
				in := openInput(t, dir, filepath.Join(dir, "versions"))
				in.Registry = reg
				plan, err := NewPlan(context.Background(), in, Options{Migrate: true, Lockfile: "skip"})
				if err != nil {
					t.Fatal(err)
				}
				return plan, dir
			}()
			if d := cmp.Diff(want, planText(t, plan, dir, tt.file)); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
			if len(plan.Moved) != 1 || plan.Moved[0].Left != "" {
				t.Fatalf("moved: %v", plan.Moved)
			}
			m := plan.Moved[0]
			why := ""
			for _, n := range m.NeedsYou {
				why += n.What
			}
			if tt.needsYou == "" && why != "" || !strings.Contains(why, tt.needsYou) {
				t.Errorf("needs you: %q, want %q", why, tt.needsYou)
			}
			if plan.NeedsYou() != (tt.needsYou != "") {
				t.Errorf("NeedsYou is %v", plan.NeedsYou())
			}
			// Where the old name stands afterwards is said.
			rest := planText(t, plan, dir, tt.file)
			if stays := mentions(rest, old) && tt.needsYou == "" && !strings.HasPrefix(tt.file, "dist/"); stays != (len(m.Named) > 0) {
				t.Errorf("named: %v, want some: %v", m.Named, stays)
			}
		})
	}
}
