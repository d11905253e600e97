package snapshot

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/gitbase"
	"github.com/portalctl/portalctl/internal/migrations"
	"github.com/portalctl/portalctl/internal/npmtar"
	"github.com/portalctl/portalctl/internal/portal"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/yarnlock"
	"github.com/portalctl/portalctl/snapshot/database"
)

// Code is what the deployed commit runs, as far as databases are concerned:
// which migrations its packages bring.
type Code struct {
	Deployed Deployed
	// Root is the portal's root, whose node_modules is looked into.
	Root string
	// Lock is the commit's yarn.lock, nil if there is none.
	Lock *yarnlock.Lock
	// Head is the commit; nil without git: then files are the work tree's.
	Head *gitbase.Head
	// Workspaces are the folders of the portal's own packages, by name.
	Workspaces map[string]string
	// Registry answers for what is not installed; nil asks nobody.
	Registry *registry.Client

	mu   sync.Mutex
	seen map[string]shipped
}

// folder is a folder of migrations in a package.
type folder struct {
	Package, Version string
	Names            []string // as knex has them: base names, sorted
}

type shipped struct {
	folders []folder
	err     error
}

// shared are packages that migrate the databases of many plugins.
var shared = []string{"@backstage/backend-defaults", "@backstage/backend-tasks"}

// candidates are the packages whose migrations may be in a plugin's database,
// the likeliest first: a module rarely brings any, and asking the registry for
// each is slow.
func candidates(plugins []database.Plugin) (likely, others []string) {
	for _, p := range plugins {
		for _, pkg := range p.Installed {
			if pkg.Role == "backend-plugin" || portal.ShipsMigrations(pkg.Name) {
				likely = append(likely, pkg.Name)
			} else {
				others = append(others, pkg.Name)
			}
		}
	}
	return append(likely, shared...), others
}

// match is how a migration table compares with the code.
type match struct {
	folder folder
	// past ran and is not in the code; behind is in the code and did not run.
	past, behind []string
	// unknown says that no package is known to bring the migrations, and why.
	unknown string
}

// matchTable finds the folder that a migration table's rows come from.
func (c *Code) matchTable(ctx context.Context, m Migration, plugins []database.Plugin) match {
	likely, others := candidates(plugins)
	var best match
	overlap := 0
	var failed []error
	for _, names := range [][]string{likely, others} {
		for _, name := range names {
			got := c.folders(ctx, name)
			if got.err != nil {
				failed = append(failed, got.err)
			}
			for _, f := range got.folders {
				one, n := compareNames(m, f)
				if n > overlap || n == overlap && len(one.past)+len(one.behind) < len(best.past)+len(best.behind) {
					best, overlap = one, n
				}
			}
		}
		if overlap > 0 && len(best.past) == 0 {
			return best
		}
	}
	switch {
	case overlap > 0 && len(failed) == 0:
		return best
	case len(failed) > 0:
		return match{unknown: absentText(failed)}
	}
	return match{unknown: "no package of the deployed commit brings these migrations"}
}

// absent is a package whose migrations cannot be looked at.
type absent struct {
	name  string // with the version
	cause error  // the registry's, nil if it was not asked
}

func (a *absent) Error() string { return absentText([]error{a}) }

func (a *absent) Unwrap() error { return a.cause }

// absentText says in one line of bounded length which packages could not be
// looked at, and why the first could not. A portal has dozens of modules, and
// what the registry says of each would bury what matters.
func absentText(list []error) string {
	var names, others []string
	var cause error
	for _, err := range list {
		var a *absent
		switch {
		case !errors.As(err, &a):
			others = append(others, err.Error())
		case !slices.Contains(names, a.name):
			names = append(names, a.name)
			cause = cmp.Or(cause, a.cause)
		}
	}
	if len(names) > 0 {
		text, is := names[0], "is"
		if len(names) > 1 {
			text, is = fmt.Sprintf("%s and %d more", names[0], len(names)-1), "are"
		}
		text += " " + is + " not installed"
		if cause != nil {
			text += ", and the registry did not help: " + english.Short(reason(cause), 120)
		}
		others = append([]string{text}, others...)
	}
	return strings.Join(slices.Compact(others), "; ")
}

func compareNames(m Migration, f folder) (out match, overlap int) {
	out.folder = f
	ran := map[string]bool{}
	for _, r := range m.Rows {
		ran[r.Name] = true
		if _, ok := slices.BinarySearch(f.Names, r.Name); ok {
			overlap++
		} else {
			out.past = append(out.past, r.Name)
		}
	}
	for _, n := range f.Names {
		if !ran[n] {
			out.behind = append(out.behind, n)
		}
	}
	return out, overlap
}

// folders are the migrations that the deployed versions of a package bring.
func (c *Code) folders(ctx context.Context, name string) shipped {
	c.mu.Lock()
	defer c.mu.Unlock()
	if got, ok := c.seen[name]; ok {
		return got
	}
	var got shipped
	if rel, ok := c.Workspaces[name]; ok {
		got.folders, got.err = c.workspaceFolders(name, rel)
	} else {
		for _, version := range c.versions(name) {
			folders, err := c.published(ctx, name, version)
			got.folders = append(got.folders, folders...)
			if err != nil {
				got.err = err
			}
		}
	}
	if c.seen == nil {
		c.seen = map[string]shipped{}
	}
	c.seen[name] = got
	return got
}

func (c *Code) versions(name string) []string {
	if c.Lock == nil {
		return nil
	}
	var out []string
	for _, e := range c.Lock.Named(name) {
		if real, version, ok := e.Package(); ok && real == name && !slices.Contains(out, version) {
			out = append(out, version)
		}
	}
	return out
}

func (c *Code) workspaceFolders(name, rel string) ([]folder, error) {
	if c.Head == nil {
		return group(name, "", installed(filepath.Join(c.Root, filepath.FromSlash(rel)))), nil
	}
	var files []string
	for _, place := range migrations.Places {
		found, err := c.Head.Below(path.Join(rel, place))
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			files = append(files, path.Join(place, f))
		}
	}
	return group(name, "", files), nil
}

// hasMigrations reports whether a package is installed with a folder of them.
func (c *Code) hasMigrations(name string) bool {
	return len(installed(filepath.Join(c.Root, "node_modules", filepath.FromSlash(name)))) > 0
}

// published reads a version's migrations from node_modules, or else from the
// registry's tarball.
func (c *Code) published(ctx context.Context, name, version string) ([]folder, error) {
	dir := filepath.Join(c.Root, "node_modules", filepath.FromSlash(name))
	if src, err := repofile.Read(filepath.Join(dir, "package.json"), repofile.MaxManifest); err == nil {
		var manifest struct{ Version string }
		if json.Unmarshal(src, &manifest) == nil && manifest.Version == version {
			return group(name, version, installed(dir)), nil
		}
	}
	if c.Registry == nil {
		return nil, &absent{name: name + " " + version}
	}
	files, err := c.tarballFiles(ctx, name, version)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &absent{name + " " + version, err}
	}
	return group(name, version, files), nil
}

func (c *Code) tarballFiles(ctx context.Context, name, version string) ([]string, error) {
	doc, err := c.Registry.Packument(ctx, name)
	if err != nil {
		return nil, err
	}
	manifest, err := doc.Version(version)
	if err != nil {
		return nil, err
	}
	ball, err := c.Registry.Tarball(ctx, name, version, manifest.Dist)
	if err != nil {
		return nil, err
	}
	defer ball.Close()
	var files []string
	_, err = npmtar.Read(ctx, ball.Reader(), func(name string) bool {
		if migrations.IsMigration(name) {
			files = append(files, name)
		}
		return false // their names are enough
	}, npmtar.Default)
	return files, err
}

// installed are the files below a package's places of migrations, by their path in
// the package.
func installed(dir string) (files []string) {
	for _, place := range migrations.Places {
		_ = filepath.WalkDir(filepath.Join(dir, filepath.FromSlash(place)), func(name string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				if rel, err := filepath.Rel(dir, name); err == nil {
					files = append(files, filepath.ToSlash(rel))
				}
			}
			return nil
		})
	}
	return files
}

// MigrationFolders are the names of the migrations of the package in a folder, as knex
// has them, by the folder that they are in: backend-defaults has several.
func MigrationFolders(dir string) (out [][]string) {
	for _, f := range group("", "", installed(dir)) {
		out = append(out, f.Names)
	}
	return out
}

// group makes folders of files' paths.
func group(name, version string, files []string) []folder {
	byDir := map[string][]string{}
	for _, f := range files {
		base := path.Base(f)
		if migrations.IsMigration(f) {
			byDir[path.Dir(f)] = append(byDir[path.Dir(f)], base)
		}
	}
	var out []folder
	for _, d := range slices.Sorted(maps.Keys(byDir)) {
		slices.Sort(byDir[d])
		out = append(out, folder{Package: name, Version: version, Names: byDir[d]})
	}
	return out
}
