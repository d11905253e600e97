package workspace

import (
	"path/filepath"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/repofile"
)

// FindRoot is the absolute path of the root that FindIn finds on disk.
func FindRoot(dir string) (string, error) {
	at, err := FindIn(repofile.Of(dir), dir)
	return at.Root, err
}

// Place is where a project is.
type Place struct {
	Root string // absolute
	repo *repofile.Repo
	// start is the folder that was asked for, see Project.StartedIn.
	start string
}

// Read reads a file below the root, see Project.Read.
func (at Place) Read(rel string, limit int64) ([]byte, error) {
	return at.repo.Around(at.Root).Read(filepath.Join(at.Root, filepath.FromSlash(rel)), limit)
}

// FindIn is where the project is that dir belongs to, in the files that repo has: those
// on disk, or those of a commit.
//
// The package that dir is in (the nearest package.json at or above it) decides.
// The root is the first folder at or above it whose package.json has workspaces
// and is that package or includes it; and then on, while a folder above includes
// that root in turn and the root has no yarn.lock. (Yarn takes the nearest
// yarn.lock, or else the topmost package.json, and then complains about what is
// no workspace of it: for repos that Yarn can install the answer is the same.)
//
// A package outside of any monorepo is a project of its own if a yarn.lock or a
// backstage.json is beside it.
func FindIn(repo *repofile.Repo, dir string) (Place, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return Place{}, fault.Wrap(err, fault.Pos{File: dir}, "cannot be found").WithNext("Change to a folder that exists.")
	}
	if info, err := repo.Stat(abs); err != nil {
		return Place{}, readFault(err, dir)
	} else if !info.IsDir() {
		return Place{}, fault.At(fault.Pos{File: dir}, "not a folder").WithNext("Name the folder of the monorepo.")
	}
	root, err := climb(repo, abs)
	if err != nil {
		// A folder reached through a symbolic link belongs to where it really is.
		real, linkErr := filepath.EvalSymlinks(abs)
		if repo.InState(abs) || linkErr != nil || real == abs {
			return Place{}, err
		}
		if root, linkErr = climb(repo, real); linkErr != nil {
			return Place{}, err
		}
		abs = real
	}
	rel, err := filepath.Rel(root, abs)
	if err != nil || rel == "." {
		return Place{root, repo, ""}, nil
	}
	return Place{root, repo, filepath.ToSlash(rel)}, nil
}

// climb searches for the root at abs and above.
func climb(repo *repofile.Repo, abs string) (string, error) {
	home := abs // the package that abs is in
	for !repo.IsFile(filepath.Join(home, pkgjson.FileName)) {
		parent := repo.Above(home)
		if parent == "" {
			return "", fault.At(fault.Pos{File: abs}, "there is no package.json here, nor in any folder above").
				WithNext("Change to the folder of a Backstage monorepo, or name it with -C.")
		}
		home = parent
	}
	own, err := readAt(repo, home)
	if err != nil {
		return "", err
	}
	root := ""
	if own.HasWorkspaces {
		root = home
	}

	var stranger string // a monorepo above that does not include home
	var unread error    // a package.json above that cannot be read
	for at := home; root == "" || !repo.IsFile(filepath.Join(root, "yarn.lock")); {
		if at = repo.Above(at); at == "" {
			break
		}
		if !repo.IsFile(filepath.Join(at, pkgjson.FileName)) {
			continue
		}
		member := home
		if root != "" {
			member = root
		}
		switch in, isRoot, err := includes(repo, at, member); {
		case err != nil && unread == nil:
			unread = err
		case in:
			root = at
		case isRoot && stranger == "":
			stranger = at
		}
	}
	switch {
	case root != "":
		return root, nil
	case repo.IsFile(filepath.Join(home, "yarn.lock")), repo.IsFile(filepath.Join(home, "backstage.json")):
		return home, nil
	case unread != nil:
		return "", unread
	case stranger != "":
		return "", fault.At(fault.Pos{File: filepath.Join(home, pkgjson.FileName)}, "this package is not among the workspaces of the monorepo in %s", stranger).
			WithNext("Run the command in %s; or add the package to workspaces there; or, if it is a project of its own, create an empty yarn.lock beside it.", stranger)
	default:
		return "", fault.At(fault.Pos{File: filepath.Join(home, pkgjson.FileName)}, "this package has no workspaces, and no folder above is a monorepo that includes it").
			WithNext("Change to the root of the monorepo (its package.json has workspaces), or name it with -C.")
	}
}

// includes reports whether the package.json in dir has workspaces, and whether
// these include the folder member below.
func includes(repo *repofile.Repo, dir, member string) (in, isRoot bool, err error) {
	file, err := readAt(repo, dir)
	if err != nil {
		return false, false, err
	}
	set, err := compile(file)
	if err != nil {
		return false, file.HasWorkspaces, err
	}
	rel, err := filepath.Rel(dir, member)
	if err != nil {
		return false, file.HasWorkspaces, nil
	}
	return set.includes(filepath.ToSlash(rel)), file.HasWorkspaces, nil
}

// readAt reads the package.json of dir; positions have its whole path, since
// the root is not known yet.
func readAt(repo *repofile.Repo, dir string) (*pkgjson.File, error) {
	path := filepath.Join(dir, pkgjson.FileName)
	repo = repo.Around(dir)
	defer repo.Close()
	src, err := readFile(repo, path, path)
	if err != nil {
		return nil, err
	}
	return pkgjson.Parse(path, src)
}
