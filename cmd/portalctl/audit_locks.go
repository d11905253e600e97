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
	"github.com/portalctl/portalctl/audit/ignore"
	"github.com/portalctl/portalctl/audit/trust"
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
	if paths, walkErr := findLocks(dir); walkErr == nil && (len(paths) > 0 || noManifest == nil) {
		return dir, nil
	}
	return "", err
}

// notAudited are the folders that no lock of the repo's own is in.
func notAudited(name string) bool { return name == "node_modules" || name == ".git" || name == ".yarn" }

// findLocks lists the locks below root, sorted, with forward slashes. Folders
// that cannot be read are an error: a lock could be in them.
func findLocks(root string) ([]string, error) { return findFiles(root, isLock) }

// findFiles lists the files below root that are wanted, as findLocks does.
func findFiles(root string, wanted func(name string) bool) ([]string, error) {
	var list []string
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return fault.Wrap(pathCause(err), fault.Pos{File: file}, "cannot be read").WithNext("Check that you may read it")
		}
		switch {
		case d.IsDir() && file != root && notAudited(d.Name()):
			return filepath.SkipDir
		case !d.IsDir() && wanted(d.Name()):
			rel, err := filepath.Rel(root, file)
			if err != nil {
				return err
			}
			list = append(list, filepath.ToSlash(rel))
		}
		return nil
	})
	slices.Sort(list)
	return list, err
}

// loadLocks reads the locks at paths below root, and the projects around them.
// A lock that cannot be read is an error. So that the advisories are not kept
// back by a package.json that cannot be read, this is a note: who asks for a
// package is then not known.
func loadLocks(root string, paths, environ []string) (*loaded, error) {
	return readLocks(root, paths, environ, yarnlock.ParseIndented)
}

// loaded are the locks that were read, things to know about them, and those
// that are not judged.
type loaded struct {
	locks  []*audit.Lock
	notes  []string
	unread []audit.Unread
}

func readLocks(root string, paths, environ []string, parse func(file string, src []byte) (*yarnlock.Lock, error)) (*loaded, error) {
	out := &loaded{}
	for _, rel := range paths {
		file := filepath.Join(root, filepath.FromSlash(rel))
		src, err := repofile.ReadIn(repofile.Top(root), file, repofile.MaxLock)
		if err != nil {
			return nil, fault.Wrap(pathCause(err), fault.Pos{File: rel}, "the lock cannot be read").WithNext("Check that you may read it")
		}
		if path.Base(rel) != lockName {
			l, unread, err := readOther(root, rel, src)
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
		note, err := addProject(l, filepath.Dir(file), environ)
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
func addProject(l *audit.Lock, dir string, environ []string) (note string, err error) {
	if _, err := os.Stat(filepath.Join(dir, pkgjson.FileName)); err != nil {
		return "", nil
	}
	project, err := workspace.Open(dir)
	if err == nil && filepath.Clean(project.Root) != filepath.Clean(dir) {
		l.Leftover = true
		return "", nil
	}
	var settings *yarnrc.Settings
	if err == nil {
		settings, err = yarnrc.Load(dir, environ)
	}
	if err != nil {
		l.ProjectErr = err
		return l.Path + ": who asks for a package is not known, because the project cannot be read: " + err.Error(), nil
	}
	l.Project, l.Settings = project, settings
	return "", nil
}

// ofBase are the files of a commit that an audit reads: locks, manifests,
// settings, decisions, and the code that Yarn loads.
func ofBase(name string) bool {
	switch path.Base(name) {
	case pkgjson.FileName, "backstage.json", "lerna.json", ".env.yarn":
		return true
	}
	return isLock(name) || trust.Wanted(name) || ignore.Wanted(name)
}

func notOfBase(dir string) bool {
	base := path.Base(dir)
	return base == "node_modules" || path.Base(path.Dir(dir)) == ".yarn" && base != "releases" && base != "plugins" && base != "patches" && base != "cache"
}

// checkoutBase writes the files of a commit that matter into a folder of its
// own, so that they are read by the same code as the work tree's. cleanup
// removes it.
func checkoutBase(c *gitbase.Commit, prefix string, want func(name string) bool) (root string, cleanup func(), err error) {
	files, err := c.Files(want, notOfBase)
	if err != nil {
		return "", nil, err
	}
	dir, err := os.MkdirTemp("", "portalctl-base-")
	if err != nil {
		return "", nil, fault.Wrap(err, fault.Pos{}, "there is no room for the files of the merge base").WithNext("Set TMPDIR to a folder that portalctl may write")
	}
	cleanup = func() { _ = os.RemoveAll(dir) }
	for name, src := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		err := os.MkdirAll(filepath.Dir(file), 0o700)
		if err == nil {
			err = os.WriteFile(file, src, 0o600)
		}
		if err != nil {
			cleanup()
			return "", nil, fault.Wrap(pathCause(err), fault.Pos{File: name}, "the merge base's file cannot be kept").WithNext("Set TMPDIR to a folder with more room")
		}
	}
	root = filepath.Join(dir, filepath.FromSlash(prefix))
	if err := os.MkdirAll(root, 0o700); err != nil {
		cleanup()
		return "", nil, err
	}
	return root, cleanup, nil
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
