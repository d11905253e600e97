package database

import (
	"testing"

	"github.com/portalctl/portalctl/internal/appconfig"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/portal/plugins"
)

// lacking resolves app-config.yaml and app-config.local.yaml for the plugins
// catalog and auth.
func lacking(t *testing.T, config, local string, o options) (*Layout, error) {
	t.Helper()
	root := t.TempDir()
	write(t, root, map[string]string{"app-config.yaml": config, "app-config.local.yaml": local})
	tree, err := appconfig.Load(appconfig.Options{Root: root, Env: o.Env})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"auth", "catalog"} {
		o.Plugins = append(o.Plugins, plugins.Package{Name: "@x/plugin-" + id + "-backend", PluginID: id, Role: "backend-plugin"})
	}
	return layoutOf(tree, o)
}

const templateConfig = `app: { title: "${TITLE}" }
backend:
  auth: { secret: "${BACKEND_SECRET}" }
  database:
    client: pg
    connection:
      host: ${POSTGRES_HOST}
      port: ${POSTGRES_PORT:-5432}
      user: ${POSTGRES_USER}
      password: ${POSTGRES_PASSWORD}
      application_name: ${APP_NAME}
`

// What a login lacks is what its own plugin takes from variables that are not
// set, and of nothing else in app-config.
func TestLacks(t *testing.T) {
	all := []string{"POSTGRES_HOST=h", "POSTGRES_USER=u", "POSTGRES_PASSWORD=p"}
	const password = "Set POSTGRES_PASSWORD (app-config.yaml:10 uses it for backend.database.connection.password)"
	for _, tt := range []struct {
		name, local, version string
		env                  []string
		catalog, auth        string
	}{
		{name: "all is set", env: all},
		{name: "empty is set, as Backstage has it", env: []string{"POSTGRES_HOST=h", "POSTGRES_USER=u", "POSTGRES_PASSWORD="}},
		{name: "the password", env: all[:2], catalog: password, auth: password},
		{name: "a plugin has its own", env: all[:2], local: "backend: {database: {plugin: {auth: {connection: {password: mine}}}}}\n", catalog: password},
		{name: "a plugin's own is not set either", env: all[:2], local: "backend: {database: {plugin: {auth: {connection: {password: '${AUTH}'}}}}}\n", catalog: password,
			auth: "Set AUTH (app-config.local.yaml:1 uses it for backend.database.plugin.auth.connection.password) and" + password[3:]},
		{name: "a plugin has a URI, which has no password", env: all[:2], local: "backend: {database: {plugin: {auth: {connection: 'postgres://a@h/x'}}}}\n", catalog: password},
		{name: "a connection string goes before", env: all[:2], local: "backend: {database: {connection: {connectionString: 'postgres://a@h/x'}}}\n"},
		{name: "an older connector takes nothing for another client", env: all[:2], version: "0.11.1",
			local: "backend: {database: {client: better-sqlite3, plugin: {auth: {client: pg, connection: {host: h, user: u}}, catalog: {client: pg}}}}\n"},
		{name: "a newer one does", env: all[:2], local: "backend: {database: {client: better-sqlite3, plugin: {auth: {client: pg, connection: {host: h, user: u}}, catalog: {client: pg}}}}\n",
			catalog: password, auth: password},
		{name: "a layer above the values", env: all[:2], local: "backend: {database: {connection: '${DATABASE_URL}'}}\n",
			catalog: "Set DATABASE_URL (app-config.local.yaml:1 uses it for backend.database.connection) and" + password[3:],
			auth:    "Set DATABASE_URL (app-config.local.yaml:1 uses it for backend.database.connection) and" + password[3:]},
		{name: "a part of ssl", env: all, local: "backend: {database: {connection: {ssl: {ca: '${DB_CA}'}}}}\n",
			catalog: "Set DB_CA (app-config.local.yaml:1 uses it for backend.database.connection.ssl.ca)",
			auth:    "Set DB_CA (app-config.local.yaml:1 uses it for backend.database.connection.ssl.ca)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, err := lacking(t, templateConfig, tt.local, options{Env: tt.env, BackendDefaults: tt.version})
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range []string{tt.auth, tt.catalog} {
				p := l.Plugins[i]
				if p.Server.Lacks != want {
					t.Errorf("%s (%v):\n got %s\nwant %s", p.ID, p.Problem, p.Server.Lacks, want)
				}
			}
			// --dsn is another login: what app-config's lacks is no matter.
			l, err = lacking(t, templateConfig, tt.local, options{Env: tt.env, BackendDefaults: tt.version, Server: &pg.Target{Host: "x", User: "y"}})
			if err != nil || l.Plugins[0].Server.Lacks != "" || l.Lacks() != "" {
				t.Errorf("with --dsn: %v, %q, %q", err, l.Plugins[0].Server.Lacks, l.Lacks())
			}
		})
	}
}

// A database that is not there may be one of another name or server; the
// password is not why.
func TestUnsetPlace(t *testing.T) {
	const host = "Set POSTGRES_HOST (app-config.yaml:7 uses it for backend.database.connection.host)"
	const prefix = "Set DB_PREFIX (app-config.local.yaml:1 uses it for backend.database.prefix)"
	env := []string{"POSTGRES_USER=u"}
	for _, tt := range []struct{ local, want, withDSN string }{
		{"", host, ""},
		{"backend: {database: {prefix: '${DB_PREFIX}'}}\n", prefix + " and" + host[3:], prefix},
		{"backend: {database: {connection: {host: h, database: '${NOT_READ}'}}}\n", "", ""},
		{"backend: {database: {pluginDivisionMode: schema, connection: {host: h, database: '${DB}'}}}\n",
			"Set DB (app-config.local.yaml:1 uses it for backend.database.connection.database)", "Set DB (app-config.local.yaml:1 uses it for backend.database.connection.database)"},
	} {
		for server, want := range map[*pg.Target]string{nil: tt.want, {Host: "x", User: "y"}: tt.withDSN} {
			l, err := lacking(t, templateConfig, tt.local, options{Env: env, Server: server})
			if err != nil {
				t.Fatal(err)
			}
			if got := l.Lacks(); got != want {
				t.Errorf("%s, --dsn %v:\n got %s\nwant %s", tt.local, server, got, want)
			}
		}
	}
}

// Where a value is required, the error names the variable that should give it.
func TestRequiredValueIsUnset(t *testing.T) {
	for _, tt := range []struct{ config, local, env, what, next string }{
		{config: "backend: {database: {client: '${DB_CLIENT}', connection: {host: h}}}\n", what: "app-config.yaml:1:21: backend.database.client is missing",
			next: "Set DB_CLIENT (app-config.yaml:1 uses it for backend.database.client), then run again"},
		{config: "backend: {database: {client: pg, connection: '${DATABASE_URL}'}}\n", what: "app-config.yaml:1:21: backend.database.connection is missing",
			next: "Set DATABASE_URL (app-config.yaml:1 uses it for backend.database.connection), then run again"},
		{config: "backend: {database: {client: pg, connection: {$env: DATABASE_URL}}}\n", what: "app-config.yaml:1:21: backend.database.connection is missing",
			next: "Set DATABASE_URL (app-config.yaml:1 uses it for backend.database.connection), then run again"},
		{config: "backend: {database: '${DATABASE}', other: '${OTHER}'}\n", what: "the data is kept in memory, and gone when the backend stops",
			next: "Set DATABASE (app-config.yaml:1 uses it for backend.database), then run again"},
		{config: templateConfig, env: "POSTGRES_HOST=h", what: "the connection names no user",
			next: "Set POSTGRES_USER (app-config.yaml:9 uses it for backend.database.connection.user) and POSTGRES_PASSWORD (app-config.yaml:10 uses it for backend.database.connection.password), then run again"},
		{config: "backend: {database: {client: better-sqlite3, connection: ':memory:'}}\n", local: "backend: {database: {client: '${DB_CLIENT}'}}\n",
			what: "app-config.yaml:1:58: the data is kept in memory, and gone when the backend stops",
			next: "Set DB_CLIENT (app-config.local.yaml:1 uses it for backend.database.client), then run again"},
		{config: "backend: {database: {client: better-sqlite3, connection: ':memory:'}}\n", local: "backend: {database: {client: pg, connection: '${DATABASE_URL}'}}\n",
			what: "app-config.yaml:1:58: the connection string is not a URI that node-pg understands",
			next: "Set DATABASE_URL (app-config.local.yaml:1 uses it for backend.database.connection), then run again"},
		// The same errors for another reason keep their own step.
		{config: "backend: {database: {client: pg, connection: {host: h, password: '${P}'}}}\n", env: "P=p", what: "the connection names no user", next: "Add user to the connection"},
		{config: "backend: {database: {connection: '${DATABASE_URL}'}}\n", what: "app-config.yaml:1:21: backend.database.client is missing", next: "Add client: pg below backend.database"},
		{config: "backend: {database: {client: pg, connection: {port: 99999, user: u, password: '${P}'}}}\n", what: "app-config.yaml:1:53: the port is not a number from 1 to 65535", next: "Correct port"},
	} {
		l, err := lacking(t, tt.config, tt.local, options{Env: []string{tt.env}})
		if err == nil {
			err = l.Plugins[0].Problem
		}
		if err == nil || err.Error() != tt.what || fault.NextOf(err) != tt.next {
			t.Errorf("%s%s:\n got %v\nnext %s\nwant %s\nnext %s", tt.config, tt.local, err, fault.NextOf(err), tt.what, tt.next)
		}
	}
}
