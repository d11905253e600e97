package plugins

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/testkit/testshared"
	"github.com/portalctl/portalctl/internal/workspace"
)

func write(t *testing.T, root string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func open(t *testing.T, files map[string]string) *workspace.Project {
	t.Helper()
	root := t.TempDir()
	write(t, root, files)
	p, err := workspace.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const root = `{"name": "root", "private": true, "workspaces": ["packages/*", "plugins/*"]}`

func TestRead(t *testing.T) {
	p := open(t, map[string]string{
		"package.json": root,
		"yarn.lock":    "",
		"packages/backend/package.json": `{"name": "backend", "backstage": {"role": "backend"}, "dependencies": {
			"@acme/plugin-own-backend": "workspace:^",
			"@backstage/plugin-auth-backend": "^0.25.0",
			"@backstage/plugin-catalog-backend": "^3.0.0",
			"@backstage/plugin-catalog-backend-module-github": "^0.9.0",
			"@acme/odd-name": "^1.0.0",
			"@acme/stranger-plugin": "^1.0.0",
			"@backstage/backend-defaults": "^0.11.0",
			"broken-plugin-x": "1", "express": "^4.0.0", "pg": "^8.0.0"},
			"devDependencies": {"@backstage/plugin-search-backend": "1"}}`,
		"plugins/own-backend/package.json":                             `{"name": "@acme/plugin-own-backend", "version": "0.1.0", "backstage": {"role": "backend-plugin", "pluginId": "own"}}`,
		"packages/app/package.json":                                    `{"name": "app", "backstage": {"role": "frontend"}, "dependencies": {"@backstage/plugin-techdocs-backend": "1"}}`,
		"node_modules/@backstage/plugin-catalog-backend/package.json":  `{"name": "@backstage/plugin-catalog-backend", "version": "3.0.0", "backstage": {"role": "backend-plugin", "pluginId": "catalog"}}`,
		"node_modules/@acme/odd-name/package.json":                     `{"name": "@acme/odd-name", "version": "1.2.3", "backstage": {"role": "backend-plugin-module", "pluginId": "scaffolder"}}`,
		"node_modules/@backstage/backend-defaults/package.json":        `{"name": "@backstage/backend-defaults", "version": "0.11.1", "backstage": {"role": "node-library"}}`,
		"node_modules/express/package.json":                            `{"name": "express", "version": "4.0.0"}`,
		"node_modules/broken-plugin-x/package.json":                    `{"name": `,
		"packages/backend/node_modules/@backstage/x/y/package.json":    `{}`,
		"packages/backend/node_modules/@backstage/backend-defaults/no": ``,
	})
	got, err := Read(p, Registry{Plugin: func(name string) (string, string, bool) {
		switch name {
		case "@acme/stranger-plugin":
			return "backend-plugin", "stranger", true
		case "express", "pg":
			t.Errorf("the registry was asked about %s", name)
		}
		return "", "", false
	}})
	if err != nil {
		t.Fatal(err)
	}
	type row struct{ Name, Version, Role, ID, How, Backend string }
	var rows []row
	for _, g := range got {
		rows = append(rows, row{g.Name, g.Version, g.Role, g.PluginID, string(g.How), g.Backend})
	}
	want := []row{
		{"@acme/odd-name", "1.2.3", "backend-plugin-module", "scaffolder", "installed", "backend"},
		{"@acme/plugin-own-backend", "0.1.0", "backend-plugin", "own", "workspace", "backend"},
		{"@acme/stranger-plugin", "", "backend-plugin", "stranger", "registry", "backend"},
		{"@backstage/plugin-auth-backend", "", "backend-plugin", "auth", "name", "backend"},
		{"@backstage/plugin-catalog-backend", "3.0.0", "backend-plugin", "catalog", "installed", "backend"},
		{"@backstage/plugin-catalog-backend-module-github", "", "backend-plugin-module", "catalog", "name", "backend"},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if v, err := Version(p, Backends(p)[0], "@backstage/backend-defaults"); v != "0.11.1" || err != nil {
		t.Errorf("backend-defaults is %q, %v", v, err)
	}
}

func TestBackendWithoutRoles(t *testing.T) {
	p := open(t, map[string]string{
		"package.json": root, "yarn.lock": "",
		"packages/backend/package.json": `{"name": "backend", "dependencies": {"@backstage/plugin-auth-backend": "1"}}`,
	})
	got, err := Read(p, Registry{})
	if err != nil || len(got) != 1 || got[0].PluginID != "auth" {
		t.Errorf("got %v, %v", got, err)
	}
	p = open(t, map[string]string{"package.json": root, "yarn.lock": ""})
	if _, err := Read(p, Registry{}); err == nil {
		t.Error("a project without a backend has plugins")
	}
}

func TestReadDynamic(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"a/package.json": `{"name": "@x/backstage-plugin-jenkins-backend-dynamic", "version": "1.0.0", "backstage": {"role": "backend-plugin"}}`,
		"b/package.json": `{"name": "@x/b", "backstage": {"role": "frontend-plugin", "pluginId": "b"}}`,
		"c/readme":       ``,
		"file":           ``,
	})
	got, err := ReadDynamic(dir)
	if err != nil || len(got) != 1 || got[0].PluginID != "jenkins" || got[0].How != howName {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err := ReadDynamic(filepath.Join(dir, "none")); got != nil || err != nil {
		t.Errorf("no folder: %v, %v", got, err)
	}
}

// TestRealPortals reads the backends of real portals, where nothing is
// installed: names and workspaces must do.
func TestRealPortals(t *testing.T) {
	for portal, ids := range map[string][]string{
		"demo":          {"app", "auth", "catalog", "scaffolder", "search", "techdocs"},
		"rhdh":          {"app", "auth", "catalog", "scaffolder", "permission"},
		"janus-plugins": {"catalog"},
	} {
		p, err := workspace.Open(testshared.Dir(t, "corpus/"+portal))
		if err != nil {
			t.Fatal(err)
		}
		got, err := Read(p, Registry{})
		if err != nil {
			t.Fatal(portal, err)
		}
		have := map[string]bool{}
		for _, g := range got {
			have[g.PluginID] = true
			t.Logf("%s: %s %s %s (%s)", portal, g.PluginID, g.Name, g.Role, g.How)
		}
		for _, id := range ids {
			if !have[id] {
				t.Errorf("%s: no plugin %s", portal, id)
			}
		}
	}
}

// A backend is composed of libraries, and the code says what a plugin's ID is.
func TestReadThroughLibraries(t *testing.T) {
	p := open(t, map[string]string{
		"package.json": root, "yarn.lock": "",
		"packages/backend/package.json":          `{"name": "backend", "backstage": {"role": "backend"}, "dependencies": {"app": "*", "lib": "*", "@acme/loader": "1", "@acme/client": "1"}}`,
		"packages/app/package.json":              `{"name": "app", "backstage": {"role": "frontend"}, "dependencies": {"@backstage/plugin-events-backend": "1"}}`,
		"packages/lib/package.json":              `{"name": "lib", "backstage": {"role": "node-library"}, "dependencies": {"lib": "*", "backend": "*", "@acme/chat": "1", "@acme/two": "1", "@acme/constant": "1", "@acme/held": "1"}, "devDependencies": {"@backstage/plugin-kubernetes-backend": "1"}}`,
		"plugins/chat/package.json":              `{"name": "@acme/chat", "backstage": {"role": "backend-plugin", "pluginId": "chat-backend"}, "dependencies": {"@backstage/plugin-search-backend": "1"}}`,
		"plugins/chat/src/plugin.ts":             "/* createBackendPlugin({ pluginId: 'older' }) */\nexport default createBackendPlugin({\n  pluginId: `chat`,\n});\ncreateBackendModule({ pluginId: 'catalog', moduleId: 'chat' });\n",
		"plugins/chat/src/plugin.test.ts":        "createBackendPlugin({ pluginId: 'test' })",
		"plugins/two/package.json":               `{"name": "@acme/two", "backstage": {"role": "backend-plugin"}}`,
		"plugins/two/src/index.ts":               "createBackendPlugin({ pluginId: \"one\" }); createBackendPlugin({ pluginId: 'two' })",
		"plugins/constant/package.json":          `{"name": "@acme/constant", "backstage": {"role": "backend-plugin", "pluginId": "constant"}}`,
		"plugins/constant/src/index.ts":          "createBackendPlugin({ pluginId: ID })",
		"plugins/held/package.json":              `{"name": "@acme/held", "backstage": {"role": "backend-plugin", "pluginId": "older"}}`,
		"plugins/held/src/ids.ts":                "// const HELD = 'comment'\nexport const HELD = 'held';\n",
		"plugins/held/src/index.ts":              "const files = 'src/**/*.ts';\ncreateBackendPlugin({ register: { id: 'x' }, pluginId: HELD });\nconst other = '*/';\n",
		"node_modules/@acme/loader/package.json": `{"name": "@acme/loader", "version": "1.0.0", "backstage": {"role": "node-library"}, "dependencies": {"@backstage/plugin-auth-backend": "1"}}`,
		"node_modules/@acme/client/package.json": `{"name": "@acme/client", "version": "1.0.0", "backstage": {"role": "common-library"}, "dependencies": {"@backstage/plugin-proxy-backend": "1"}}`,
	})
	got, err := Read(p, Registry{})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, g := range got {
		ids = append(ids, g.Name+" "+g.PluginID)
	}
	want := []string{"@acme/chat chat", "@acme/constant constant", "@acme/held held", "@acme/two one", "@acme/two two", "@backstage/plugin-auth-backend auth"}
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// A library that is not installed brings what the registry says it does.
func TestBrings(t *testing.T) {
	t.Parallel()
	p := open(t, map[string]string{
		"package.json":                  `{"private": true, "workspaces": ["packages/*"]}`,
		"packages/backend/package.json": `{"name": "backend", "version": "0.0.0", "backstage": {"role": "backend"}, "dependencies": {"@acme/base": "^1.0.0", "left-pad": "^1.0.0"}}`,
	})
	got, err := Read(p, Registry{Brings: func(name string) []string {
		return map[string][]string{"@acme/base": {"@acme/deeper", "@acme/plugin-chat-backend"}, "@acme/deeper": {"@acme/base", "@acme/plugin-chat-backend-module-mail"}}[name]
	}})
	var names []string
	for _, g := range got {
		names = append(names, g.Name)
	}
	if err != nil || strings.Join(names, " ") != "@acme/plugin-chat-backend @acme/plugin-chat-backend-module-mail" {
		t.Error(names, err)
	}
}
