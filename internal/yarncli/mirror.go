package yarncli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// mirror is the scratch folder's image of the project.
type mirror struct {
	src     string // the project, all symlinks resolved
	scratch string // the folder to fill
	files   map[string][]byte
	rcName  string
	caches  []string // absolute paths of package caches

	// top is the folder that scratch/tree stands for: src itself, or the
	// ancestor down from which rc files or dependencies are needed.
	top string
	// real are the folders that are made, not linked, relative to src with
	// slashes; packages are those of them with a package.json.
	real     map[string]bool
	packages []string
	// deep are folders to copy whole: Yarn packs a file: dependency as it is,
	// and would pack links as links.
	deep map[string]bool
	// rcFiles are all settings files found, for the masking of secrets.
	rcFiles []string
	rc      []byte // the project's own, as written into the mirror
	noLinks bool   // this system refuses symlinks: copy
}

// root is the project's place in the mirror.
func (m *mirror) root() string { return m.at(m.src) }

// at is where an absolute path at or below top is in the mirror.
func (m *mirror) at(abs string) string {
	rel, err := filepath.Rel(m.top, abs)
	if err != nil {
		rel = filepath.Base(abs)
	}
	// The folder's own name shows in some of Yarn's messages.
	return filepath.Join(m.scratch, "tree", filepath.Base(m.top), rel)
}

func (m *mirror) build(ctx context.Context, workspaces []string) error {
	m.top = m.src
	m.real, m.deep = map[string]bool{".": true, ".yarn": true}, map[string]bool{}
	m.prepare()
	if err := m.survey(ctx, "."); err != nil {
		return err
	}
	outside := m.references(workspaces)
	parents := m.parents(outside)
	if err := m.makeDir(ctx, "."); err != nil {
		return err
	}
	if err := m.writeFiles(); err != nil {
		return err
	}
	for _, dir := range parents {
		if err := m.makeParent(dir); err != nil {
			return err
		}
	}
	for _, ref := range outside {
		if err := m.makeOutside(ctx, ref); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// prepare marks what is known to be real before looking at the tree.
func (m *mirror) prepare() {
	for name := range m.files {
		m.markReal(path.Dir(name))
	}
	caches := m.caches
	m.caches = nil
	for _, c := range append(caches, filepath.Join(m.src, ".yarn", "cache")) {
		c = resolved(c)
		if rel, ok := within(m.src, c); ok && rel != "." {
			m.caches = append(m.caches, c)
			m.markReal(filepath.ToSlash(rel))
		}
	}
}

func (m *mirror) markReal(rel string) {
	for ; !m.real[rel]; rel = path.Dir(rel) {
		m.real[rel] = true
	}
}

// ignored are entries that the mirror does not have at all: what an install
// makes, and git's own.
func ignored(dir, name string) bool {
	switch name {
	case "node_modules", ".git":
		return true
	}
	switch dir {
	case ".":
		return strings.HasPrefix(name, ".pnp.") || name == ".portalctl-txn"
	case ".yarn":
		return name == "unplugged" || name == "build-state.yml" || strings.HasPrefix(name, "install-state")
	}
	return false
}

// survey finds the folders that have to be real: those that lead to a
// package.json, which Yarn may rewrite, and those that hold archives, which are
// a cache or an offline mirror that Yarn may add to.
func (m *mirror) survey(ctx context.Context, dir string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	entries, err := os.ReadDir(m.original(dir))
	if err != nil {
		if dir != "." && (errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist)) {
			return nil
		}
		return err
	}
	for _, e := range entries {
		rel := path.Join(dir, e.Name())
		switch {
		case ignored(dir, e.Name()):
		case e.IsDir():
			if m.original(rel) == m.scratch {
				continue
			}
			if err := m.survey(ctx, rel); err != nil {
				return err
			}
		case e.Name() == "package.json":
			m.markReal(dir)
			m.packages = append(m.packages, dir)
		case e.Type().IsRegular() && isArchive(e.Name()):
			m.markReal(dir)
		}
	}
	return nil
}

func isArchive(name string) bool {
	return strings.HasSuffix(name, ".zip") || strings.HasSuffix(name, ".tgz") || strings.HasSuffix(name, ".tar.gz")
}

func (m *mirror) original(rel string) string { return filepath.Join(m.src, filepath.FromSlash(rel)) }

func (m *mirror) image(rel string) string { return m.at(m.original(rel)) }

// makeDir makes a real folder with what is in it.
func (m *mirror) makeDir(ctx context.Context, dir string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := os.MkdirAll(m.image(dir), 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(m.original(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // made by the caller's files
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		rel := path.Join(dir, e.Name())
		_, edited := m.files[rel]
		switch {
		case edited, ignored(dir, e.Name()):
		case m.deep[rel]:
			err = copyTree(ctx, m.original(rel), m.image(rel))
		case e.IsDir() && m.real[rel]:
			err = m.makeDir(ctx, rel)
		case e.Type()&fs.ModeSymlink != 0:
			err = m.relink(ctx, rel)
		case m.copied(dir, e.Name()):
			err = copyFile(m.original(rel), m.image(rel))
		default:
			err = m.link(ctx, m.original(rel), m.image(rel))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// copied are the files that Yarn may write.
func (m *mirror) copied(dir, name string) bool {
	if name == "package.json" {
		return true
	}
	if dir != "." {
		return false
	}
	switch name {
	case "yarn.lock", "backstage.json", "lerna.json", ".yarnrc", ".yarnrc.yml", ".gitignore", ".gitattributes", m.rcName:
		return true
	}
	return false
}

// writeFiles puts the caller's contents in place, and sees to the lockfile and
// the settings.
func (m *mirror) writeFiles() error {
	for _, name := range slices.Sorted(maps.Keys(m.files)) {
		if b := m.files[name]; b != nil {
			if err := m.writeFile(name, b); err != nil {
				return err
			}
		}
	}
	// Yarn 2 and later take the nearest folder with a lockfile for the project.
	lock, err := os.OpenFile(m.image("yarn.lock"), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := lock.Close(); err != nil {
		return err
	}
	if err := m.cleanClassicRC(); err != nil {
		return err
	}
	if m.rc, err = os.ReadFile(m.image(m.rcName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, name := range []string{m.rcName, ".yarnrc", ".npmrc"} {
		m.rcFiles = append(m.rcFiles, m.original(name))
	}
	return nil
}

// writeFile never writes through a symlink: that would be the original.
func (m *mirror) writeFile(name string, b []byte) error {
	at := m.image(name)
	if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
		return err
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(at))
	if err != nil {
		return err
	}
	if _, in := within(m.scratch, dir); !in {
		return fmt.Errorf("%s is behind a symlink that leads out of the project", name)
	}
	if err := os.Remove(at); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.WriteFile(at, b, 0o600)
}

// rcChanged is the name of a settings file that Yarn has changed, or "".
func (m *mirror) rcChanged() string {
	b, err := os.ReadFile(m.image(m.rcName))
	if err == nil && !bytes.Equal(bytes.TrimSpace(b), bytes.TrimSpace(m.rc)) {
		return m.rcName
	}
	return ""
}

// cleanClassicRC leaves out of Yarn 1's .yarnrc what would keep the lockfile
// as it is or put the modules elsewhere: "--install.frozen-lockfile true".
func (m *mirror) cleanClassicRC() error {
	b, err := os.ReadFile(m.image(".yarnrc"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var out []byte
	for line := range bytes.SplitAfterSeq(b, []byte("\n")) {
		text := strings.Trim(string(line), " \t\r\n\"")
		if strings.HasPrefix(text, "--") {
			name, _, _ := strings.Cut(text, " ")
			name = strings.Trim(name[strings.LastIndexAny(name, ".-")+1:], "\"")
			if strings.Contains(text, "lockfile") || name == "folder" {
				continue
			}
		}
		out = append(out, line...)
	}
	return os.WriteFile(m.image(".yarnrc"), out, 0o600)
}
