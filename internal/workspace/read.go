package workspace

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/jsonedit"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/repofile"
)

// maxFile limits the JSON files that are read, in bytes. Real ones have a few
// thousand; a larger one is a mistake that should not fill the memory.
const maxFile = 32 << 20

// VersionFile is a small JSON file at the root with a version in it:
// backstage.json or lerna.json.
type VersionFile struct {
	Path       string // absolute
	Version    string // "" when the file has none
	VersionPos fault.Pos
	Doc        *jsonedit.Doc
}

// SetVersion changes the version, or adds it, and no other byte.
func (v *VersionFile) SetVersion(version string) error {
	path := []string{"version"}
	edit := v.Doc.SetString
	if _, ok := v.Doc.Get(path...); !ok {
		edit = v.Doc.InsertString
	}
	if err := edit(path, version); err != nil {
		return err
	}
	value, _ := v.Doc.Get(path...)
	v.Version, v.VersionPos = version, value.Pos()
	return nil
}

// readVersionFile reads name in the folder root; nil when there is none.
func readVersionFile(repo *repofile.Repo, root, name string) (*VersionFile, error) {
	v := &VersionFile{Path: filepath.Join(root, name)}
	src, err := readFile(repo, v.Path, name)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if v.Doc, err = jsonedit.Parse(name, src); err != nil {
		return nil, err
	}
	if kind := v.Doc.Root().Kind(); kind != jsonedit.Object {
		return nil, fault.At(v.Doc.Root().Pos(), "%s is %s, but must be an object", name, kind).
			WithNext(`Write it as {"version": "1.0.0"}, for example, then run the command again.`)
	}
	if value, ok := v.Doc.Get("version"); ok {
		if kind := value.Kind(); kind != jsonedit.String {
			return nil, fault.At(value.Pos(), "version is %s, but must be a string", kind).
				WithNext(`Write it as "1.0.0", for example, then run the command again.`)
		}
		v.Version, v.VersionPos = value.String(), value.Pos()
	}
	return v, nil
}

// readManifest reads the package.json of the folder rel below root.
func readManifest(repo *repofile.Repo, root, rel string) (*pkgjson.File, error) {
	name := pkgjson.FileName
	if rel != "." {
		name = rel + "/" + name
	}
	src, err := readFile(repo, filepath.Join(root, filepath.FromSlash(name)), name)
	if err != nil {
		return nil, err
	}
	return pkgjson.Parse(name, src)
}

// readFile reads path, a file of the repository, and calls it name in errors.
func readFile(repo *repofile.Repo, path, name string) ([]byte, error) {
	src, err := repo.Read(path, maxFile)
	at := fault.Pos{File: name}
	switch {
	case err == nil:
		return src, nil
	case errors.Is(err, repofile.ErrNotRegular):
		return nil, fault.At(at, "not a regular file").
			WithNext("Put a file in its place, then run the command again.")
	case errors.Is(err, repofile.ErrOutside):
		return nil, fault.At(at, "a link leads out of the repository, and what lies there is not read").
			WithNext("Put a file or a folder of its own in place of the link, or take it out of workspaces.")
	case errors.Is(err, repofile.ErrTooLarge):
		return nil, fault.At(at, "the file has more than the limit of %d MB", maxFile>>20).
			WithNext("Check that this is the right file.")
	}
	return nil, readFault(err, name)
}
