package rollback

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
)

// Against compares the snapshot with the packages that are installed in a
// checkout of the release to come: which databases its first boot will migrate,
// and so which ones a rollback has to bring back. A migration table whose
// package is not known, or not installed there, counts as changed: that costs a
// restore, the opposite a portal that does not start.
func (p *Plan) Against(checkout string) error {
	if info, err := os.Stat(filepath.Join(checkout, "node_modules")); err != nil || !info.IsDir() {
		return fault.New("%s has no node_modules: the migrations of the release to come are in its packages", checkout).
			WithNext("Run yarn install there, or leave --against out and make the plan after the upgrade")
	}
	all := p.all()
	p.Targets, p.Kept, p.Compared = []*Target{}, []*Target{}, "release"
	for _, t := range all {
		t.Changes = []Change{}
		for _, then := range t.then() {
			pkg := t.packageOf(then)
			table := strings.TrimPrefix(then.schema+"."+then.table, ".")
			names, found := folderOf(filepath.Join(checkout, "node_modules", filepath.FromSlash(pkg)), then.names)
			switch {
			case pkg == "" || !found:
				t.Changes = append(t.Changes, Change{Table: table + " (its package is not in " + checkout + ")"})
			default:
				if c := (Change{Table: table, Added: without(names, then.names), Removed: without(then.names, names)}); len(c.Added)+len(c.Removed) > 0 {
					t.Changes = append(t.Changes, c)
				}
			}
		}
		p.place(t, nil)
	}
	p.Steps = p.steps()
	return nil
}

// packageOf is the package that brings the migrations of a table.
func (t *Target) packageOf(m migrations) string {
	for _, one := range t.was.Migrations {
		if one.Schema == m.schema && one.Table == m.table {
			return one.Package
		}
	}
	return ""
}

// folderOf finds the folder of an installed package that has most of the names,
// and all names in it. backend-defaults has several such folders.
func folderOf(pkg string, ran []string) (names []string, found bool) {
	best := 0
	_ = filepath.WalkDir(pkg, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return nil
		}
		if d.Name() == "node_modules" {
			return filepath.SkipDir
		}
		if !strings.Contains(filepath.ToSlash(path[len(pkg):]), "/migrations") {
			return nil
		}
		entries, err := os.ReadDir(path)
		if err != nil {
			return nil
		}
		var here []string
		overlap := 0
		for _, e := range entries {
			// knex loads these extensions (its FsMigrations).
			switch filepath.Ext(e.Name()) {
			case ".js", ".cjs", ".mjs", ".ts", ".co", ".coffee", ".eg", ".iced", ".litcoffee", ".ls":
				here = append(here, e.Name())
				if slices.Contains(ran, e.Name()) {
					overlap++
				}
			}
		}
		if overlap > best {
			best, names, found = overlap, here, true
		}
		return nil
	})
	return names, found
}
