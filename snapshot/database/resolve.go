package database

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/appconfig"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/portal/plugins"
)

// layoutOf says where every plugin keeps its data: the installed ones, and those
// that app-config names. The error is about configuration that Backstage itself
// would refuse; what concerns one plugin is in its Problem.
func layoutOf(tree *appconfig.Tree, o options) (*Layout, error) {
	rules, err := rulesOf(o.BackendDefaults)
	if err != nil {
		return nil, err
	}
	s, err := readSettings(tree, rules)
	if err != nil {
		return nil, err
	}
	l := &Layout{Mode: perDatabase, Prefix: defaultPrefix}
	r := &resolver{options: o, env: newEnvironment(o.Env), layout: l, settings: s, unset: tree.Unset}
	installed := map[string][]plugins.Package{}
	configured := map[string]bool{}
	ids := map[string]bool{}
	for _, p := range o.Plugins {
		if p.PluginID != "" {
			installed[p.PluginID] = append(installed[p.PluginID], p)
			ids[p.PluginID] = true
		}
	}
	if s != nil {
		s.uriDir = o.Cwd
		l.Mode, l.Prefix, l.SchemaPrefix = s.mode, s.prefix, s.schemaPrefix
		if s.mode != perSchema {
			l.Mode = perDatabase // the connector ignores any other word
		}
		own, err := s.cfg.Sub("plugin")
		if err != nil {
			return nil, err
		}
		if own != nil {
			for _, id := range own.Keys() {
				configured[id], ids[id] = true, true
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		p := Plugin{ID: id, Installed: installed[id], Configured: configured[id]}
		p.Problem = r.plugin(&p)
		l.Plugins = append(l.Plugins, p)
	}
	return l, nil
}

type resolver struct {
	options
	env      environment
	layout   *Layout
	settings *settings
	unset    unset
}

// note adds a remark once.
func (r *resolver) note(format string, args ...any) {
	if s := fmt.Sprintf(format, args...); !slices.Contains(r.layout.Notes, s) {
		r.layout.Notes = append(r.layout.Notes, s)
	}
}

// plugin is DatabaseManager.forPlugin and the connector's getClient.
func (r *resolver) plugin(p *Plugin) error {
	s := r.settings
	if s == nil {
		p.Kind, p.Client = sqlite, "better-sqlite3"
		return r.unset.at(key).next(memory(fault.Pos{}).WithNext("Configure %s: without it Backstage keeps all data in memory", key))
	}
	client, _, err := s.text(p.ID, "client")
	if err != nil {
		return err
	}
	p.Client = client.Reveal()
	if p.SkipMigrations, err = s.flag(p.ID, "skipMigrations", false); err != nil {
		return err
	}
	switch p.Client {
	case "pg":
		p.Kind = Postgres
		return r.postgres(p)
	case "better-sqlite3", "sqlite3":
		p.Kind = sqlite
		return r.sqlite(p)
	case "mysql", "mysql2":
		return fault.At(client.Origin().Pos, "the plugin %s keeps its data in MySQL, which snapshots do not cover", p.ID).
			WithNext("Back it up with mysqldump")
	}
	return fault.At(client.Origin().Pos, "the database client %q of the plugin %s is not one of Backstage's", p.Client, p.ID).
		WithNext("Use pg or better-sqlite3")
}

func (r *resolver) postgres(p *Plugin) error {
	got, err := r.settings.postgres(p.ID)
	if err != nil {
		return r.connection(p.ID).next(err)
	}
	p.EnsureExists, p.EnsureSchema, p.Schema = got.ensure, got.ensureSchema, got.schema
	c, err := connect(got.connection, r.env, r.Cwd)
	p.Server, p.Database, p.From = c.target, c.database, c.from
	lacks := r.lacks(p.ID, got.connection)
	p.Unset = lacks.place
	if r.Server != nil && (err == nil || c.token) {
		p.Server, p.Unset = *r.Server, lacks.name
		for _, name := range []string{"host", "port", "user", "password", "ssl"} {
			delete(p.From, name)
		}
		return nil
	}
	if c.noUser {
		p.Unset = lacks.login
		return lacks.login.next(err)
	}
	if err != nil {
		return r.connection(p.ID).next(err)
	}
	p.Server.Lacks = appconfig.SetUnset(lacks.login)
	r.withhold(p, c)
	for _, n := range c.notes {
		r.note("%s", n)
	}
	if len(p.Database) > maxName {
		r.note("the name %s is longer than %d bytes: PostgreSQL cuts it", p.Database, maxName)
	}
	return r.role(p)
}

// role: since 0.15.2 the connector sets the role of all plugins only; a
// plugin's own goes to knex, which does not know it (createPgDatabaseClient).
func (r *resolver) role(p *Plugin) error {
	cfg := r.settings.cfg
	base, hasBase, err := cfg.Text("role")
	if err != nil {
		return err
	}
	own, hasOwn, err := cfg.Text("plugin." + p.ID + ".role")
	if err != nil {
		return err
	}
	switch {
	case hasOwn && !r.settings.rules.mergeBase:
		p.Server.Role, p.From["role"] = own.Reveal(), own.Origin()
	case hasBase:
		p.Server.Role, p.From["role"] = base.Reveal(), base.Origin()
	}
	if hasOwn && p.Server.Role != own.Reveal() {
		r.note("Backstage does not set the role of the plugin %s (%s): this version sets %s.role only", p.ID, own.Origin().Pos, key)
	}
	return nil
}

func (r *resolver) sqlite(p *Plugin) error {
	p.Unset = r.fileLacks(p.ID)
	file, origin, err := r.settings.sqlite(p.ID)
	if err != nil {
		return err
	}
	if file == inMemory {
		return unset(p.Unset).next(memory(origin.Pos).WithNext("Name the config files of the deployed portal with --config, or give the connection a directory to keep the data in files"))
	}
	p.Path = resolvePath(r.Cwd, file)
	p.From = map[string]appconfig.Origin{"path": origin}
	return nil
}

func memory(pos fault.Pos) *fault.Error {
	return fault.At(pos, "%s", inMemoryText)
}

// Servers are the distinct servers of the plugins without a Problem: one for
// each host, port, user and, in schema mode, database.
func (l *Layout) Servers() []Server {
	var out []Server
	seen := map[string]bool{}
	for _, p := range l.Plugins {
		if p.Problem != nil || p.Kind != Postgres {
			continue
		}
		s := Server{Target: p.Server}
		if p.Schema != "" {
			s.SchemasIn = p.Database
		}
		id := strings.Join([]string{p.Server.String(), p.Server.Role, s.SchemasIn}, "\n")
		if !seen[id] {
			seen[id] = true
			out = append(out, s)
		}
	}
	return out
}
