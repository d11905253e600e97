package database

import (
	"errors"
	"strings"

	"github.com/portalctl/portalctl/internal/appconfig"
	"github.com/portalctl/portalctl/internal/pattern"
)

// errURI never quotes the URI: it may hold a password.
var errURI = errors.New("the connection string is not a URI that node-pg understands")

// parseURI is parse of pg-connection-string 2.14: a postgres:// URI, or the
// folder of a socket and a database with a space between them. Files that
// sslcert, sslkey and sslrootcert name are read, relative to dir.
func parseURI(s, dir string, o appconfig.Origin) (*value, error) {
	o.Var = "" // no part of it is the whole variable
	out := object()
	out.origin = o
	if strings.HasPrefix(s, "/") {
		host, rest, ok := strings.Cut(s, " ")
		out.set("host", text(host, o))
		if ok {
			database, _, _ := strings.Cut(rest, " ")
			out.set("database", text(database, o))
		}
		return out, nil
	}
	if unencoded().MatchString(s) {
		s = twiceEncoded().ReplaceAllString(encodeURI(s), "%$1")
	}
	u, err := splitURI(s)
	dummy := false
	if err != nil {
		// As it does, try again with a host in the empty place.
		u, err = splitURI(strings.Replace(s, "@/", "@___DUMMY___/", 1))
		dummy = true
	}
	if err != nil {
		return nil, err
	}
	for _, pair := range u.query {
		out.set(pair[0], text(pair[1], o))
	}
	if err := u.login(out, o); err != nil {
		return nil, err
	}
	if u.scheme == "socket" {
		path, err := decode(u.path, uriReserved)
		if err != nil {
			return nil, err
		}
		out.set("host", text(path, o))
		out.set("database", orNull(out.get("db"), o))
		out.set("client_encoding", orNull(out.get("encoding"), o))
		return out, nil
	}
	if err := u.place(out, dummy, o); err != nil {
		return nil, err
	}
	return out, sslOfURI(out, dir, o)
}

var (
	unencoded    = pattern.New(`(?i) |%[^a-f0-9]|%[a-f0-9][^a-f0-9]`)
	twiceEncoded = pattern.New(`%25([0-9][0-9])`)
)

func orNull(v *value, o appconfig.Origin) *value {
	if v == nil {
		return null(o)
	}
	return v
}

// login sets user and password: a parameter goes before the user part.
func (u *uri) login(out *value, o appconfig.Origin) error {
	for key, raw := range map[string]string{"user": u.user, "password": u.password} {
		if out.get(key).truthy() {
			continue
		}
		s, err := decode(raw, "")
		if err != nil {
			return err
		}
		out.set(key, text(s, o))
	}
	return nil
}

// place sets host, port and database: parameters go before the authority.
func (u *uri) place(out *value, dummy bool, o appconfig.Origin) error {
	host := u.host
	if dummy {
		host = ""
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	path := u.path
	if !out.get("host").truthy() {
		s, err := decode(host, "")
		if err != nil {
			return err
		}
		h := text(s, o)
		h.noURI = u.relative
		out.set("host", h)
	} else if strings.HasPrefix(strings.ToLower(host), "%2f") {
		path = "/" + host + path
	}
	if !out.get("port").truthy() {
		out.set("port", text(u.port, o))
	}
	out.set("database", null(o))
	if len(path) > 1 {
		s, err := decode(path[1:], uriReserved)
		if err != nil {
			return err
		}
		out.set("database", text(s, o))
	}
	return nil
}
