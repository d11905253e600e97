package database

import (
	"errors"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/appconfig"
	"github.com/portalctl/portalctl/internal/fault"
)

// unset are variables of app-config that are not set. Backstage's loader drops
// the value without a word, so that a login fails, or another server answers,
// for no reason that shows. Those of other parts of app-config are nobody's
// business here.
type unset []appconfig.Unset

// above are the variables whose value would be at one of the keys or hold it.
func (u unset) above(keys ...string) unset {
	return u.where(func(k string) bool {
		return slices.ContainsFunc(keys, func(key string) bool { return within(key, k) })
	})
}

// at are the variables whose value would be at one of the keys, hold it, or be
// in it.
func (u unset) at(keys ...string) unset {
	return u.where(func(k string) bool {
		return slices.ContainsFunc(keys, func(key string) bool { return within(key, k) || within(k, key) })
	})
}

func (u unset) where(ok func(key string) bool) unset {
	var out unset
	for _, v := range u {
		if ok(v.Key) {
			out = append(out, v)
		}
	}
	return out
}

// within reports whether a dotted key is another one or a part of its value.
func within(key, whole string) bool {
	rest, ok := strings.CutPrefix(key, whole)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// next makes setting the variables the next step of an error about a value that
// is missing for want of them.
func (u unset) next(err error) error {
	var f *fault.Error
	if step := appconfig.SetUnset(u); step != "" && errors.As(err, &f) {
		return f.WithNext("%s, then run again", step)
	}
	return err
}

// lacks are the unset variables that bear on one plugin.
type lacks struct {
	name  unset // of the database or schema
	place unset // of the name and the server
	login unset // of the server, the user and how to prove it
}

var (
	serverFields = []string{"host", "port", "connectionString"}
	loginFields  = append([]string{"user", "password", "ssl", "type"}, serverFields...)
)

// lacks finds what the connection of a plugin on PostgreSQL, as it turned out,
// may have lost.
func (r *resolver) lacks(id string, connection *value) lacks {
	s, own := r.settings, key+".plugin."+id
	name := []string{key + ".client", own + ".client", key + ".pluginDivisionMode", own + ".connection.database"}
	if s.mode == perSchema {
		name = append(name, key+".schemaPrefix", key+".connection.database")
	} else {
		name = append(name, key+".prefix")
	}
	place := slices.Concat(name, r.fieldKeys(id, connection, serverFields))
	return lacks{name: r.unset.at(name...), place: r.unset.at(place...), login: r.unset.at(r.fieldKeys(id, connection, loginFields)...)}
}

// connection are the variables that would be a plugin's connection as a whole.
// What is wrong with the one that there is, is wrong in a weaker layer.
func (r *resolver) connection(id string) unset {
	return r.unset.above(key+".connection", key+".plugin."+id+".connection")
}

// fieldKeys are the keys that a plugin's connection takes fields from: its own,
// and that of all plugins for what the own does not have. A connection string
// goes before all other fields.
func (r *resolver) fieldKeys(id string, connection *value, fields []string) []string {
	if connection.get("connectionString").truthy() {
		fields = []string{"connectionString"}
	}
	own, err := r.settings.pluginConnection(id)
	overridden, err2 := r.settings.overridden(id)
	noBase := err != nil || err2 != nil || own.is(appconfig.String) || overridden && !r.settings.rules.mergeBase
	var out []string
	for _, f := range fields {
		out = append(out, key+".plugin."+id+".connection."+f)
		if !noBase && own.get(f) == nil {
			out = append(out, key+".connection."+f)
		}
	}
	return out
}

// fileLacks are the variables that would say which file a plugin on SQLite has,
// or that it is not on SQLite at all.
func (r *resolver) fileLacks(id string) unset {
	own := key + ".plugin." + id
	return r.unset.at(key+".client", own+".client", key+".connection", own+".connection")
}

// Lacks says in the imperative which variables to set, so that app-config says
// where the data is; "" for none.
func (l *Layout) Lacks() string {
	var all unset
	for _, p := range l.Plugins {
		for _, u := range p.Unset {
			if !slices.ContainsFunc(all, func(o appconfig.Unset) bool { return o.Name == u.Name && o.Key == u.Key }) {
				all = append(all, u)
			}
		}
	}
	return appconfig.SetUnset(all)
}
