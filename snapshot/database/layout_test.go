package database

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/appconfig"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/portal/plugins"
	"github.com/portalctl/portalctl/internal/secret"
	"github.com/portalctl/portalctl/internal/testkit/testshared"
	"github.com/portalctl/portalctl/internal/workspace"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// resolve is Resolve of one app-config.yaml for plugins with these IDs.
func resolve(t *testing.T, config string, o options, ids ...string) *Layout {
	t.Helper()
	root := t.TempDir()
	write(t, root, map[string]string{"app-config.yaml": config})
	tree, err := appconfig.Load(appconfig.Options{Root: root, Env: o.Env})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		o.Plugins = append(o.Plugins, plugins.Package{Name: "@x/plugin-" + id + "-backend", PluginID: id, Role: "backend-plugin"})
	}
	l, err := layoutOf(tree, o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

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

const portalConfig = `backend:
  database:
    client: pg
    connection:
      host: ${PG_HOST}
      port: 5433
      user: bs
      password: ${PG_PASSWORD}
    plugin:
      search: { connection: { database: shared } }
      catalog: { connection: { database: shared } }
      auth: { connection: { host: other.example } }
      legacy: {}
`

func TestFromSaysWhereValuesCome(t *testing.T) {
	l := resolve(t, portalConfig, options{Env: []string{"PG_HOST=db.example", "PG_PASSWORD=s3cret"}}, "catalog", "auth", "todo")
	var got []string
	for _, p := range l.Plugins {
		got = append(got, fmt.Sprintf("%s %v %d %s/%s host=%s password=$%s port=%s database=%s", p.ID, p.Configured, len(p.Installed), p.Server, p.Database,
			p.From["host"], p.From["password"].Var, p.From["port"], p.From["database"]))
	}
	want := []string{
		"auth true 1 bs@other.example:5433/backstage_plugin_auth host=app-config.yaml:12:35 password=$PG_PASSWORD port=app-config.yaml:6:13 database=",
		"catalog true 1 bs@db.example:5433/shared host=app-config.yaml:5:13 ($PG_HOST) password=$PG_PASSWORD port=app-config.yaml:6:13 database=app-config.yaml:11:42",
		"legacy true 0 bs@db.example:5433/backstage_plugin_legacy host=app-config.yaml:5:13 ($PG_HOST) password=$PG_PASSWORD port=app-config.yaml:6:13 database=",
		"search true 0 bs@db.example:5433/shared host=app-config.yaml:5:13 ($PG_HOST) password=$PG_PASSWORD port=app-config.yaml:6:13 database=app-config.yaml:10:41",
		"todo false 1 bs@db.example:5433/backstage_plugin_todo host=app-config.yaml:5:13 ($PG_HOST) password=$PG_PASSWORD port=app-config.yaml:6:13 database=",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	encoded, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{string(encoded), fmt.Sprintf("%v %+v %#v", l, l, l)} {
		if strings.Contains(s, "s3cret") {
			t.Errorf("the password shows in %s", s)
		}
	}
}

// TestFromOfAURI: the password is in the variable, but is not the variable.
func TestFromOfAURI(t *testing.T) {
	l := resolve(t, "backend: {database: {client: pg, connection: '${URL}'}}\n", options{Env: []string{"URL=postgres://u:p@h/"}}, "catalog")
	if o := l.Plugins[0].From["password"]; o.Var != "" || fmt.Sprint(o.Vars) != "[URL]" {
		t.Errorf("%+v", o)
	}
}

// TestPlacesOfPlugins: plugins may share a database, and in schema mode all do.
func TestPlacesOfPlugins(t *testing.T) {
	places := func(l *Layout) (got []string) {
		for _, p := range l.Plugins {
			if p.Problem == nil {
				got = append(got, strings.TrimSuffix(p.ID+" "+p.Server.Address()+"/"+p.Database+" "+p.Schema, " "))
			}
		}
		return got
	}
	l := resolve(t, portalConfig, options{Env: []string{"PG_HOST=db.example", "PG_PASSWORD=x"}}, "todo")
	want := []string{
		"auth other.example:5433/backstage_plugin_auth", "catalog db.example:5433/shared", "legacy db.example:5433/backstage_plugin_legacy",
		"search db.example:5433/shared", "todo db.example:5433/backstage_plugin_todo",
	}
	if diff := cmp.Diff(want, places(l)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if n := len(l.Servers()); n != 2 {
		t.Errorf("%d servers", n)
	}
	l = resolve(t, "backend: {database: {client: pg, pluginDivisionMode: schema, connection: {host: h, user: u, database: d}}}\n", options{}, "b", "a")
	if diff := cmp.Diff([]string{"a h:5432/d a", "b h:5432/d b"}, places(l)); diff != "" || l.Mode != perSchema {
		t.Errorf("schema mode: %s (-want +got)\n%s", l.Mode, diff)
	}
}

func TestProblems(t *testing.T) {
	for name, tt := range map[string]struct{ database, want string }{
		"memory":   {"client: better-sqlite3, connection: ':memory:'", "app-config.yaml:1:58: the data is kept in memory"},
		"mysql":    {"client: mysql2, connection: {host: h}", "app-config.yaml:1:30: the plugin catalog keeps its data in MySQL"},
		"other":    {"client: oracledb, connection: {host: h}", "is not one of Backstage's"},
		"token":    {"client: pg, connection: {type: rds, host: h, user: u}", "logs in to AWS RDS with a token"},
		"not uri":  {"client: pg, connection: host=h", "app-config.yaml:1:46: the connection string is not a URI"},
		"bad port": {"client: pg, connection: {host: h, user: u, port: many}", "app-config.yaml:1:71: the port is not a number"},
		"no user":  {"client: pg, connection: {host: h}", "the connection names no user"},
		"ssl":      {"client: pg, connection: {host: h, user: u, ssl: 'false'}", "app-config.yaml:1:70: ssl of the connection must be"},
		"pfx":      {"client: pg, connection: {host: h, user: u, ssl: {pfx: x}}", "ssl.pfx is not supported"},
		"list":     {"client: pg, connection: {host: [h], user: u}", "host of the connection must be a text"},
	} {
		t.Run(name, func(t *testing.T) {
			p := resolve(t, "backend: {database: {"+tt.database+"}}\n", options{}, "catalog").Plugins[0]
			if p.Problem == nil || !strings.Contains(p.Problem.Error(), tt.want) || fault.NextOf(p.Problem) == "" {
				t.Errorf("%v (next: %s), want %s", p.Problem, fault.NextOf(p.Problem), tt.want)
			}
		})
	}
	if l := resolve(t, "backend: {database: {client: pg, connection: {type: rds, host: h, user: u}}}\n", options{}, "catalog"); len(l.Servers()) != 0 {
		t.Error("a plugin with a problem has a server to connect to")
	}
}

func TestServerReplacesTheLogin(t *testing.T) {
	target := pg.Target{Host: "admin.example", Port: 6000, User: "dba", Password: secret.New("x")}
	for _, connection := range []string{"{type: rds, host: h, user: u}", "{host: h, user: u, password: p, ssl: true}", "'postgres://u:p@h/'"} {
		l := resolve(t, "backend: {database: {client: pg, role: owner, connection: "+connection+"}}\n", options{Server: &target}, "catalog")
		p := l.Plugins[0]
		if p.Problem != nil || p.Server != target || p.Database != "backstage_plugin_catalog" || p.From["password"].Pos.Line != 0 {
			t.Errorf("%s: %+v", connection, p)
		}
	}
	l := resolve(t, "backend: {database: {client: better-sqlite3, connection: {directory: d}}}\n", options{Server: &target, Cwd: "/srv"}, "catalog")
	if p := l.Plugins[0]; p.Problem != nil || p.Path != filepath.FromSlash("/srv/d/catalog.sqlite") {
		t.Errorf("%+v", p)
	}
}

func TestPassfile(t *testing.T) {
	home := t.TempDir()
	write(t, home, map[string]string{".pgpass": "h:5432:backstage_plugin_catalog:u:from the file\n"})
	path := filepath.Join(home, ".pgpass")
	config := "backend: {database: {client: pg, connection: {host: h, user: u}}}\n"
	for mode, want := range map[os.FileMode]string{0o600: "from the file", 0o644: ""} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		p := resolve(t, config, options{Env: []string{"HOME=" + home}}, "catalog").Plugins[0]
		if got := p.Server.Password.Reveal(); got != want {
			t.Errorf("mode %o: %q", mode, got)
		}
		if (want != "") != (p.From["password"].File == path) {
			t.Errorf("mode %o: the password comes from %v", mode, p.From["password"])
		}
	}
}

func TestServerNameNote(t *testing.T) {
	l := resolve(t, "backend: {database: {client: pg, connection: {host: 10.0.0.1, user: u, ssl: {ca: CA, servername: db.example}}}}\n", options{}, "catalog")
	if p := l.Plugins[0]; p.Server.SSLMode != "verify-ca" || p.Server.RootCert != "CA" || len(l.Notes) != 1 {
		t.Errorf("%s %v", p.Server.SSLMode, l.Notes)
	}
}

func TestOpen(t *testing.T) {
	root := t.TempDir()
	write(t, root, map[string]string{
		"package.json":                  `{"name": "root", "private": true, "workspaces": ["packages/*"]}`,
		"yarn.lock":                     "# yarn lockfile v1\n\n\n\"@backstage/backend-defaults@^0.11.0\":\n  version \"0.11.1\"\n  resolved \"https://registry.example.com/a.tgz#0123456789012345678901234567890123456789\"\n",
		"packages/backend/package.json": `{"name": "backend", "backstage": {"role": "backend"}, "dependencies": {"@backstage/plugin-catalog-backend": "1", "@backstage/plugin-auth-backend": "1"}}`,
		"app-config.yaml":               "dynamicPlugins: {rootDirectory: dynamic}\nbackend: {database: {client: pg, role: a, connection: {host: h, user: u}, plugin: {catalog: {role: b}, auth: {client: better-sqlite3, connection: {directory: data}}}}}\n",
		"dynamic/x/package.json":        `{"name": "@x/plugin-jenkins-backend-dynamic", "backstage": {"role": "backend-plugin", "pluginId": "jenkins"}}`,
		"data/auth.sqlite":              "x",
	})
	p, err := workspace.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	l, tree, err := Open(p, Source{Cwd: root})
	if err != nil || tree == nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, p := range l.Plugins {
		got[p.ID] = p.Server.Role + " " + p.Path
	}
	want := map[string]string{"auth": " " + filepath.Join(p.Root, "data", "auth.sqlite"), "catalog": "b ", "jenkins": "a "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the lock's backend-defaults sets a plugin's own role, the file is at the root (-want +got)\n%s", diff)
	}
	if l.NoDynamic {
		t.Error("the folder of dynamic plugins is there")
	}
	here, away := filepath.Join(root, "dynamic"), filepath.Join(root, "away")
	if err := os.Rename(here, away); err != nil {
		t.Fatal(err)
	}
	if l, _, err := Open(p, Source{Cwd: root}); err != nil || !l.NoDynamic {
		t.Errorf("%v: that the folder of dynamic plugins is not there is not known", err)
	}
	if err := os.Rename(away, here); err != nil {
		t.Fatal(err)
	}
	// What is installed may be the upgrade already: the deployed lock decides.
	write(t, root, map[string]string{"node_modules/@backstage/backend-defaults/package.json": `{"version": "0.18.0"}`})
	lock, err := yarnlock.Parse("yarn.lock", []byte("# yarn lockfile v1\n\n\n\"@backstage/backend-defaults@^0.11.0\":\n  version \"0.11.1\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	for role, source := range map[string]Source{"a": {}, "b": {Lock: lock}} {
		l, _, err := Open(p, source)
		if err != nil || l.Plugins[1].ID != "catalog" || l.Plugins[1].Server.Role != role {
			t.Errorf("%v, %+v, want the role %s", err, l.Plugins[1], role)
		}
	}
	if !l.Plugins[1].Migrates() || l.Plugins[2].Migrates() {
		t.Error("catalog is known to keep data, jenkins is not")
	}
	write(t, root, map[string]string{"packages/backend/data/auth.sqlite": "y"})
	if l, _, err = Open(p, Source{Cwd: root, Lock: lock}); err != nil || len(l.Notes) != 1 || l.Plugins[0].Path != filepath.Join(p.Root, "packages", "backend", "data", "auth.sqlite") {
		t.Errorf("files in both places: %v, %v, %s", err, l.Notes, l.Plugins[0].Path)
	}
}

// TestRealPortals resolves the databases of real portals.
func TestRealPortals(t *testing.T) {
	for _, tt := range []struct {
		portal string
		files  []string
		want   string
	}{
		{"demo", nil, "the data is kept in memory"},
		{"demo", []string{"app-config.yaml", "app-config.heroku.yaml"}, "the data is kept in memory"},
		{"rhdh", nil, "the portal's database is in app-config.production.yaml,"},
		{"rhdh", []string{"app-config.example.yaml", "app-config.example.production.yaml"}, ""},
	} {
		p, err := workspace.Open(testshared.Dir(t, "corpus/"+tt.portal))
		if err != nil {
			t.Fatal(err)
		}
		l, _, err := Open(p, Source{Files: tt.files, Env: []string{"POSTGRES_HOST=db", "POSTGRES_USER=u", "POSTGRES_PASSWORD=p"}})
		if err != nil {
			if tt.want == "" || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s %v: %v", tt.portal, tt.files, err)
			}
			continue
		}
		if len(l.Plugins) < 10 {
			t.Errorf("%s: %d plugins", tt.portal, len(l.Plugins))
		}
		for _, p := range l.Plugins {
			if problem := fmt.Sprint(p.Problem); tt.want == "" && p.Problem != nil || tt.want != "" && !strings.Contains(problem, tt.want) {
				t.Errorf("%s: %s: %s", tt.portal, p.ID, problem)
			}
		}
		t.Logf("%s %v: %d plugins on %d servers, notes %v", tt.portal, tt.files, len(l.Plugins), len(l.Servers()), l.Notes)
	}
}
