package trust

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/jsonedit"
)

// The files with settings of Yarn 2 and later, of npm (which Yarn 1 reads too)
// and of Yarn 1.
const (
	berryFile   = ".yarnrc.yml"
	npmFile     = ".npmrc"
	classicFile = ".yarnrc"
	// envFile has variables for .yarnrc.yml; Yarn 4 reads it by itself.
	envFile = ".env.yarn"
	// manifest beside a lock has its resolutions.
	manifest = "package.json"
)

// The folders with code that Yarn runs: its own releases and its plugins.
var codeFolders = []string{".yarn/releases", ".yarn/plugins"}

// Wanted reports whether a file of the repository is one that the rules look
// at: settings, manifests, and the code that Yarn runs.
func Wanted(name string) bool {
	switch path.Base(name) {
	case berryFile, npmFile, classicFile, envFile, manifest:
		return true
	}
	return isCode(name)
}

func isCode(name string) bool {
	dir := "/" + path.Dir(name) + "/"
	return slices.ContainsFunc(codeFolders, func(f string) bool { return strings.Contains(dir, "/"+f+"/") })
}

// tree holds files by their path from the repository's root.
type tree map[string][]byte

// manifests are the package.json files of a tree, each read once, when a rule first asks
// for it.
type manifests struct {
	tree
	docs map[string]*jsonedit.Doc
	// other is the other side, which reads what is the same on both; nil for none.
	other *manifests
}

func manifestsOf(files tree, other *manifests) manifests {
	return manifests{files, map[string]*jsonedit.Doc{}, other}
}

// at is a file, nil where it is not there or cannot be read: Yarn does not read it either.
func (m manifests) at(file string) *jsonedit.Doc {
	if m.other != nil && bytes.Equal(m.tree[file], m.other.tree[file]) {
		return m.other.at(file)
	}
	doc, known := m.docs[file]
	if !known {
		doc, _ = jsonedit.Parse(file, m.tree[file])
		m.docs[file] = doc
	}
	return doc
}

// beside is the one beside a file.
func (m manifests) beside(file string) *jsonedit.Doc {
	return m.at(path.Join(path.Dir(file), manifest))
}

// textOf is the text of a member, "" for none and for what is no text.
func textOf(doc *jsonedit.Doc, key string) string {
	if doc == nil {
		return ""
	}
	v, _ := doc.Get(key)
	if v.Kind() != jsonedit.String {
		return ""
	}
	return v.String()
}

// folders are those of the locks of both sides, of the workspaces, and the ones
// above them: Yarn merges their settings, those of a workspace when it is run
// there. Other folders (templates for new repositories) are nobody's settings.
func folders(in Input) []string {
	dirs := []string{"."}
	add := func(file string) {
		for dir := path.Dir(file); dir != "." && dir != "/" && !slices.Contains(dirs, dir); dir = path.Dir(dir) {
			dirs = append(dirs, dir)
		}
	}
	for _, w := range in.Workspaces {
		add(w.Pos.File)
	}
	sides := []Side{in.Head}
	if in.Base != nil {
		sides = append(sides, *in.Base)
	}
	for _, s := range sides {
		for _, l := range s.Locks {
			add(l.File)
		}
	}
	slices.Sort(dirs)
	return dirs
}

// within are the wanted files that belong to some folders.
func within(files tree, dirs []string) tree {
	out := tree{}
	for name, src := range files {
		dir := path.Dir(name)
		for _, folder := range codeFolders {
			if i := strings.Index("/"+name, "/"+folder+"/"); i >= 0 {
				dir = path.Clean(name[:i])
			}
		}
		if Wanted(name) && slices.Contains(dirs, dir) {
			out[name] = src
		}
	}
	return out
}
