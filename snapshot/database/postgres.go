package database

import (
	"github.com/portalctl/portalctl/internal/appconfig"
	"github.com/portalctl/portalctl/internal/fault"
)

// maxName is PostgreSQL's limit for a name, in bytes.
const maxName = 63

// pgSettings is what PgConnector.getClient gives knex for one plugin.
type pgSettings struct {
	connection   *value // knex's connection, type, instance and credential included
	database     string // what the connector itself makes sure of, "" for nothing
	schema       string
	ensure       bool
	ensureSchema bool
}

// postgres is what PgConnector.getClient gives knex: the base connection
// without its database, and the plugin's connection over it one level deep.
// From 0.15.2 on both go over the base connection once more, all levels deep
// (buildPgDatabaseConfig), so that a plugin whose client differs still gets what
// it leaves out from the base.
func (s *settings) postgres(id string) (*pgSettings, error) {
	out := &pgSettings{}
	ensureExists, err := s.flag(id, "ensureExists", true)
	if err != nil {
		return nil, err
	}
	// The connector reads the plugin's own ensureSchemaExists under another
	// name, so that only the setting for all plugins counts.
	ensureSchema, err := s.flag(id, "getEnsureSchemaExistsConfig", false)
	if err != nil {
		return nil, err
	}
	if _, own, _ := s.cfg.Bool("plugin." + id + ".getEnsureSchemaExistsConfig"); !own {
		if b, ok, err := s.cfg.Bool("ensureSchemaExists"); err != nil {
			return nil, err
		} else if ok {
			ensureSchema = b
		}
	}
	overridden, err := s.overridden(id)
	if err != nil {
		return nil, err
	}
	base, err := s.normalize(s.baseConnection())
	if err != nil {
		return nil, err
	}
	if s.mode != perSchema {
		base = without(base, "database")
	}
	raw, err := s.pluginConnection(id)
	if err != nil {
		return nil, err
	}
	own, err := s.normalize(raw)
	if err != nil {
		return nil, err
	}
	if !base.get("application_name").truthy() {
		base = spread(base, nil)
		base.set("application_name", text("backstage_plugin_"+id, appconfig.Origin{}))
	}
	if overridden {
		base = nil
	}
	connection := spread(base, own)
	name := connection.get("database")
	if s.mode != perSchema && name.nullish() {
		name = text(s.prefix+id, appconfig.Origin{})
	}
	if s.mode == perSchema {
		if out.schema = s.schemaPrefix + id; len(out.schema) > maxName && s.rules.schemaPrefix {
			return nil, fault.New("the schema %s of the plugin %s is longer than %d bytes", out.schema, id, maxName).
				WithNext("Shorten %s.schemaPrefix", key)
		}
	}
	over := connection
	if name.truthy() {
		out.database = name.text
		over = spread(connection, nil)
		over.set("database", name)
	}
	out.ensure = out.database != "" && ensureExists
	out.ensureSchema = s.mode == perSchema && (ensureSchema || ensureExists)
	if !s.rules.mergeBase {
		out.connection = over
		if ssl := over.get("ssl"); ssl.is(appconfig.Object) {
			// The older connector copies by way of JSON, which has no functions.
			out.connection = spread(over, nil)
			out.connection.set("ssl", without(ssl, anyName))
		}
		return out, nil
	}
	parsed, err := s.normalize(s.baseConnection())
	if err != nil {
		return nil, err
	}
	out.connection = merge(merge(merge(nil, s.baseConnection()), parsed), over)
	return out, nil
}

// normalize is normalizeConnection: a text is a URI.
func (s *settings) normalize(v *value) (*value, error) {
	switch {
	case v.nullish():
		return object(), nil
	case v.kind == appconfig.String:
		out, err := parseURI(v.text, s.uriDir, v.origin)
		if err != nil {
			return nil, notURI(v.origin.Pos, err)
		}
		return out, nil
	case v.kind != appconfig.Object:
		return nil, fault.At(v.origin.Pos, "a connection must be an object or a text").WithNext("Give it host, port, user and password")
	}
	return v, nil
}

func notURI(pos fault.Pos, err error) error {
	return fault.At(pos, "%s", err).
		WithNext("Write postgres://user@host:5432/ with the special characters of user and password percent-encoded")
}

// overridden reports whether the plugin has another client than the base.
func (s *settings) overridden(id string) (bool, error) {
	client, _, err := s.text(id, "client")
	return client.Reveal() != s.client, err
}
