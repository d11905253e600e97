// Package workspace finds a monorepo and its packages as Yarn does.
package workspace

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/repofile"
	"golang.org/x/sync/errgroup"
)

// Project is a monorepo, or a package that is a project of its own.
type Project struct {
	Root string // absolute
	// StartedIn is the folder that Open was asked for, relative to Root with
	// forward slashes; "" when it was Root. A report should then name Root.
	StartedIn string
	// Workspaces has the root first, then all packages sorted by Rel.
	Workspaces []*Workspace
	Backstage  *VersionFile // backstage.json; nil when absent or damaged
	// BackstageErr is why backstage.json cannot be read. Most commands need
	// nothing of it; see Declared.
	BackstageErr error
	Lerna        *VersionFile // lerna.json, if it names a @backstage package
	Lockfile     string       // absolute path of yarn.lock; "" when absent

	repo   *repofile.Repo
	byName map[string]*Workspace
	byRel  map[string]*Workspace
}

// Workspace is one package of a Project.
type Workspace struct {
	Rel  string // folder relative to Root with forward slashes; "." for the root
	Dir  string // the folder, absolute
	File *pkgjson.File
}

// Path is the absolute path of the package.json.
func (w *Workspace) Path() string { return filepath.Join(w.Dir, pkgjson.FileName) }

// Name is the name of the package, or its folder when it has none.
func (w *Workspace) Name() string {
	if w.File.Name != "" {
		return w.File.Name
	}
	return w.Rel
}

// Declared is the release that backstage.json names, as it stands there: "" when
// it names none. Which release the portal is on is another question: see
// release.Standing.
func (p *Project) Declared() string {
	if p.Backstage == nil {
		return ""
	}
	return p.Backstage.Version
}

// RootWorkspace is the workspace of the root's own package.json.
func (p *Project) RootWorkspace() *Workspace { return p.Workspaces[0] }

// ByName is the workspace of that package name, or nil.
func (p *Project) ByName(name string) *Workspace { return p.byName[name] }

// ByRel is the workspace in that folder (relative to the root, with forward
// slashes), or nil.
func (p *Project) ByRel(rel string) *Workspace { return p.byRel[path.Clean(rel)] }

// Open finds the project that dir belongs to (see FindIn) and reads it.
func Open(dir string) (*Project, error) {
	at, err := FindIn(repofile.Of(dir), dir)
	if err != nil {
		return nil, err
	}
	return at.Open()
}

// Open reads the package.json files, backstage.json and lerna.json. Positions in
// errors and in the files are relative to the root. Of several bad files the
// error is about the first by path.
func (at Place) Open() (*Project, error) {
	root := at.Root
	p := &Project{Root: root, StartedIn: at.start, repo: at.repo.Around(root), byName: map[string]*Workspace{}, byRel: map[string]*Workspace{}}
	repo := p.repo
	if err := p.readWorkspaces(repo); err != nil {
		return nil, err
	}
	if err := p.index(); err != nil {
		return nil, err
	}
	var err error
	p.Backstage, p.BackstageErr = readVersionFile(repo, root, "backstage.json")
	if p.Lerna, err = readLerna(repo, root); err != nil {
		return nil, err
	}
	lock := filepath.Join(root, "yarn.lock")
	if repo.IsFile(lock) {
		p.Lockfile = lock
	}
	return p, nil
}

// Read reads a file of the project by its path from the root, with forward
// slashes, by the rules of repofile.ReadIn.
func (p *Project) Read(rel string, limit int64) ([]byte, error) {
	return p.repo.Read(filepath.Join(p.Root, filepath.FromSlash(rel)), limit)
}

// ReadInstalled reads a file by its absolute path, wherever links lead: those of a
// linker may lead anywhere.
func (p *Project) ReadInstalled(path string, limit int64) ([]byte, error) {
	if p.repo.InState(path) {
		return p.repo.Read(path, limit)
	}
	return repofile.Read(path, limit)
}

// Files are the files below the root.
func (p *Project) Files() fs.FS { return p.repo.FS(p.Root) }

// readLerna reads lerna.json only where it matters here. Lerna itself is more
// lenient with the file than we are, and most repos do not pin packages in it.
func readLerna(repo *repofile.Repo, root string) (*VersionFile, error) {
	src, err := readFile(repo, filepath.Join(root, "lerna.json"), "lerna.json")
	if err != nil || !bytes.Contains(src, []byte("@backstage/")) {
		return nil, nil
	}
	return readVersionFile(repo, root, "lerna.json")
}

// readWorkspaces reads the root, then the folders that its patterns name, then
// those that the patterns of these name, and so on (Project.setupWorkspaces of
// Yarn), each round in parallel.
func (p *Project) readWorkspaces(repo *repofile.Repo) error {
	round := []string{"."}
	for len(round) > 0 {
		read, err := p.readRound(repo, round)
		if err != nil {
			return err
		}
		next := map[string]bool{}
		for _, w := range read {
			p.Workspaces = append(p.Workspaces, w)
			p.byRel[w.Rel] = w
		}
		for _, w := range read {
			set, err := compile(w.File)
			if err != nil {
				return err
			}
			below, err := set.find(p.repo, p.Root, w.Rel)
			if err != nil {
				return err
			}
			for _, rel := range below {
				if p.byRel[rel] == nil {
					next[rel] = true
				}
			}
		}
		round = slices.Sorted(maps.Keys(next))
	}
	slices.SortFunc(p.Workspaces[1:], func(a, b *Workspace) int { return strings.Compare(a.Rel, b.Rel) })
	return nil
}

// readRound reads the package.json of each folder of rels, which is sorted.
// Folders without one are not workspaces, and left out.
func (p *Project) readRound(repo *repofile.Repo, rels []string) ([]*Workspace, error) {
	read, errs := make([]*Workspace, len(rels)), make([]error, len(rels))
	var group errgroup.Group
	group.SetLimit(8) // disks gain nothing from more, and memory stays bounded
	for i, rel := range rels {
		group.Go(func() error {
			file, err := readManifest(repo, p.Root, rel)
			if !errors.Is(err, fs.ErrNotExist) || rel == "." {
				read[i], errs[i] = &Workspace{Rel: rel, Dir: filepath.Join(p.Root, filepath.FromSlash(rel)), File: file}, err
			}
			return nil // all are read, so that the first bad one is always the same
		})
	}
	_ = group.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(read, func(w *Workspace) bool { return w == nil }), nil
}

// index fills byName. Yarn refuses two workspaces of one name, too.
func (p *Project) index() error {
	for _, w := range p.Workspaces {
		name := w.File.Name
		if name == "" {
			continue
		}
		if first := p.byName[name]; first != nil {
			return fault.At(w.File.NamePos, "two workspaces are named %s: the other one is %s", name, first.File.NamePos).
				WithNext("Rename one of the two, or take one out with a negated workspaces pattern.")
		}
		p.byName[name] = w
	}
	return nil
}
