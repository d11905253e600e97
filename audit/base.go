package audit

import (
	"cmp"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/audit/trust"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/gitbase"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// ReadBase has a change compared with where it left a revision, which is called
// name: it reads that commit and what the change brings, and sets in.Base. in.Head
// was read from head.
func (in *Input) ReadBase(head Files, repo *gitbase.Repo, rev, name string) (*State, error) {
	commit, err := repo.MergeBase(rev)
	if err != nil {
		return nil, err
	}
	archives, absent, err := head.brought(repo, commit)
	if err != nil {
		return nil, err
	}
	in.Unread = append(in.Unread, absent...)
	s, err := in.readBase(head, commit)
	// What was not read may have been taken for what is not there.
	if err = cmp.Or(commit.Err(), err); err != nil {
		return nil, err
	}
	s.Brings, s.Prefix, s.Repo = archives, strings.Trim(repo.Prefix, "/"), commit.InPlace()
	in.Base = &Base{Name: name, Commit: commit.Hash, Locks: s.Locks}
	return s, nil
}

func (in *Input) readBase(head Files, commit *gitbase.Commit) (*State, error) {
	f := head
	f.Repo = commit.InPlace()
	paths, err := f.Find(IsLock)
	if err != nil {
		return nil, err
	}
	// What two entries say was there, and the change may be about to mend it.
	s, err := f.ReadLocks(f.kept(paths), yarnlock.ParseMerged)
	if err == nil {
		s.Notes = nil
	} else {
		// A base with a broken lock, which the change may be about to mend, is
		// no base: all that the head has counts as new then.
		s = &State{Notes: []string{"a lock of the merge base cannot be read, so that all counts as new: " +
			strings.ReplaceAll(err.Error(), f.Root+string(filepath.Separator), "")}}
	}
	for _, u := range in.Unread {
		if slices.ContainsFunc(s.Locks, func(l *Lock) bool { return l.Path == u.Path }) {
			return nil, fault.At(fault.Pos{File: u.Path}, "the lock %s, and the base has one that it can", u.Reason).
				WithNext("Have the package manager of the base write it, or use a portalctl that knows this one")
		}
	}
	if err := head.checkGone(in.Head, s.Locks); err != nil {
		return nil, err
	}
	if err := f.readRest(s); err != nil {
		return nil, fault.Wrap(err, fault.Pos{}, "the settings of the merge base")
	}
	// A project that the change brings, and that cannot be read: what its lock
	// lacks is not known then.
	for _, l := range in.Head {
		for _, was := range s.Locks {
			if l.Path == was.Path && was.Project != nil && l.ProjectErr != nil {
				in.Incomplete = append(in.Incomplete, l.ProjectErr)
			}
		}
	}
	return s, fs.WalkDir(commit, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err == nil && d.IsDir() && ofOthers(name):
			return fs.SkipDir
		case err == nil && trust.IsArchive(name):
			s.Trust.Archives = append(s.Trust.Archives, name)
		}
		return err
	})
}

// ReadBaseLock has the head compared with a lock file, and sets in.Base. The
// decisions are those beside the file: the head's are the change's. Settings are
// none.
func (in *Input) ReadBaseLock(file string) (*State, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, fault.Wrap(fault.Cause(err), fault.Pos{File: file}, "the lock of the base cannot be read").WithNext("Write it with git show REF:yarn.lock > base.lock")
	}
	lock, err := yarnlock.ParseIndented(filepath.ToSlash(file), src)
	if err != nil {
		return nil, err
	}
	lock.File = LockName
	l := &Lock{Path: LockName, Lock: lock}
	if len(in.Head) > 0 {
		// Who is a workspace and what is for development is not in a lock.
		l.Project, l.Settings = in.Head[0].Project, in.Head[0].Settings
	}
	in.Base = &Base{Name: file, Locks: []*Lock{l}}
	dir := filepath.Dir(file)
	files, err := Files{Repo: repofile.Of(dir), Root: dir}.wanted()
	return &State{Locks: in.Base.Locks, Trust: trust.Side{Locks: []*yarnlock.Lock{lock}}, Decisions: decisions(files, in.Base.Locks)}, err
}

// checkGone refuses a change that takes away the lock of a project that is
// still there: without one, nothing says what will be installed. A lock that moves
// away from a package.json that asks for nothing is no loss.
func (f Files) checkGone(head, base []*Lock) error {
	asking := func(dir string) bool {
		_, err := f.Repo.Stat(f.path(path.Join(dir, pkgjson.FileName)))
		return err == nil
	}
	wanting := func(dir string) bool {
		name := path.Join(dir, pkgjson.FileName)
		src, err := f.Repo.Read(f.path(name), repofile.MaxCode)
		if err != nil {
			return true
		}
		file, err := pkgjson.Parse(name, src)
		return err != nil || file.HasWorkspaces || len(file.AllDeps()) > 0
	}
	moves := pair(head, base, sameText, sameName) // what is only alike replaces nothing
	covered := map[string]bool{}                  // folders that a lock of the head speaks for
	others := map[string]bool{}                   // those with a lock that Yarn does not read
	for _, l := range head {
		if l.Tool != "" {
			others[dirOf(l)] = true
			continue
		}
		covered[dirOf(l)] = true
		if l.Project != nil {
			for _, ws := range l.Project.Workspaces {
				covered[join(dirOf(l), ws.Rel)] = true
			}
		}
	}
	moved := map[string]bool{}
	for _, from := range moves {
		moved[from] = true
	}
	for _, l := range base {
		if dir := dirOf(l); !covered[dir] && !(l.Tool != "" && others[dir]) && asking(dir) && !(moved[l.Path] && !wanting(dir)) {
			return fault.At(fault.Pos{File: l.Path}, "the change takes this lock away, but the package.json beside it stays: nothing says what is installed").
				WithNext("Restore the lock from the base branch, or take the package.json away, too")
		}
	}
	return nil
}
