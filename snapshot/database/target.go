package database

import (
	"strconv"
	"strings"

	"github.com/portalctl/portalctl/internal/appconfig"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pattern"
	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/secret"
)

// client is what node-pg makes of a connection (ConnectionParameters of pg 8).
type client struct {
	target   pg.Target
	database string
	from     map[string]appconfig.Origin
	notes    []string
	token    bool // the cloud's token is the password
	noUser   bool // neither the connection nor the environment has one
}

// tokenTypes are the connection types that log in with a token of the cloud.
var tokenTypes = map[string]string{"azure": "Azure", "cloudsql": "Cloud SQL", "rds": "AWS RDS"}

// connect completes a connection with node-pg's environment variables and
// defaults, which are not libpq's: localhost and not a socket, no TLS.
func connect(conn *value, env environment, dir string) (*client, error) {
	c := &client{from: map[string]appconfig.Origin{}}
	if kind := conn.get("type"); kind.truthy() && kind.text != "default" {
		cloud, known := tokenTypes[kind.text]
		if !known {
			return c, fault.At(kind.origin.Pos, "the connection type %q is not known", kind.text).
				WithNext("Use default, azure, cloudsql or rds: Backstage refuses others")
		}
		if err := c.fill(conn, env); err != nil { // for the table
			return c, err
		}
		c.token = true
		return c, fault.At(kind.origin.Pos, "the connection logs in to %s with a token, which pg_dump cannot renew", cloud).
			WithNext("Give a role with a password of its own with --dsn")
	}
	if s := conn.get("connectionString"); s.truthy() {
		parsed, err := parseURI(s.text, dir, s.origin)
		if err != nil {
			return c, notURI(s.origin.Pos, err)
		}
		conn = spread(conn, parsed)
	}
	if h := conn.get("host"); h != nil && h.noURI {
		return c, notURI(h.origin.Pos, errURI)
	}
	if err := c.fill(conn, env); err != nil {
		return c, err
	}
	if strings.HasPrefix(c.target.Host, "/") {
		c.target.SSLMode = "disable"
		return c, nil
	}
	return c, c.ssl(conn.get("ssl"), env)
}

// setting is val of ConnectionParameters: the connection's value unless it is
// falsy, else the variable's unless it is empty.
func (c *client) setting(conn *value, env environment, name string) (string, error) {
	if v := conn.get(name); v.truthy() {
		if v.kind == appconfig.Object || v.kind == appconfig.Array {
			return "", fault.At(v.origin.Pos, "%s of the connection must be a text", name).WithNext("Correct it: node-pg cannot use it, either")
		}
		if !v.origin.Pos.IsZero() {
			c.from[name] = v.origin
		}
		return v.text, nil
	}
	variable := "PG" + strings.ToUpper(name)
	if s := env[variable]; s != "" {
		c.from[name] = fromEnv(variable)
		return s, nil
	}
	return "", nil
}

func fromEnv(name string) appconfig.Origin {
	return appconfig.Origin{Pos: fault.Pos{File: "env"}, Vars: []string{name}, Var: name}
}

var leadingInt = pattern.New(`^\s*[-+]?[0-9]+`)

func (c *client) fill(conn *value, env environment) error {
	fields := map[string]string{}
	for _, name := range []string{"host", "port", "user", "password", "database"} {
		s, err := c.setting(conn, env, name)
		if err != nil {
			return err
		}
		fields[name] = s
	}
	c.target = pg.Target{Host: fields["host"], Port: 5432, User: fields["user"], Password: secret.New(fields["password"])}
	c.database = fields["database"]
	if c.target.Host == "" {
		c.target.Host = "localhost"
	}
	if fields["port"] != "" {
		port, err := strconv.ParseUint(strings.TrimSpace(leadingInt().FindString(fields["port"])), 10, 16)
		if err != nil || port == 0 {
			return fault.At(c.from["port"].Pos, "the port is not a number from 1 to 65535").WithNext("Correct port")
		}
		c.target.Port = int(port)
	}
	if c.target.User == "" {
		// defaults.js: the operating system's user.
		if c.target.User = env["USER"]; c.target.User == "" {
			c.noUser = true
			return fault.New("the connection names no user").WithNext("Add user to the connection")
		}
		c.from["user"] = fromEnv("USER")
	}
	if c.database == "" {
		c.database = c.target.User
	}
	if c.target.Password.IsZero() {
		c.passfile(env)
	}
	return nil
}

// ssl says in libpq's words what node-pg does with an ssl value. node checks
// the certificate and the name unless it is told not to, whatever it is called.
func (c *client) ssl(v *value, env environment) error {
	if v != nil {
		c.from["ssl"] = v.origin
	}
	if v == nil {
		switch env["PGSSLMODE"] {
		case "prefer", "require", "verify-ca", "verify-full":
			v = boolean(true, fromEnv("PGSSLMODE"))
		case "no-verify":
			v = text("no-verify", fromEnv("PGSSLMODE"))
		default:
			c.target.SSLMode = "disable"
			return nil
		}
		c.from["ssl"] = v.origin
	}
	switch {
	case !v.truthy():
		c.target.SSLMode = "disable"
		return nil
	case v.kind == appconfig.Object:
		return c.sslObject(v, env)
	case v.text == "true" && v.kind != appconfig.Number:
		c.verify(env)
		return nil
	case v.kind == appconfig.String && v.text == "no-verify":
		c.target.SSLMode = "require"
		return nil
	}
	return fault.At(v.origin.Pos, "ssl of the connection must be true, false or an object; node-pg fails with other values").
		WithNext(`Write ssl: true or ssl: false. A variable always gives a text: "true" works, "false" does not`)
}

func (c *client) verify(env environment) {
	c.target.SSLMode = "verify-full"
	c.target.RootCert = systemRoots(env)
}

func (c *client) sslObject(v *value, env environment) error {
	for _, name := range []string{"pfx", "passphrase"} {
		if f := v.get(name); f.truthy() {
			return fault.At(f.origin.Pos, "ssl.%s is not supported by PostgreSQL's own programs", name).
				WithNext("Give ssl.cert and an unencrypted ssl.key, or another login with --dsn")
		}
	}
	pem := func(name string) (string, error) {
		f := v.get(name)
		switch {
		case !f.truthy():
			return "", nil
		case f.kind == appconfig.String:
			return f.text, nil
		case f.kind == appconfig.Array:
			var texts []string
			for _, item := range f.items {
				if item.is(appconfig.String) {
					texts = append(texts, strings.TrimSpace(item.text))
				}
			}
			return strings.Join(texts, "\n") + "\n", nil
		}
		return "", fault.At(f.origin.Pos, "ssl.%s must be a PEM text", name).WithNext("Write $file: and the name of the PEM file below it")
	}
	var texts [3]string
	for i, name := range []string{"cert", "key", "ca"} {
		s, err := pem(name)
		if err != nil {
			return err
		}
		texts[i] = s
	}
	c.target.Cert, c.target.Key = texts[0], secret.New(texts[1])
	if r := v.get("rejectUnauthorized"); r.is(appconfig.Bool) && r.text == "false" {
		// libpq would check the certificate if it had a root for it.
		c.target.SSLMode = "require"
		return nil
	}
	c.verify(env)
	if texts[2] != "" {
		c.target.RootCert = texts[2]
	}
	name := v.get("servername")
	if v.get(anyName) != nil || name.truthy() && name.text != c.target.Host {
		c.target.SSLMode = "verify-ca"
	}
	if name.truthy() && name.text != c.target.Host {
		c.notes = append(c.notes, "libpq cannot check another server name than the host's, so ssl.servername is not checked; the certificate is")
	}
	return nil
}
