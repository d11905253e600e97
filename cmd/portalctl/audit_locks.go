package main

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/audit"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/gitbase"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/workspace"
	"github.com/portalctl/portalctl/internal/yarnlock"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// lockName is the file that an audit looks for.
const lockName = "yarn.lock"

// auditRoot is the root of the project that dir belongs to, or dir itself where
// there is none, but locks below, or a package that may have lost its own.
func auditRoot(dir string) (string, error) {
	root, err := workspace.FindRoot(dir)
	if err == nil {
		return root, nil
	}
	_, noManifest := os.Stat(filepath.Join(dir, pkgjson.FileName))
	if paths, walkErr := findLocks(repofile.Of(dir), dir); walkErr == nil && (len(paths) > 0 || noManifest == nil) {
		return dir, nil
	}
	return "", err
}

// notAudited are the folders that no lock of the repo's own is in.
func notAudited(name string) bool { return name == "node_modules" || name == ".git" || name == ".yarn" }

// findLocks lists the locks below root, sorted, with forward slashes. Folders
// that cannot be read are an error: a lock could be in them.
func findLocks(repo *repofile.Repo, root string) ([]string, error) {
	return findFiles(repo, root, isLock)
}

// findFiles lists the files below root that are wanted, as findLocks does.
func findFiles(repo *repofile.Repo, root string, wanted func(name string) bool) ([]string, error) {
	var list []string
	err := fs.WalkDir(repo.FS(root), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case name == "." && isMissing(err):
			return nil // a portal that the commit does not have yet
		case err != nil:
			return unreadable(err, filepath.Join(root, filepath.FromSlash(name)))
		case d.IsDir() && name != "." && notAudited(d.Name()):
			return fs.SkipDir
		case !d.IsDir() && wanted(d.Name()):
			list = append(list, name)
		}
		return nil
	})
	slices.Sort(list)
	return list, err
}

func unreadable(err error, file string) error {
	return fault.Wrap(pathCause(err), fault.Pos{File: file}, "cannot be read").WithNext("Check that you may read it")
}

// loadLocks reads the locks at paths below root, and the projects around them.
// A lock that cannot be read is an error. So that the advisories are not kept
// back by a package.json that cannot be read, this is a note: who asks for a
// package is then not known.
func loadLocks(repo *repofile.Repo, root string, paths, environ []string) (*loaded, error) {
	return readLocks(repo, root, paths, environ, yarnlock.ParseIndented)
}

// loaded are the locks that were read, things to know about them, and those
// that are not judged.
type loaded struct {
	locks  []*audit.Lock
	notes  []string
	unread []audit.Unread
}

func readLocks(repo *repofile.Repo, root string, paths, environ []string, parse func(file string, src []byte) (*yarnlock.Lock, error)) (*loaded, error) {
	out := &loaded{}
	for _, rel := range paths {
		file := filepath.Join(root, filepath.FromSlash(rel))
		src, err := repo.Read(file, repofile.MaxLock)
		if err != nil {
			return nil, fault.Wrap(pathCause(err), fault.Pos{File: rel}, "the lock cannot be read").WithNext("Check that you may read it")
		}
		if path.Base(rel) != lockName {
			l, unread, err := readOther(repo, root, rel, src)
			switch {
			case err != nil:
				return nil, err
			case unread != nil:
				out.unread = append(out.unread, *unread)
			default:
				out.locks = append(out.locks, l)
			}
			continue
		}
		lock, err := parse(rel, src)
		if err != nil {
			return nil, err
		}
		l := &audit.Lock{Path: rel, Lock: lock}
		note, err := addProject(repo.Around(filepath.Dir(file)), l, filepath.Dir(file), environ)
		if err != nil {
			return nil, err
		}
		if note != "" {
			out.notes = append(out.notes, note)
		}
		out.locks = append(out.locks, l)
	}
	return out, nil
}

// addProject reads the project of a lock. A package.json beside the lock that
// belongs to a project above has a lock that no Yarn would look at.
func addProject(repo *repofile.Repo, l *audit.Lock, dir string, environ []string) (note string, err error) {
	if _, err := repo.Stat(filepath.Join(dir, pkgjson.FileName)); err != nil {
		return "", nil
	}
	var project *workspace.Project
	at, err := workspace.FindIn(repo, dir)
	if err == nil {
		project, err = at.Open()
	}
	if err == nil && filepath.Clean(project.Root) != filepath.Clean(dir) {
		l.Leftover = true
		return "", nil
	}
	var settings *yarnrc.Settings
	if err == nil {
		settings, err = yarnrc.LoadIn(repo, dir, environ)
	}
	if err != nil {
		l.ProjectErr = err
		return l.Path + ": who asks for a package is not known, because the project cannot be read: " + err.Error(), nil
	}
	l.Project, l.Settings = project, settings
	return "", nil
}

func notOfBase(dir string) bool {
	base := path.Base(dir)
	return base == "node_modules" || path.Base(path.Dir(dir)) == ".yarn" && base != "releases" && base != "plugins" && base != "patches" && base != "cache"
}

// baseRevision is the revision that a pull request is compared with, by what CI
// says, or "" outside of one. why names where it came from.
func (e env) baseRevision(repo func() (*gitbase.Repo, error)) (rev, why string, err error) {
	if branch := e.get("GITHUB_BASE_REF"); branch != "" {
		r, err := repo()
		if err != nil {
			return "", "", err
		}
		rev = "refs/remotes/origin/" + branch
		// GitHub checks out a merge of the base branch and the change: where it
		// cloned nothing else, the merge's first parent is the base branch. Only
		// a commit that GitHub made counts: a change could make its own.
		if !r.Has(rev) && strings.HasPrefix(e.get("GITHUB_REF"), "refs/pull/") && strings.HasSuffix(e.get("GITHUB_REF"), "/merge") {
			if head, err := r.Commit("HEAD"); err == nil && head.Hash == e.get("GITHUB_SHA") && head.Parents() == 2 {
				if r.Has("HEAD^1") {
					return "HEAD^1", branch, nil
				}
				return "", "", fault.New("git: this clone has the merge of the pull request, but not what it is merged into").
					WithNext("Have CI fetch one commit more (actions/checkout: fetch-depth: 2), or run git fetch --deepen=1")
			}
		}
		return rev, branch, nil
	}
	sha, branch := e.get("CI_MERGE_REQUEST_DIFF_BASE_SHA"), e.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
	if sha == "" && branch == "" {
		return "", "", nil
	}
	r, err := repo()
	if err != nil {
		return "", "", err
	}
	if branch != "" && r.Has("refs/remotes/origin/"+branch) || sha == "" {
		return "refs/remotes/origin/" + branch, branch, nil
	}
	if branch == "" {
		branch = sha[:min(len(sha), 12)]
	}
	if !r.Has(sha) {
		return "", "", fault.New("git: this clone does not have %s, where the merge request left %s", sha, branch).
			WithNext("Run git fetch --deepen=200 origin, or set GIT_DEPTH: 0 for the job")
	}
	return sha, branch, nil
}

// isMissing reports whether a file does not exist.
func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
