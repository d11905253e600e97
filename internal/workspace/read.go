package workspace

import (
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/jsonedit"
	"github.com/portalctl/portalctl/internal/pkgjson"
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

// readVersionFile reads name at the root; nil when there is none.
func readVersionFile(root, name string) (*VersionFile, error) {
	v := &VersionFile{Path: filepath.Join(root, name)}
	src, err := readFile(v.Path, name)
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
func readManifest(root, rel string) (*pkgjson.File, error) {
	name := pkgjson.FileName
	if rel != "." {
		name = rel + "/" + name
	}
	src, err := readFile(filepath.Join(root, filepath.FromSlash(name)), name)
	if err != nil {
		return nil, err
	}
	return pkgjson.Parse(name, src)
}

// readFile reads path, through symbolic links, and calls it name in errors. It
// refuses what is no regular file: a named pipe would block for ever.
func readFile(path, name string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, readFault(err, name)
	}
	if !info.Mode().IsRegular() {
		return nil, fault.At(fault.Pos{File: name}, "not a regular file").
			WithNext("Put a file in its place, then run the command again.")
	}
	if info.Size() > maxFile {
		return nil, fault.At(fault.Pos{File: name}, "the file has %d MB, more than the limit of %d MB", info.Size()>>20, maxFile>>20).
			WithNext("Check that this is the right file.")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, readFault(err, name)
	}
	defer f.Close()
	src := make([]byte, info.Size())
	n, err := io.ReadFull(f, src)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, readFault(err, name)
	}
	return src[:n], nil
}
