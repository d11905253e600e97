package trust

import (
	"path"
	"slices"
	"strings"
)

// The files with settings of Yarn 2 and later, of npm (which Yarn 1 reads too)
// and of Yarn 1.
const (
	berryFile   = ".yarnrc.yml"
	npmFile     = ".npmrc"
	classicFile = ".yarnrc"
)

// The folders with code that Yarn runs: its own releases and its plugins.
var codeFolders = []string{".yarn/releases", ".yarn/plugins"}

// Wanted reports whether a file of the repository is one that the rules look
// at: settings, and the code that Yarn runs.
func Wanted(name string) bool {
	switch path.Base(name) {
	case berryFile, npmFile, classicFile:
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

// folders are those of the locks of both sides and the ones above them, whose
// settings Yarn merges.
func folders(in Input) []string {
	dirs := []string{"."}
	sides := []Side{in.Head}
	if in.Base != nil {
		sides = append(sides, *in.Base)
	}
	for _, s := range sides {
		for _, l := range s.Locks {
			for dir := path.Dir(l.File); dir != "." && dir != "/" && !slices.Contains(dirs, dir); dir = path.Dir(dir) {
				dirs = append(dirs, dir)
			}
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
