package production

import (
	"bytes"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/yamledit"
)

const (
	// maxFiles bounds the files that a tree is looked through for.
	maxFiles = 50_000
	// maxText is the size of a text that people write, in bytes.
	maxText = 4 << 20
	// maxDocs bounds the documents of one YAML file.
	maxDocs = 200
)

// skipped are folders that hold what others wrote, or what a build made.
var skipped = map[string]bool{
	"node_modules": true, ".git": true, "dist": true, "dist-types": true, "coverage": true, "cache": false, ".cache": true,
	"storybook-static": true, ".turbo": true, ".nx": true,
}

// tree is a folder with files: the repository, or a deploy repository.
type tree struct {
	files fs.FS
	// place is how a name of the tree is called in a position.
	place func(name string) string
	names []string // of all files, sorted; links are not followed
	cut   bool     // there are more
	texts map[string]text
	docs  map[string][]doc
	codes map[string]code
	kept  int // tokens in codes
}

// text is a file as it was read; err says why there is none.
type text struct {
	src []byte
	err error
}

func newTree(files fs.FS, place func(string) string) *tree {
	t := &tree{files: files, place: place, texts: map[string]text{}, docs: map[string][]doc{}, codes: map[string]code{}}
	if files != nil {
		t.walk(".")
		slices.Sort(t.names)
	}
	return t
}

// walk lists what is below a folder. A folder behind a link is not entered, so that
// links cannot go round.
func (t *tree) walk(dir string) {
	entries, err := fs.ReadDir(t.files, dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if len(t.names) >= maxFiles {
			t.cut = true
			return
		}
		name := path.Join(dir, e.Name())
		switch {
		case e.IsDir():
			if !skipped[e.Name()] && !strings.HasSuffix(name, ".yarn/cache") {
				t.walk(name)
			}
		case e.Type().IsRegular() || e.Type()&fs.ModeSymlink != 0:
			t.names = append(t.names, name)
		}
	}
}

// file is one file of a tree.
type file struct {
	*tree
	name string
}

func (f file) pos(line, col int) fault.Pos {
	return fault.Pos{File: f.place(f.name), Line: line, Col: col}
}

func (f file) base() string { return path.Base(f.name) }
func (f file) dir() string  { return path.Dir(f.name) }

// read is the file's text, nil if it cannot be had; see why.
func (f file) read() []byte { src, _ := f.load(); return src }

// load is the file's text, or why there is none: it is gone, too large, or no text.
func (f file) load() ([]byte, error) {
	if t, ok := f.texts[f.name]; ok {
		return t.src, t.err
	}
	src, err := f.loadNow()
	f.texts[f.name] = text{src, err}
	return src, err
}

var (
	errTooLarge = errors.New("it has more than 4 MB, which no text of this kind has")
	errBinary   = errors.New("it is not a text")
)

func (f file) loadNow() ([]byte, error) {
	info, err := fs.Stat(f.files, f.name)
	switch {
	case err != nil:
		return nil, fault.Cause(err)
	case info.Size() > maxText:
		return nil, errTooLarge
	}
	src, err := fs.ReadFile(f.files, f.name)
	if err != nil {
		return nil, fault.Cause(err)
	}
	if bytes.IndexByte(src[:min(len(src), 8000)], 0) >= 0 {
		return nil, errBinary
	}
	return src, nil
}

// lines are the lines of the file, without their ends.
func (f file) lines() []string {
	return strings.Split(strings.ReplaceAll(string(f.read()), "\r\n", "\n"), "\n")
}

// find is the first line that has a text, 0 for none.
func (f file) find(word string) int {
	for i, l := range f.lines() {
		if strings.Contains(l, word) {
			return i + 1
		}
	}
	return 0
}

// has is a file by its name.
func (t *tree) has(name string) (file, bool) {
	_, ok := slices.BinarySearch(t.names, name)
	return file{t, name}, ok
}

// match are the files that a function takes, in order.
func (t *tree) match(take func(name string) bool) []file {
	var list []file
	for _, n := range t.names {
		if take(n) {
			list = append(list, file{t, n})
		}
	}
	return list
}

// below are the files below a folder.
func (t *tree) below(dir string) []file {
	if dir == "." || dir == "" {
		return t.match(func(string) bool { return true })
	}
	i, _ := slices.BinarySearch(t.names, dir+"/")
	var list []file
	for ; i < len(t.names) && strings.HasPrefix(t.names[i], dir+"/"); i++ {
		list = append(list, file{t, t.names[i]})
	}
	return list
}

// doc is one document of a YAML file; err says why it cannot be read.
type doc struct {
	file file
	root yamledit.Value
	err  error
}

// yaml are the documents of a file. Each is read by itself: one that is broken leaves
// the others.
func (f file) yaml() []doc {
	if d, ok := f.docs[f.name]; ok {
		return d
	}
	var list []doc
	src, err := f.load()
	if err != nil {
		list = []doc{{file: f, err: fault.Wrap(err, f.pos(0, 0), "the file cannot be read")}}
	} else {
		list = f.parse(src)
	}
	f.docs[f.name] = list
	return list
}

func (f file) parse(src []byte) []doc {
	var list []doc
	start, line := 0, 0
	flush := func(end int) {
		chunk := src[start:end]
		if len(bytes.TrimSpace(chunk)) == 0 || len(list) >= maxDocs {
			return
		}
		// Blank lines before it keep the numbers of its own.
		d, err := yamledit.Parse(f.place(f.name), append(bytes.Repeat([]byte("\n"), line), chunk...))
		if err != nil {
			list = append(list, doc{file: f, err: err})
			return
		}
		list = append(list, doc{file: f, root: d.Root()})
	}
	at, n := 0, 0
	for at < len(src) {
		end := bytes.IndexByte(src[at:], '\n')
		if end < 0 {
			end = len(src) - at - 1
		}
		l := bytes.TrimRight(src[at:at+end+1], "\r\n")
		n++
		if bytes.Equal(l, []byte("---")) || bytes.HasPrefix(l, []byte("--- ")) {
			flush(at)
			start, line = at+end+1, n
		}
		at += end + 1
	}
	flush(len(src))
	return list
}

// keyPos is the place of the last key of a path; that of the value above it if it is
// not there.
func keyPos(v yamledit.Value, keys ...string) fault.Pos {
	pos := v.Pos()
	for _, k := range keys {
		m, ok := v.Member(k)
		if !ok {
			break
		}
		v, pos = m.Value, m.KeyPos
	}
	return pos
}

// str is the text at a path of a value, "" without one.
func str(v yamledit.Value, path ...string) string {
	got, _ := v.Get(path...)
	return got.String()
}
