package pg

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pattern"
)

// ErrOldClient: pg_dump refuses a server of a newer major version than its own.
var ErrOldClient = errors.New("the client programs are older than the server")

// ErrNoTools: there are no client programs on this machine.
var ErrNoTools = errors.New("the PostgreSQL client programs are not installed")

// BinEnv names the folder of the client programs, where they are not found by
// themselves.
const BinEnv = "PORTALCTL_PG_BIN"

// Tools are the client programs of one PostgreSQL installation.
type Tools struct {
	// Dir is the folder that they are in.
	Dir string
	// Version is what they call themselves ("15.14"), Major its first number.
	Version string
	Major   int
}

// Path is where a program of the installation is.
func (t *Tools) Path(name string) string {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(t.Dir, name)
}

// has reports whether the installation has a program.
func (t *Tools) has(name string) bool { return executable(t.Path(name)) }

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && (runtime.GOOS == "windows" || info.Mode()&0o111 != 0)
}

// FindTools finds the oldest installation whose programs are all there and not
// older than the server's major version: the nearest relative of the server
// reads it best. dir is the only folder to look in, "" for BinEnv, then PATH
// and the usual places.
func FindTools(ctx context.Context, dir string, major int, programs ...string) (*Tools, error) {
	dirs := []string{cmp.Or(dir, os.Getenv(BinEnv))}
	if dirs[0] == "" {
		dirs = binDirs(ctx)
	}
	var found []*Tools
	for _, d := range dirs {
		t := &Tools{Dir: d}
		if !slices.ContainsFunc(programs, func(p string) bool { return !t.has(p) }) && t.readVersion(ctx, programs[0]) == nil {
			found = append(found, t)
		}
	}
	sort.SliceStable(found, func(i, j int) bool { return found[i].Major < found[j].Major })
	for _, t := range found {
		if t.Major >= major {
			return t, nil
		}
	}
	names := strings.Join(programs, ", ")
	if len(found) == 0 {
		where := "PATH or the usual folders"
		if len(dirs) == 1 {
			where = dirs[0]
		}
		return nil, fault.Wrap(ErrNoTools, fault.Pos{}, "no %s in %s", names, where).
			WithNext("Install PostgreSQL's client programs, version %d or newer, or name their folder in %s%s", max(major, 12), BinEnv, inImage(major))
	}
	newest := found[len(found)-1]
	return nil, fault.Wrap(ErrOldClient, fault.Pos{}, "the server is PostgreSQL %d, the newest %s here is %s", major, programs[0], newest.Version).
		WithNext("Install PostgreSQL's client programs of version %d, or name their folder in %s%s", major, BinEnv, inImage(major))
}

// image is where portalctl is released with the client programs of a major
// version, one tag for each of these.
const (
	image      = "ghcr.io/portalctl/portalctl:pg"
	firstImage = 14
	lastImage  = 18
)

// inImage names the image that has programs for a server, if there is one.
func inImage(major int) string {
	if major < firstImage || major > lastImage {
		return ""
	}
	return fmt.Sprintf("; or run portalctl from the image %s%d, which has them", image, major)
}

var versionText = pattern.New(`\(PostgreSQL\) (\d+)(\.\d+|devel|beta\d+|rc\d+)?`)

func (t *Tools) readVersion(ctx context.Context, program string) error {
	out, err := Output(ctx, Command{Path: t.Path(program), Args: []string{"--version"}})
	if err != nil {
		return err
	}
	m := versionText().FindStringSubmatch(out)
	if m == nil {
		return fmt.Errorf("%s --version says %q", t.Path(program), out)
	}
	t.Version = m[1] + m[2]
	t.Major, err = strconv.Atoi(m[1])
	return err
}

// binDirs are the folders that may hold PostgreSQL's programs. Debian's
// wrappers in /usr/bin choose a version by themselves and hand on PG variables
// only in part, so that the real folders come first.
func binDirs(ctx context.Context) []string {
	var dirs []string
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin",
		"/opt/homebrew/opt/libpq/bin", "/usr/local/opt/libpq/bin", "/Applications/Postgres.app/Contents/Versions/*/bin",
		`C:\Program Files\PostgreSQL\*\bin`,
	} {
		matches, _ := filepath.Glob(pattern)
		dirs = append(dirs, matches...)
	}
	for _, d := range filepath.SplitList(os.Getenv("PATH")) {
		config := filepath.Join(d, "pg_config")
		if !executable(config) {
			continue
		}
		if out, err := Output(ctx, Command{Path: config, Args: []string{"--bindir"}}); err == nil {
			dirs = append(dirs, strings.TrimSpace(out))
		}
	}
	for _, d := range filepath.SplitList(os.Getenv("PATH")) {
		if filepath.IsAbs(d) {
			dirs = append(dirs, d)
		}
	}
	var out []string
	for _, d := range dirs {
		if !slices.Contains(out, d) {
			out = append(out, d)
		}
	}
	return out
}
