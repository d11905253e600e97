package audit

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/portalctl/portalctl/audit/ignore"
	"github.com/portalctl/portalctl/audit/trust"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/workspace"
	"github.com/portalctl/portalctl/internal/yarnlock"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// State is what an audit knows of one side: of the work tree, or of what that is
// compared with.
type State struct {
	Locks []*Lock
	// Unread are locks that are not judged, Notes things to know about others.
	Unread []Unread
	Notes  []string
	// Settings are those of the root.
	Settings *yarnrc.Settings
	// Trust is what the rules about locks and settings look at; Decisions are the
	// team's files.
	Trust     trust.Side
	Decisions []ignore.File
	// Of a merge base, Brings are the archives that the change commits, and Prefix is
	// where the root is in its repository.
	Brings []trust.Archive
	Prefix string
	// Repo has the files of a merge base by their paths in the work tree; nil for
	// other states.
	Repo *repofile.Repo
}

// Read reads the locks at paths and all that an audit wants besides. A lock that
// cannot be read is an error. So that the advisories are not kept back by a
// package.json that cannot be read, this is a note: who asks for a package is then
// not known.
func (f Files) Read(paths []string) (*State, error) {
	s, err := f.ReadLocks(paths, yarnlock.ParseIndented)
	if err != nil {
		return nil, err
	}
	for _, l := range s.Locks {
		if err := notEmptied(l); err != nil {
			return nil, err
		}
	}
	return s, f.readRest(s)
}

// readRest reads what is no lock.
func (f Files) readRest(s *State) (err error) {
	if s.Settings, err = yarnrc.LoadIn(f.Repo, f.Root, f.Environ); err != nil {
		return err
	}
	s.Trust.Files, err = f.wanted()
	for _, l := range s.Locks {
		s.Trust.Locks = append(s.Trust.Locks, l.Lock)
	}
	s.Decisions = decisions(s.Trust.Files, s.Locks)
	return err
}

// notEmptied refuses a lock without an entry where a package.json asks for
// something: nothing found in it would look like a pass.
func notEmptied(l *Lock) error {
	if len(l.Lock.Entries) > 0 || l.Project == nil {
		return nil
	}
	for _, ws := range l.Project.Workspaces {
		if len(ws.File.AllDeps()) > 0 {
			return fault.At(fault.Pos{File: l.Path}, "the lock is empty, and %s has dependencies: what is installed is not known", path.Join(ws.Rel, pkgjson.FileName)).
				WithNext("Run yarn install, and commit yarn.lock")
		}
	}
	return nil
}

// ReadLocks reads the locks at paths, Yarn's by parse, and the projects around
// them.
func (f Files) ReadLocks(paths []string, parse func(file string, src []byte) (*yarnlock.Lock, error)) (*State, error) {
	out := &State{}
	for _, rel := range paths {
		src, err := f.Repo.Read(f.path(rel), repofile.MaxLock)
		if err != nil {
			return nil, fault.Wrap(fault.Cause(err), fault.Pos{File: rel}, "the lock cannot be read").WithNext("Check that you may read it")
		}
		if path.Base(rel) != LockName {
			if err := f.readOther(rel, src, out); err != nil {
				return nil, err
			}
			continue
		}
		lock, err := parse(rel, src)
		if err != nil {
			return nil, err
		}
		l := &Lock{Path: rel, Lock: lock}
		if err := f.readProject(l); err != nil {
			l.ProjectErr = err
			out.Notes = append(out.Notes, rel+": who asks for a package is not known, because the project cannot be read: "+err.Error())
		}
		out.Locks = append(out.Locks, l)
	}
	return out, nil
}

// readProject reads the project of a lock. A package.json beside the lock that
// belongs to a project above has a lock that no Yarn would look at.
func (f Files) readProject(l *Lock) error {
	dir := filepath.Dir(f.path(l.Path))
	repo := f.Repo.Around(dir)
	if _, err := repo.Stat(filepath.Join(dir, pkgjson.FileName)); err != nil {
		return nil
	}
	at, err := workspace.FindIn(repo, dir)
	if err != nil {
		return err
	}
	project, err := at.Open()
	if err != nil {
		return err
	}
	if l.Leftover = filepath.Clean(at.Root) != filepath.Clean(dir); l.Leftover {
		return nil
	}
	settings, err := yarnrc.LoadIn(repo, dir, f.Environ)
	if err == nil {
		l.Project, l.Settings = project, settings
	}
	return err
}

// wanted are the files that the rules about locks and settings, and the decisions,
// want. Links to files are followed, as Yarn does; other things that are not
// regular files are passed over.
func (f Files) wanted() (map[string][]byte, error) {
	out := map[string][]byte{}
	files := f.Repo.FS(f.Root)
	err := f.walk(func(rel string, d fs.DirEntry) error {
		switch {
		case d.IsDir() && (d.Name() == ".git" || ofOthers(rel)):
			return fs.SkipDir
		case !trust.Wanted(rel) && !ignore.Wanted(rel):
			return nil
		case d.Type()&fs.ModeSymlink != 0:
			if src := linked(f.Root, f.path(rel)); src != nil {
				out[rel] = src
			}
			return nil
		case !d.Type().IsRegular():
			return nil
		}
		src, err := fs.ReadFile(files, rel)
		if err != nil {
			return unreadable(err, rel)
		}
		out[rel] = src
		return nil
	})
	return out, err
}

// ofOthers are folders whose files are nobody's settings.
func ofOthers(dir string) bool {
	base := path.Base(dir)
	return base == "node_modules" || path.Base(path.Dir(dir)) == ".yarn" && base != "releases" && base != "plugins" && base != "patches" && base != "cache"
}

// linked is the file behind a link, nil if there is none. What lies outside of
// the repository is not looked at: as settings, its place is taken by a text
// that cannot be judged, which is a finding.
func linked(root, file string) []byte {
	target, err := filepath.EvalSymlinks(file)
	if err != nil {
		return nil
	}
	top, err := filepath.EvalSymlinks(root)
	if err != nil {
		return nil
	}
	info, err := os.Stat(target)
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	if rel, err := filepath.Rel(top, target); err != nil || !filepath.IsLocal(rel) {
		return []byte("a link that leads out of the repository")
	}
	src, err := repofile.Read(target, repofile.MaxCode)
	if err != nil {
		return nil
	}
	return src
}

// decisions are the files of decisions among those of a side: the policy at the
// root, and what osv-scanner's users have beside their locks.
func decisions(files map[string][]byte, locks []*Lock) []ignore.File {
	paths := make([]string, 0, len(locks))
	for _, l := range locks {
		paths = append(paths, l.Path)
	}
	return ignore.Pick(files, ".", paths)
}

// TrustInput is what the rules about locks and settings are asked, offline. base
// is nil without one.
func (in Input) TrustInput(head, base *State, p ignore.Policy, now time.Time) trust.Input {
	out := trust.Input{Head: head.Trust, Registries: p.Registries, Scopes: p.Scopes, Severities: p.Severities,
		MinAge: p.MinAge, Now: now, Fixes: fixes(in.Hits), Malware: malware(in.Hits)}
	if base != nil {
		out.Base, out.Archives, out.Prefix = &base.Trust, base.Brings, base.Prefix
	}
	for _, l := range in.Head {
		if l.Project == nil {
			continue
		}
		for _, ws := range l.Project.Workspaces {
			if ws.File.Name != "" {
				pos := ws.File.NamePos
				pos.File = path.Join(path.Dir(l.Path), pos.File)
				out.Workspaces = append(out.Workspaces, trust.Workspace{Name: ws.File.Name, Pos: pos})
			}
		}
	}
	return out
}
