package check

import (
	"io/fs"
	"path"
	"slices"
	"strings"
	"unsafe"

	"github.com/portalctl/portalctl/internal/jsscan"
	"github.com/portalctl/portalctl/internal/repofile"
)

// sourceFile is a file below a package's src.
type sourceFile struct {
	name string
	tree fs.FS
	// content is the text once it is kept, see text.
	content string
	kept    bool
	// test: only tests, stories and development setups load it.
	test bool
	// mentions are the packages that it may load, and creates the functions of
	// creators that it may call: who looks for others need not scan it.
	mentions, creates []string
	scanned           *source
	used              *uses
	mods              []imported // see loads
}

// text is what is in the file. Few rules look at that of many packages, and most
// of it is not kept: it is read again for the file that is worth it.
func (f *sourceFile) text() string {
	if !f.kept {
		f.kept = true
		if src, err := fs.ReadFile(f.tree, f.name); err == nil && len(src) <= maxSource {
			f.content = string(src)
		}
	}
	return f.content
}

// scan cuts the file into tokens, once.
func (f *sourceFile) scan() source {
	if f.scanned == nil {
		s := scanSource(f.name, f.text())
		f.scanned = &s
	}
	return *f.scanned
}

// loads are the imports of the file that the code needs when it runs.
func (f *sourceFile) loads() []imported {
	if f.used == nil {
		f.used = newUses(f.scan())
		for _, im := range f.used.imports() {
			if f.used.loads(im) {
				f.mods = append(f.mods, im)
			}
		}
	}
	return f.mods
}

// has reports whether one of some words is in the file, before it is scanned:
// most files of a portal have nothing to do with a question.
func (f *sourceFile) has(words ...string) bool {
	text := f.text()
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
}

// maxSource bounds the files that are scanned, in bytes; what is larger was
// not written by hand.
const maxSource = 1 << 20

// sources are the source files of a package, sorted; none without an entry file:
// only package.json is here then, and nothing can be said.
func (m *model) sources(p *pkg) []*sourceFile {
	if m.in.Files == nil {
		return nil
	}
	p.read.Do(func() {
		// What the backend loads is looked into; of the rest hardly anything is.
		r := sourceReader{tree: m.in.Files, keep: p.side == sideBackend, names: map[string]string{}}
		p.files = r.read(path.Join(p.Rel, "src"))
	})
	return p.files
}

// readAhead reads what the rule about structure will ask for, from the other end
// and while others look at the lock.
func (m *model) readAhead() {
	if m.in.Files == nil || m.off(ruleStructure) {
		return
	}
	var list []*pkg // settleRoles may give them another side meanwhile
	for _, p := range slices.Backward(m.packages) {
		if p.hasSide() {
			list = append(list, p)
		}
	}
	go func() {
		for _, p := range list {
			m.sources(p)
		}
	}()
}

// sourceReader reads the source files of a package.
type sourceReader struct {
	tree fs.FS
	// keep: the texts will be asked for.
	keep  bool
	buf   []byte
	names map[string]string // of packages that were seen
}

// read reads the source files below a folder.
func (r *sourceReader) read(dir string) []*sourceFile {
	var files []*sourceFile
	entry := false
	_ = fs.WalkDir(r.tree, dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		if d.IsDir() {
			if d.Name() == "node_modules" {
				return fs.SkipDir
			}
			return nil
		}
		ext := path.Ext(name)
		base := strings.TrimSuffix(d.Name(), ext)
		if !slices.Contains(jsscan.Extensions, ext) || strings.HasSuffix(base, ".d") {
			return nil
		}
		f := &sourceFile{name: name, tree: r.tree, test: isTestFile(strings.TrimPrefix(name, dir+"/"))}
		if !f.test && !r.look(f) {
			return nil
		}
		if base == "index" && path.Dir(name) == dir {
			entry = true
		}
		files = append(files, f)
		return nil
	})
	if !entry {
		return nil
	}
	return files
}

// look reads a file and notes what it mentions. It reports whether the file is one
// to look at.
func (r *sourceReader) look(f *sourceFile) bool {
	text, ok := r.text(f.name)
	if !ok {
		return false
	}
	if r.keep {
		text = strings.Clone(text)
		f.content, f.kept = text, true
	}
	f.mentions, f.creates = mentions(f.name, text), creators(text)
	for i, name := range f.mentions {
		own, ok := r.names[name]
		if !ok {
			own = strings.Clone(name)
			r.names[own] = own
		}
		f.mentions[i] = own
	}
	return true
}

// text is what is in a file, until the next one is read.
func (r *sourceReader) text(name string) (string, bool) {
	tree, ok := r.tree.(repofile.TextFS)
	if !ok {
		src, err := fs.ReadFile(r.tree, name)
		return string(src), err == nil && len(src) <= maxSource
	}
	if r.buf == nil {
		r.buf = make([]byte, 64<<10)
	}
	src, err := tree.ReadText(name, r.buf)
	if err != nil || len(src) > maxSource {
		return "", false
	}
	if cap(src) > cap(r.buf) {
		r.buf = src
	}
	return unsafe.String(unsafe.SliceData(src), len(src)), true
}

// isTestFile tells what tests, stories and development setups load, by the path
// below src.
func isTestFile(name string) bool {
	dir, file := path.Split(strings.ToLower(name))
	for part := range strings.SplitSeq(dir, "/") {
		if strings.HasPrefix(part, "__") || strings.Contains(part, "test") || strings.Contains(part, "mock") || strings.Contains(part, "fixture") || part == "stories" || part == "dev" {
			return true
		}
	}
	for part := range strings.SplitSeq(file, ".") {
		if part == "test" || part == "spec" || part == "stories" || part == "mock" || part == "mocks" || part == "setuptests" || part == "testutils" || part == "test-utils" {
			return true
		}
	}
	return false
}
