package pg

import (
	"cmp"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/secret"
)

// ParseDSN reads a postgres:// URI or a libpq keyword string, completed by
// libpq's environment (PGHOST, PGPASSWORD, PGPASSFILE, PGSSLMODE, …) as psql
// would. The database it names, if any, becomes Maintenance.
func ParseDSN(dsn string) (Target, error) {
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		// pgx quotes the DSN, and masks a password that it recognises only.
		return Target{}, fault.New("the connection string is not understood").
			WithNext("Give a URI like postgres://user@host:5432/postgres or keywords like host=… user=…")
	}
	t := Target{Host: cfg.Host, Port: int(cfg.Port), User: cfg.User, Password: secret.New(cfg.Password), Maintenance: cfg.Database, Clear: true}
	settings := dsnSettings(dsn)
	t.SSLMode = cmp.Or(settings["sslmode"], os.Getenv("PGSSLMODE"))
	for _, f := range []struct {
		name, env string
		set       func(string)
	}{
		{"sslrootcert", "PGSSLROOTCERT", func(s string) { t.RootCert = s }},
		{"sslcert", "PGSSLCERT", func(s string) { t.Cert = s }},
		{"sslkey", "PGSSLKEY", func(s string) { t.Key = secret.New(s) }},
	} {
		path := cmp.Or(settings[f.name], os.Getenv(f.env))
		if path == "" || path == "system" {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return Target{}, fault.Wrap(err, fault.Pos{File: path}, "the file of %s cannot be read", f.name)
		}
		f.set(string(text))
	}
	return t, nil
}

// DSNHasPassword reports whether a connection string itself holds a password:
// on a command line everyone on the machine could read it.
func DSNHasPassword(dsn string) bool { return dsnSettings(dsn)["password"] != "" }

// dsnSettings are the keywords of a DSN that pgx does not hand out again.
func dsnSettings(dsn string) map[string]string {
	out := map[string]string{}
	if u, err := url.Parse(dsn); err == nil && (u.Scheme == "postgres" || u.Scheme == "postgresql") {
		for k, v := range u.Query() {
			out[k] = v[0]
		}
		if p, ok := u.User.Password(); ok {
			out["password"] = p
		}
		return out
	}
	for rest := strings.TrimSpace(dsn); rest != ""; rest = strings.TrimSpace(rest) {
		key, value, ok := strings.Cut(rest, "=")
		if !ok {
			break
		}
		value = strings.TrimLeft(value, " ")
		var b strings.Builder
		i := 0
		quoted := strings.HasPrefix(value, "'")
		if quoted {
			i = 1
		}
		for ; i < len(value); i++ {
			switch c := value[i]; {
			case c == '\\' && i+1 < len(value):
				i++
				b.WriteByte(value[i])
				continue
			case quoted && c == '\'', !quoted && c == ' ':
			default:
				b.WriteByte(c)
				continue
			}
			break
		}
		out[strings.TrimSpace(key)] = b.String()
		rest = value[min(i+1, len(value)):]
	}
	return out
}

// DSN is the target as a connection string, without the password.
func (t Target) DSN() string {
	dsn := "host=" + conninfoValue(t.Host) + " port=" + strconv.Itoa(t.PortOr()) + " user=" + conninfoValue(t.User) + " dbname=" + conninfoValue(cmp.Or(t.Maintenance, "postgres"))
	if t.SSLMode != "" {
		dsn += " sslmode=" + t.SSLMode
	}
	return dsn
}
