package pg

import (
	"cmp"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
)

// Private is a set of files that children may read and nobody else: the
// passfile and certificates. On Linux they live in memory and are gone with the
// process, however it ends; elsewhere in a folder of mode 0700.
type Private struct {
	dir   string
	files []*os.File
}

// Close removes the files.
func (p *Private) Close() error {
	for _, f := range p.files {
		_ = f.Close()
	}
	p.files = nil
	if p.dir == "" {
		return nil
	}
	return os.RemoveAll(p.dir)
}

// add keeps content in a file of mode 0600 (libpq ignores a passfile and
// refuses a key that others may read) and returns the path that a child knows
// it by.
func (p *Private) add(name string, content []byte) (string, error) {
	if path, ok, err := p.addMemory(name, content); ok || err != nil {
		return path, err
	}
	if p.dir == "" {
		dir, err := os.MkdirTemp("", "portalctl-")
		if err != nil {
			return "", fault.Wrap(err, fault.Pos{}, "no folder for temporary files")
		}
		p.dir = dir
	}
	path := filepath.Join(p.dir, name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return "", fault.Wrap(err, fault.Pos{File: path}, "cannot be written")
	}
	return path, nil
}

// Access is what a child process needs to reach a target: variables of its
// environment, and files that it inherits.
type Access struct {
	Env   []string
	Files []*os.File
}

// Access prepares a child's access to a target. The files live until p is
// closed.
func (p *Private) Access(t Target) (Access, error) {
	env := []string{
		"PGHOST=" + t.Host, "PGPORT=" + strconv.Itoa(t.PortOr()), "PGUSER=" + t.User,
		"PGAPPNAME=" + AppName, "PGCONNECT_TIMEOUT=15", "PGSSLMODE=" + cmp.Or(t.SSLMode, "prefer"),
		// Nothing of the user's own set-up may join in.
		"PGSERVICEFILE=" + os.DevNull, "PGSYSCONFDIR=" + os.DevNull, "PSQLRC=" + os.DevNull, "PGCLIENTENCODING=UTF8",
	}
	line := passEscape(t.Host) + ":" + strconv.Itoa(t.PortOr()) + ":*:" + passEscape(t.User) + ":" + passEscape(t.Password.Reveal()) + "\n"
	if strings.HasPrefix(t.Host, "/") {
		// libpq looks the default socket folder up as "localhost".
		line += "localhost:" + strconv.Itoa(t.PortOr()) + ":*:" + passEscape(t.User) + ":" + passEscape(t.Password.Reveal()) + "\n"
	}
	if strings.ContainsAny(t.Password.Reveal(), "\n\r\x00") {
		return Access{}, fault.New("the password of %s holds a line break, which no passfile can", t).
			WithNext("Take the line break out, or give the role another password")
	}
	if t.Password.IsZero() {
		line = ""
	}
	for _, f := range []struct{ variable, name, content string }{
		{"PGPASSFILE", "passfile", line},
		{"PGSSLROOTCERT", "root.crt", t.RootCert},
		{"PGSSLCERT", "client.crt", t.Cert},
		{"PGSSLKEY", "client.key", t.Key.Reveal()},
	} {
		if f.content == "" && f.variable != "PGPASSFILE" {
			continue
		}
		path, err := p.add(f.name+strconv.Itoa(len(p.files)), []byte(f.content))
		if err != nil {
			return Access{}, err
		}
		env = append(env, f.variable+"="+path)
	}
	return Access{Env: env, Files: p.files}, nil
}

// passEscape is a field of a passfile: : and \ are escaped.
func passEscape(s string) string {
	return strings.NewReplacer(`\`, `\\`, `:`, `\:`).Replace(s)
}

// cleanEnv is the environment of a child: ours without anything that libpq
// reads, so that a stray PGDATABASE or PGPASSWORD changes nothing.
func cleanEnv(environ []string) []string {
	var out []string
	for _, kv := range environ {
		name, _, _ := strings.Cut(kv, "=")
		switch {
		case strings.HasPrefix(name, "PG"), strings.HasPrefix(name, "LC_"), name == "LANG", name == "LANGUAGE":
			continue
		case name == "PATH", name == "HOME", name == "TMPDIR", name == "TZ", name == "SYSTEMROOT", name == "SystemRoot", name == "LD_LIBRARY_PATH", name == "TEMP", name == "TMP":
			// The rest may hold secrets of the portal.
			out = append(out, kv)
		}
	}
	return append(out, "LC_ALL=C")
}
