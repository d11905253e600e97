package appconfig

import (
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pattern"
	"github.com/portalctl/portalctl/internal/repofile"
)

// maxFile limits what is read of one file, in bytes.
const maxFile = 16 << 20

// readFile reads a file through symbolic links. pipe allows what is not a regular
// file: --config <(sops -d secrets.yaml) is one. A named pipe inside a
// configuration would block for ever.
func readFile(path string, pipe bool) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, cause(err)
	}
	if info.IsDir() {
		return nil, errors.New("it is a folder")
	}
	if !pipe {
		return checked(repofile.Read(path, maxFile))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, cause(err)
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, cause(err)
	}
	if len(src) > maxFile {
		return nil, errors.New("it has more than 16 MB")
	}
	return src, nil
}

// readWithin reads a file that a configuration file in the folder dir names. One of
// the repository (nobody may have reviewed it) names files of the repository
// alone: what is elsewhere would be sent to the server that it names, too.
func readWithin(repo *repofile.Repo, dir, path string) ([]byte, error) {
	if !repo.Has(dir) {
		return readFile(path, false)
	}
	if !repo.Has(path) {
		return nil, errOutside
	}
	return checked(repo.Read(path, maxFile))
}

var errOutside = errors.New("it is outside of the repository, and a file of the repository names it")

func checked(src []byte, err error) ([]byte, error) {
	if err == nil {
		return src, nil
	}
	var p *fs.PathError
	if errors.Is(err, repofile.ErrNotRegular) && errors.As(err, &p) {
		if info, err := os.Stat(p.Path); err == nil && info.IsDir() {
			return nil, errors.New("it is a folder")
		}
	}
	return nil, cause(err)
}

// cause leaves out the path, which the error around it names.
func cause(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fs.ErrNotExist
	}
	return fault.Cause(err)
}

var (
	scheme  = pattern.New(`^([a-zA-Z][a-zA-Z0-9+.-]*):(.*)$`)
	special = map[string]bool{"http": true, "https": true, "ws": true, "wss": true, "ftp": true}
)

// isURL reports whether ConfigSources.parseArgs takes an argument for a URL:
// new URL(arg) has a host. The web's schemes need no slashes before the host.
func isURL(arg string) bool {
	m := scheme().FindStringSubmatch(arg)
	if m == nil {
		return false
	}
	rest := m[2]
	if special[strings.ToLower(m[1])] {
		return strings.Trim(rest, `/\`) != ""
	}
	host, ok := strings.CutPrefix(rest, "//")
	return ok && host != "" && host[0] != '/'
}

// withoutUser is a URL without user, password and query.
func withoutUser(arg string) string {
	u, err := url.Parse(arg)
	if err != nil {
		return "(not shown)"
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}
