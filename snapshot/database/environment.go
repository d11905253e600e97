package database

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/jackc/pgpassfile"

	"github.com/portalctl/portalctl/internal/appconfig"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/secret"
)

type environment map[string]string

func newEnvironment(entries []string) environment {
	env := make(environment, len(entries))
	for _, e := range entries {
		if k, v, ok := strings.Cut(e, "="); ok {
			env[k] = v
		}
	}
	return env
}

// passfile looks for the password where node-pg (pgpass) and libpq do when
// there is none: PGPASSFILE or ~/.pgpass. Both ignore a file that others may
// read.
func (c *client) passfile(env environment) {
	path := env["PGPASSFILE"]
	if path == "" && env["HOME"] != "" {
		path = filepath.Join(env["HOME"], ".pgpass")
	}
	if path == "" {
		return
	}
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return
	}
	file, err := pgpassfile.ReadPassfile(path)
	if err != nil {
		return
	}
	host := c.target.Host
	if strings.HasPrefix(host, "/") {
		host = "localhost"
	}
	if p := file.FindPassword(host, strconv.Itoa(c.target.Port), c.database, c.target.User); p != "" {
		c.target.Password = secret.New(p)
		c.from["password"] = appconfig.Origin{Pos: fault.Pos{File: path}, File: path}
	}
}

// rootFiles are where systems keep the certificates that they trust.
var rootFiles = []string{
	"/etc/ssl/certs/ca-certificates.crt", // Debian, Ubuntu, Alpine
	"/etc/pki/tls/certs/ca-bundle.crt",   // Fedora, RHEL
	"/etc/ssl/ca-bundle.pem",             // SUSE
	"/etc/ssl/cert.pem",                  // macOS, Alpine
}

// systemRoots stands for the certificates that are built into node: libpq
// before 16 trusts none on its own. NODE_EXTRA_CA_CERTS adds to them. "" means
// that none were found.
func systemRoots(env environment) string {
	var out string
	for _, name := range append([]string{env["SSL_CERT_FILE"]}, rootFiles...) {
		if name == "" {
			continue
		}
		if src, err := readSmall(name); err == nil {
			out = string(src)
			break
		}
	}
	if extra := env["NODE_EXTRA_CA_CERTS"]; extra != "" {
		if src, err := readSmall(extra); err == nil {
			out += "\n" + string(src)
		}
	}
	return out
}
