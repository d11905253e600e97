package ignore

import (
	"path"
	"slices"

	"github.com/bmatcuk/doublestar/v4"
)

// matches reports whether the ignore is about s. Malware is ignored only by an
// ignore that names its advisory: one for a package, or for all of its
// advisories, was written before anybody knew.
func (ig *Ignore) matches(s Subject) bool {
	if ig.never || ig.Rule != s.Rule {
		return false
	}
	if ig.ID != "" {
		if ig.ID != s.ID && !slices.Contains(s.Aliases, ig.ID) {
			return false
		}
	} else if s.Malware {
		return false
	}
	if ig.osv && path.Dir(s.Lock) != ig.folder {
		return false
	}
	return ig.packageMatches(s.Package) && (ig.Version == "" || ig.Version == s.Version) && ig.pathMatches(s)
}

func (ig *Ignore) packageMatches(name string) bool {
	switch {
	case ig.Package == "":
		return true
	case ig.regex != nil:
		return ig.regex.MatchString(name)
	case ig.osv:
		return ig.Package == name
	}
	return glob(ig.Package, name)
}

// pathMatches: a workspace counts only when all workspaces that ask for the
// package are within the pattern. Else an ignore for one plugin would hide that
// another one has the package too.
func (ig *Ignore) pathMatches(s Subject) bool {
	if ig.Path == "" || glob(ig.Path, s.Lock) {
		return true
	}
	if len(s.Workspaces) == 0 {
		return false
	}
	for _, w := range s.Workspaces {
		if !glob(ig.Path, w) && !glob(ig.Path, w+"/package.json") {
			return false
		}
	}
	return true
}

func glob(pattern, text string) bool {
	ok, _ := doublestar.Match(pattern, text)
	return ok
}

// Wanted reports whether a file of the repository is one of decisions.
func Wanted(name string) bool {
	return path.Base(name) == PolicyFile || path.Base(name) == OSVFile
}

// Pick takes the files of decisions out of those of a tree, by their path from
// its root: .portalctl.yaml in dir ("." for the root), and osv-scanner.toml
// beside each lock, which is where osv-scanner looks.
func Pick(files map[string][]byte, dir string, locks []string) []File {
	names := []string{path.Join(dir, PolicyFile)}
	for _, l := range locks {
		if name := path.Join(path.Dir(l), OSVFile); !slices.Contains(names, name) {
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
