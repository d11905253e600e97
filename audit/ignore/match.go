package ignore

import (
	"path"
	"slices"
)

// matches reports whether the ignore is about s. An entry of osv-scanner.toml
// names packages in osv-scanner's way, and counts for the locks beside it.
func (ig *Ignore) matches(s Subject) bool {
	if ig.never || ig.osv && path.Dir(s.Lock) != ig.folder || ig.Version != "" && ig.Version != s.Version {
		return false
	}
	rest := ig.Ignore
	if ig.osv && ig.Package != "" {
		rest.Package = ""
		if ig.regex != nil && !ig.regex.MatchString(s.Package) || ig.regex == nil && ig.Package != s.Package {
			return false
		}
	}
	return rest.Matches(s)
}

// Wanted reports whether a file of the repository is one of decisions.
func Wanted(name string) bool {
	return path.Base(name) == policyFile || path.Base(name) == osvFile
}

// Pick takes the files of decisions out of those of a tree, by their path from
// its root: .portalctl.yaml in dir ("." for the root), and osv-scanner.toml
// beside each lock, which is where osv-scanner looks.
func Pick(files map[string][]byte, dir string, locks []string) []File {
	names := []string{path.Join(dir, policyFile)}
	for _, l := range locks {
		if name := path.Join(path.Dir(l), osvFile); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	var out []File
	for _, name := range names {
		if data, ok := files[name]; ok {
			out = append(out, File{name, data})
		}
	}
	return out
}
