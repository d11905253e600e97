package plugin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/capability"
	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/migrations"
	"github.com/portalctl/portalctl/internal/npmtar"
	"github.com/portalctl/portalctl/internal/pattern"
	"github.com/portalctl/portalctl/internal/published"
)

// facts are what the tarball of a version says of itself. Places are file:line in
// the tarball. All texts are a stranger's.
type facts struct {
	Name, Version string
	Manifest      tarManifest
	// Licence is the file with its text, "" for none.
	Licence string `json:",omitempty"`
	// Changelog is how many versions its CHANGELOG.md names, 0 without one.
	Changelog int `json:",omitempty"`
	// Code is how many files of code were read, Size their bytes.
	Code, Size  int
	Config      config
	Permissions []permission `json:",omitempty"`
	Routes      []route      `json:",omitempty"`
	// Backend and Frontend are where it makes a plugin or a module of the new
	// systems, "" for nowhere.
	Backend, Frontend string              `json:",omitempty"`
	Migrations        *migrations.Package `json:",omitempty"`
	Reaches           *capability.Profile
	// Unread are files that could not be read, with the reason.
	Unread []string `json:",omitempty"`
}

// Reader reads facts. It is safe for concurrent use.
type Reader struct {
	Registry published.Registry
	// CacheDir is where facts are kept, "" for nowhere.
	CacheDir string
}

// factsFormat is the first line of cached facts. It changes with what is read.
const factsFormat = "portalctl plugin facts 2\n"

// limits bound a plugin's tarball: the largest of those that are published have
// 30 MB of code and maps, of which the maps are not kept.
var limits = npmtar.Limits{Unpacked: 256 << 20, Kept: 64 << 20, File: 16 << 20, Entries: 50_000}

// maxScanned is the most code that is looked through, in bytes.
const maxScanned = 24 << 20

// read gives the facts of a published version. The error is a fault: of the
// registry, or that the tarball cannot be read within bounds.
func (r *Reader) read(ctx context.Context, name, version string) (*facts, error) {
	at, err := published.Exactly(ctx, r.Registry, name, version)
	if err != nil {
		return nil, err
	}
	cache := published.Cache{Dir: r.CacheDir, Format: factsFormat, Ext: ".plugin"}
	f := &facts{}
	if cache.Load(name, at.Key(), f) && f.Name == name && f.Version == version && f.Reaches != nil {
		return f, nil
	}
	files, err := at.FilesWithin(ctx, r.Registry, wanted, limits)
	var broken *published.Broken
	if errors.As(err, &broken) {
		return nil, fault.Wrap(broken.Err, fault.Pos{}, "the tarball of %s@%s", name, version).
			WithNext("Do not adopt what cannot be read; if another tool reads it, report this")
	}
	if err != nil {
		return nil, err
	}
	if f, err = factsOf(name, version, files); err != nil {
		return nil, err
	}
	cache.Store(name, at.Key(), f)
	return f, nil
}

// wanted tells the files that are read.
func wanted(name string) bool {
	base := path.Base(name)
	switch {
	case name == "package.json", strings.EqualFold(name, "CHANGELOG.md"), licenceFile().MatchString(name):
		return true
	case strings.HasSuffix(name, ".d.ts"):
		return strings.Contains(strings.ToLower(base), "config")
	case path.Ext(name) == ".json":
		return strings.Contains(strings.ToLower(name), "schema")
	}
	return isCode(name) || migrations.Reads(name) || capability.Wanted(name)
}

var licenceFile = pattern.New(`^(?i)(licen[cs]e|copying)(\.(md|txt))?$`)

// isCode tells files that run: all of the package but tests and declarations.
func isCode(name string) bool {
	switch path.Ext(name) {
	case ".js", ".cjs", ".mjs", ".jsx":
		return !strings.Contains(path.Base(name), ".test.") && !strings.Contains("/"+name, "/__tests__/")
	case ".ts", ".tsx":
		return strings.HasPrefix(name, "src/") && !strings.HasSuffix(name, ".d.ts") && !strings.Contains(name, ".test.")
	}
	return false
}

var changelogVersion = pattern.New(`(?m)^##? \[?v?(\d+\.\d+\.\d+[\w.+-]*)`)

// factsOf reads the files of a version, by their paths in the package.
func factsOf(name, version string, files map[string][]byte) (*facts, error) {
	f := &facts{Name: name, Version: version}
	src, ok := files["package.json"]
	if !ok {
		return nil, fault.New("the tarball of %s@%s has no package.json", name, version).WithNext("Do not adopt it: no npm client can use it")
	}
	m, err := readManifest(src)
	if err != nil {
		return nil, fault.Wrap(err, fault.Pos{}, "package.json in the tarball of %s@%s cannot be read", name, version).WithNext("Do not adopt it: no npm client can use it")
	}
	f.Manifest = *m
	for _, file := range slices.Sorted(maps.Keys(files)) {
		switch {
		case licenceFile().MatchString(file) && f.Licence == "":
			f.Licence = file
		case strings.EqualFold(file, "CHANGELOG.md"):
			seen := map[string]bool{}
			for _, m := range changelogVersion().FindAllSubmatch(files[file], -1) {
				seen[string(m[1])] = true
			}
			f.Changelog = len(seen)
		}
	}
	f.readConfig(files)
	f.readCode(files)
	f.Migrations = migrations.Of(name, version, files)
	f.Reaches = capability.Read(files)
	return f, nil
}

// placeIn is a place in the tarball, whose names are a stranger's.
func placeIn(file string, line int) string {
	return fmt.Sprintf("%s:%d", english.Short(path.Clean(file), maxName), line)
}

// readCode looks through the code, by the names of the files.
func (f *facts) readCode(files map[string][]byte) {
	c := newCode(f)
	for _, file := range slices.Sorted(maps.Keys(files)) {
		if !isCode(file) {
			continue
		}
		src := files[file]
		f.Code++
		if f.Size += len(src); f.Size > maxScanned {
			f.Unread = append(f.Unread, fmt.Sprintf("%s and what comes after it: there are more than %d MB of code", english.Short(file, maxName), maxScanned>>20))
			break
		}
		c.scan(file, string(src))
	}
	c.finish()
	slices.SortStableFunc(f.Permissions, func(a, b permission) int { return cmp.Compare(a.Name, b.Name) })
	// A package may have its code twice, for two kinds of modules.
	f.Permissions = slices.CompactFunc(f.Permissions, func(a, b permission) bool {
		return a.Name != "" && a.Name == b.Name && a.Action == b.Action && a.Resource == b.Resource
	})
}
