package database

import (
	"github.com/portalctl/portalctl/internal/appconfig"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pattern"
)

// settings is backend.database with what DatabaseManager.fromConfig reads of it
// for all plugins.
type settings struct {
	cfg          *appconfig.Config
	base         *value // all of backend.database
	client       string
	mode         Mode
	prefix       string
	schemaPrefix string
	uriDir       string
	rules        rules
}

const (
	key           = "backend.database"
	defaultPrefix = "backstage_plugin_"
)

var schemaPrefixForm = pattern.New(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// readSettings reads backend.database; nil when there is none: Backstage then
// keeps all data in memory (databaseServiceFactory).
func readSettings(tree *appconfig.Tree, r rules) (*settings, error) {
	whole, ok, err := tree.Get(key)
	if err != nil || !ok {
		return nil, err
	}
	s := &settings{rules: r, base: fromConfig(whole), prefix: defaultPrefix, mode: perDatabase}
	if s.cfg, err = tree.Sub(key); err != nil {
		return nil, err
	}
	for _, f := range []struct {
		name string
		set  func(string)
	}{
		{"prefix", func(t string) { s.prefix = t }},
		{"schemaPrefix", func(t string) { s.schemaPrefix = t }},
		{"client", func(t string) { s.client = t }},
		{"pluginDivisionMode", func(t string) { s.mode = Mode(t) }},
	} {
		v, ok, err := s.cfg.Text(f.name)
		if err != nil {
			return nil, err
		}
		if ok {
			f.set(v.Reveal())
		}
	}
	if s.client == "" {
		return nil, unset(tree.Unset).at(key + ".client").next(fault.At(whole.Origin().Pos, "%s.client is missing", key).
			WithNext("Add client: pg below %s", key))
	}
	if !r.schemaPrefix {
		s.schemaPrefix = ""
	}
	if s.schemaPrefix != "" && !schemaPrefixForm().MatchString(s.schemaPrefix) {
		v, _, _ := s.cfg.Text("schemaPrefix")
		return nil, fault.At(v.Origin().Pos, "%s.schemaPrefix must start with a letter or _ and go on with letters, digits and _", key).
			WithNext("Correct it: Backstage refuses it, too")
	}
	if _, ok := s.base.fields["connection"]; !ok {
		return nil, unset(tree.Unset).at(key + ".connection").next(fault.At(whole.Origin().Pos, "%s.connection is missing", key).
			WithNext("Add a connection below %s", key))
	}
	return s, nil
}

// text is a setting of a plugin, or else of all.
func (s *settings) text(id, name string) (v appconfig.Value, ok bool, err error) {
	if v, ok, err = s.cfg.Text("plugin." + id + "." + name); ok || err != nil {
		return v, ok, err
	}
	return s.cfg.Text(name)
}

// flag is a boolean setting of a plugin, or else of all, or else d.
func (s *settings) flag(id, name string, d bool) (bool, error) {
	b, ok, err := s.cfg.Bool("plugin." + id + "." + name)
	if err != nil || ok {
		return b, err
	}
	if b, ok, err = s.cfg.Bool(name); err != nil || ok {
		return b, err
	}
	return d, nil
}

// pluginConnection is the plugin's own connection, undefined when it has none.
func (s *settings) pluginConnection(id string) (*value, error) {
	v, ok, err := s.cfg.Get("plugin." + id + ".connection")
	if err != nil || !ok {
		return nil, err
	}
	return fromConfig(v), nil
}

func (s *settings) baseConnection() *value { return s.base.get("connection") }
