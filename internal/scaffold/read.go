package scaffold

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/npmtar"
	"github.com/portalctl/portalctl/internal/pattern"
	"github.com/portalctl/portalctl/internal/published"
	"github.com/portalctl/portalctl/internal/semrange"
)

// Reader reads kits, and keeps them in its cache: a published version never
// changes. It is safe for concurrent use.
type Reader struct {
	Registry published.Registry
	// CacheDir is where kits are kept, "" for nowhere: then trees have no Yarn.
	CacheDir string
}

// limits are far beyond what create-app has: 30 MB in 300 files.
var limits = npmtar.Limits{Unpacked: 256 << 20, Kept: 64 << 20, File: 16 << 20, Entries: 20_000}

// Versions are those that the registry has, low to high.
func (r *Reader) Versions(ctx context.Context) ([]string, error) {
	p, err := r.Registry.Packument(ctx, Package)
	if err != nil {
		return nil, err
	}
	list := slices.DeleteFunc(p.Versions(), func(v string) bool {
		_, err := semrange.ParseVersion(v)
		return err != nil
	})
	semrange.SortText(list)
	return list, nil
}

// Read gives the kit of a version that the registry has.
func (r *Reader) Read(ctx context.Context, version string) (*Kit, error) {
	at, err := published.Exactly(ctx, r.Registry, Package, version)
	if err != nil {
		return nil, err
	}
	c, key := &cache{dir: r.CacheDir}, at.Key()
	if k := c.load(key); k != nil {
		k.Version = version
		return k, nil
	}
	files, err := at.FilesWithin(ctx, r.Registry, wanted, limits)
	var broken *published.Broken
	switch {
	case errors.As(err, &broken):
		return nil, fault.Wrap(broken.Err, fault.Pos{}, "%s@%s", Package, version).WithNext("Ask the registry's operator what it serves under that name")
	case err != nil:
		return nil, err
	}
	k := &Kit{Version: version, files: map[string][]byte{}, yarn: map[string]string{}, cache: c}
	k.changes = files[changelogFile]
	delete(files, changelogFile)
	for name, text := range files {
		name = strings.TrimPrefix(name, templates)
		_, rel, _ := strings.Cut(name, "/")
		if err := allowed(rel); err != nil {
			return nil, fault.Wrap(err, fault.Pos{File: name}, "%s@%s has a file that no template has", Package, version).
				WithNext("Ask the registry's operator what it serves under that name")
		}
		if yarnRelease().MatchString(rel) {
			k.yarn[name] = sumOf(text)
			c.keep(text)
			continue
		}
		k.files[name] = text
	}
	if len(k.files) == 0 {
		return nil, fault.New("%s@%s has no templates", Package, version).WithNext("Use another release")
	}
	c.store(key, k)
	return k, nil
}

const (
	changelogFile = "CHANGELOG.md"
	templates     = "templates/"
)

// yarnRelease is Yarn itself, as templates have it.
var yarnRelease = pattern.New(`^\.yarn/releases/yarn-[0-9A-Za-z.+-]+\.cjs$`)

func wanted(name string) bool {
	return name == changelogFile || strings.HasPrefix(name, templates) && strings.Count(name, "/") > 1
}

// allowed refuses what would not be a file of a portal but of git's own, or what
// some systems take for another place. npmtar has removed "..".
func allowed(rel string) error {
	if !fs.ValidPath(rel) || strings.ContainsAny(rel, ":\x00\r\n") {
		return errors.New("its path is not one that every system takes")
	}
	for part := range strings.SplitSeq(rel, "/") {
		bare := strings.ToLower(strings.TrimRight(part, ". "))
		if bare == ".git" || bare == "node_modules" || bare != strings.ToLower(part) || strings.HasPrefix(bare, "git~") {
			return errors.New("its path leads into a folder that is git's or Yarn's, or not a portal's")
		}
	}
	if path.Base(rel) == "yarn.lock" && strings.Contains(rel, "/") {
		return errors.New("a lock below the root")
	}
	return nil
}
