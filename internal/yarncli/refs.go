package yarncli

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/spec"
)

// outsideRef is a file or folder outside the project that a dependency names
// by a relative path, which must lead there from the mirror too.
type outsideRef struct {
	path string // absolute
	deep bool   // a file: folder, which Yarn packs
}

// references follows the relative paths in dependencies: folders of file:
// dependencies are to be copied whole, and what is outside the project is
// returned.
func (m *mirror) references(workspaces []string) []outsideRef {
	queue := workspaces
	if queue == nil {
		queue = m.packages
	}
	seen := map[string]bool{}
	outside := map[string]bool{}
	for len(queue) > 0 {
		dir := path.Clean(queue[0])
		queue = queue[1:]
		if seen[dir] {
			continue
		}
		seen[dir] = true
		for _, local := range m.localSpecs(dir) {
			target, ok := specTarget(local)
			if !ok {
				continue
			}
			abs := filepath.Join(m.src, filepath.FromSlash(dir), filepath.FromSlash(target))
			if strings.HasPrefix(target, "~/") {
				abs = filepath.Join(m.src, filepath.FromSlash(target[2:]))
			}
			info, err := os.Stat(abs)
			if err != nil {
				continue // Yarn will say so
			}
			pack := info.IsDir() && local.Kind == spec.KindFile
			rel, in := within(m.src, abs)
			if !in {
				outside[abs] = outside[abs] || pack
				continue
			}
			rel = filepath.ToSlash(rel)
			if !info.IsDir() {
				continue
			}
			// A package that contains the one asking for it would be copied
			// into itself; as a link at least its manifest is found.
			if pack && !containsPath(rel, dir) {
				m.deep[rel] = true
				m.markReal(path.Dir(rel))
			}
			queue = append(queue, rel)
		}
	}
	var out []outsideRef
	for _, p := range slices.Sorted(maps.Keys(outside)) {
		out = append(out, outsideRef{p, outside[p]})
	}
	return out
}

func containsPath(dir, p string) bool {
	return dir == "." || dir == p || strings.HasPrefix(p, dir+"/")
}

// localSpecs are the dependency specs of a package that may name paths.
func (m *mirror) localSpecs(dir string) []spec.Spec {
	name := path.Join(dir, "package.json")
	src, edited := m.files[name]
	if !edited {
		var err error
		if src, err = repofile.Read(m.original(name), repofile.MaxManifest); err != nil {
			return nil
		}
	}
	f, err := pkgjson.Parse(name, src)
	if err != nil {
		return nil // Yarn will say so
	}
	var out []spec.Spec
	for _, d := range f.AllDeps() {
		if d.Section != pkgjson.PeerDependencies {
			out = append(out, d.Parsed)
		}
	}
	for _, r := range f.Resolutions() {
		out = append(out, r.Parsed)
	}
	return out
}

// specTarget is the relative path that a spec names.
func specTarget(s spec.Spec) (string, bool) {
	switch s.Kind {
	case spec.KindFile, spec.KindLink, spec.KindPortal, spec.KindExec, spec.KindPatch:
	default:
		return "", false
	}
	p := strings.TrimSuffix(s.Path, "/")
	if p == "" || path.IsAbs(p) || filepath.IsAbs(p) || strings.HasPrefix(p, "builtin<") {
		return "", false
	}
	return p, true
}

// parents are the folders above the project that the mirror has to have
// because of their rc files, the farthest first. The home folder's are read by
// Yarn by themselves. It also fixes how far up the mirror reaches.
func (m *mirror) parents(outside []outsideRef) []string {
	home, _ := os.UserHomeDir()
	home = resolved(home)
	var out []string
	for dir := filepath.Dir(m.src); ; dir = filepath.Dir(dir) {
		has := false
		for _, name := range []string{m.rcName, ".yarnrc", ".npmrc"} {
			file := filepath.Join(dir, name)
			if _, err := os.Stat(file); err == nil && dir != home {
				has = true
				m.rcFiles = append(m.rcFiles, file)
			}
		}
		if has {
			out = append([]string{dir}, out...)
			m.top = dir
		}
		if filepath.Dir(dir) == dir {
			break
		}
	}
	for _, ref := range outside {
		for {
			if _, in := within(m.top, ref.path); in || filepath.Dir(m.top) == m.top {
				break
			}
			m.top = filepath.Dir(m.top)
		}
	}
	return out
}

// makeParent shows the content of a folder above the project: its rc file may
// name plugins, certificates and other files beside it.
func (m *mirror) makeParent(dir string) error {
	if err := os.MkdirAll(m.at(dir), 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := e.Name()
		original := filepath.Join(dir, name)
		if _, leads := within(original, m.src); leads || ignored(".", name) || name == "package.json" || name == "yarn.lock" || original == m.scratch {
			continue
		}
		if m.noLinks && e.IsDir() {
			continue // too much to copy
		}
		if _, err := os.Lstat(m.at(original)); err == nil {
			continue
		}
		if err := m.link(context.Background(), original, m.at(original)); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

func (m *mirror) makeOutside(ctx context.Context, ref outsideRef) error {
	at := m.at(ref.path)
	if _, in := within(m.top, ref.path); !in {
		return nil // another drive
	}
	if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
		return err
	}
	if !ref.deep {
		if _, err := os.Lstat(at); err == nil {
			return nil
		}
		return m.link(ctx, ref.path, at)
	}
	if info, err := os.Lstat(at); err == nil {
		if info.Mode()&fs.ModeSymlink == 0 {
			return nil // a parent of the project itself
		}
		if err := os.Remove(at); err != nil {
			return err
		}
	}
	return copyTree(ctx, ref.path, at)
}
