package database

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/appconfig"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/yamledit"
)

// inMemoryText is in every problem of a plugin whose data is in memory.
const inMemoryText = "the data is kept in memory, and gone when the backend stops"

func keepsInMemory(p Plugin) bool {
	return p.Problem != nil && strings.Contains(p.Problem.Error(), inMemoryText)
}

// noFile reports whether the layout has SQLite files, and none of them is there:
// that is for developers who have not started the portal yet.
func (l *Layout) noFile() bool {
	return l.files() == 0 && slices.ContainsFunc(l.Plugins, func(p Plugin) bool { return p.Path != "" })
}

// otherFiles is for the layout that create-app makes: app-config.yaml keeps the
// data in memory or in files, for a developer, and the database is in
// app-config.production.yaml, which Backstage reads only when it is named. One
// sentence says so, instead of one refusal for each plugin.
func (l *Layout) otherFiles(root string, s Source, loader string, o options) error {
	if len(s.Files) > 0 {
		return nil
	}
	what := ""
	switch {
	case slices.ContainsFunc(l.Plugins, keepsInMemory):
		what = "app-config.yaml keeps the data in memory"
	case l.noFile():
		what = "the SQLite files that app-config.yaml names are not there"
	default:
		return nil
	}
	others, err := filepath.Glob(filepath.Join(root, "app-config.*.yaml"))
	if err != nil {
		return nil
	}
	slices.SortFunc(others, func(a, b string) int { // production first
		return strings.Compare(productionFirst(a), productionFirst(b))
	})
	for _, file := range others {
		name := filepath.Base(file)
		if strings.Contains(name, "example") {
			continue // for somebody to copy
		}
		tree, err := appconfig.Load(appconfig.Options{Root: root, Cwd: root, Files: []string{"app-config.yaml", name}, Env: s.Env, Loader: loader})
		switch {
		case err == nil:
			better, err := layoutOf(tree, o)
			if err != nil || slices.ContainsFunc(better.Plugins, keepsInMemory) || !slices.ContainsFunc(better.Plugins, func(p Plugin) bool { return p.Kind == Postgres }) {
				continue
			}
		case !setsDatabase(root, name):
			continue // it is not what is asked for
		}
		return fault.New("%s; the portal's database is in %s, which is read only when it is named", what, name).
			WithNext("Add --config app-config.yaml --config %s", name)
	}
	return nil
}

func productionFirst(file string) string {
	if filepath.Base(file) == "app-config.production.yaml" {
		return ""
	}
	return file
}

// setsDatabase reports whether a file that cannot be read as a whole here, for
// want of the production server's own files, sets the database.
func setsDatabase(root, name string) bool {
	src, err := repofile.ReadIn(repofile.Top(root), filepath.Join(root, name), 4<<20)
	if err != nil {
		return false
	}
	doc, err := yamledit.Parse(name, src)
	if err != nil {
		return false
	}
	_, sets := doc.Get("backend", "database")
	return sets
}
