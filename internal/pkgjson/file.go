// Package pkgjson reads package.json files as Yarn does and changes single
// dependency specs in them without touching any other byte.
//
// Fields that a dependency upgrade stands on (name, version, workspaces, the
// four dependency sections, resolutions, packageManager) must have the right
// type: a wrong one is a *fault.Error with its place. Everything else is as
// tolerant as Yarn's Manifest.load: an entry of a wrong type counts as absent.
package pkgjson

import (
	"bytes"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/jsonedit"
)

// FileName is the name of the file that Yarn looks for in a folder.
const FileName = "package.json"

// File is one package.json. Reading the fields is safe for concurrent use;
// Doc and the setters are not.
type File struct {
	Name    string    // "" when absent: Yarn allows that in a workspace
	NamePos fault.Pos // of the name's value; of the file when absent
	Version string    // "" when absent; Yarn then takes 0.0.0
	Private bool

	// Workspaces are the globs of a monorepo root, of either form
	// (["packages/*"] or {"packages": ["packages/*"]}). HasWorkspaces says that
	// the field is there, even if empty.
	Workspaces    []string
	HasWorkspaces bool

	PackageManager PackageManager
	Backstage      Backstage

	Bin                  []Bin
	DependenciesMeta     []DependencyMeta
	PeerDependenciesMeta []PeerDependencyMeta
	OS, CPU, Libc        []string
	Scripts              map[string]string
	License              string

	file        string
	src         []byte
	doc         *jsonedit.Doc // parsed again at the first edit
	deps        [len(sections)][]Dep
	spans       [len(sections)][]span // of the deps' specs in src
	resolutions []Resolution
}

// Parse reads src, which came from file (the name is used for positions and
// errors). The File keeps src: the caller must not change it afterwards. A file
// of no bytes is an empty manifest, as in Yarn.
func Parse(file string, src []byte) (*File, error) {
	f := &File{file: file, src: src}
	if len(bytes.TrimPrefix(src, []byte("\xef\xbb\xbf"))) == 0 {
		f.NamePos = fault.Pos{File: file}
		return f, nil
	}
	doc, err := jsonedit.Parse(file, src)
	if err != nil {
		return nil, err
	}
	if err := f.load(doc); err != nil {
		return nil, err
	}
	return f, nil
}

// Path is the name given to Parse.
func (f *File) Path() string { return f.file }

// Bytes is the current text. The caller must not change it.
func (f *File) Bytes() []byte { return f.src }

// Doc is the JSON of the file, to read what the model lacks; nil for a file of
// no bytes, in which Get finds nothing. Edit through Set or Edit, not through the Doc: the model would not
// follow.
func (f *File) Doc() *jsonedit.Doc {
	if f.doc == nil {
		// The text has been parsed before, so the only error is "empty". The
		// tree is ten times the text: not kept for files that nobody edits.
		f.doc, _ = jsonedit.Parse(f.file, f.src)
	}
	return f.doc
}

// Edit applies change to the JSON and reads the model again. On an error, also
// one about a result that is not a valid manifest, the File is as before.
func (f *File) Edit(change func(*jsonedit.Doc) error) error {
	doc, err := jsonedit.Parse(f.file, f.src)
	if err != nil {
		return err
	}
	if err := change(doc); err != nil {
		return err
	}
	next := &File{file: f.file, src: doc.Bytes(), doc: doc}
	if err := next.load(doc); err != nil {
		return err
	}
	*f = *next
	return nil
}
