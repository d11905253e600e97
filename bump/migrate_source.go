package bump

import (
	"bytes"
	"cmp"
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/gitbase"
	"github.com/portalctl/portalctl/internal/jsscan"
	"github.com/portalctl/portalctl/internal/jstext"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/sorting"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yamledit"
)

// maxWritten is the largest file that is taken for one that a person wrote, in
// bytes.
const maxWritten = 1 << 20

// sourceMove changes what the portal's files say of packages that move.
type sourceMove struct {
	pl    *planner
	files fs.FS
	list  []*moving
	err   error
}

// moveSource changes imports and configuration, and lists what names the packages
// besides.
func (pl *planner) moveSource(list []*moving) error {
	w := &sourceMove{pl: pl, files: pl.in.Project.Files()}
	for _, m := range list {
		if m.Left == "" {
			w.list = append(w.list, m)
		}
	}
	if len(w.list) == 0 {
		return nil
	}
	if err := pl.in.Project.Written(w.files, w.file, w.unread); err != nil {
		return err
	}
	// Of the hidden folders this one has files that people write.
	_ = fs.WalkDir(w.files, ".github", func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			w.file(name)
		}
		return nil
	})
	return w.err
}

// unread names what may load the old names and could not be looked at.
func (w *sourceMove) unread(name string, err error) {
	w.pl.note(Note{Kind: noteGeneral, File: name, Message: "not searched for packages that moved: it cannot be read: " + fault.Cause(err).Error()})
}

// file changes one file, if it names one of the packages.
func (w *sourceMove) file(name string) {
	base, ext := path.Base(name), path.Ext(name)
	switch base {
	case "yarn.lock", "package-lock.json", "pnpm-lock.yaml", "CHANGELOG.md":
		return
	}
	code := slices.Contains(jsscan.Extensions, ext)
	info, err := fs.Stat(w.files, name)
	if err != nil || w.err != nil || info.Size() > maxWritten && !code {
		return
	}
	src, err := fs.ReadFile(w.files, name)
	if err != nil {
		if code {
			w.unread(name, err)
		}
		return
	}
	var here []*moving
	was := string(src)
	for _, m := range w.list {
		if mentions(was, m.Name) {
			here = append(here, m)
		}
	}
	if len(here) == 0 || !code && bytes.IndexByte(src, 0) >= 0 {
		return
	}
	text := src
	switch ignored, err := gitbase.Ignored(w.pl.in.Project.Root, name); {
	case err != nil:
		w.err = err
		return
	case base == pkgjson.FileName:
		text = w.pl.content(w.path(name), src)
	case ignored: // made here, by something that will make it again
	case code:
		text = w.code(name, src, here)
	case strings.HasPrefix(base, "app-config") && (ext == ".yaml" || ext == ".yml"):
		text = w.config(name, src, here)
	}
	now := string(text)
	if base != pkgjson.FileName && now != was {
		w.pl.edit(w.path(name), src, text)
	}
	for _, m := range here {
		if slices.ContainsFunc(m.NeedsYou, func(p movePlace) bool { return p.File == name }) {
			continue
		}
		for at := range jstext.Words(now, m.Name, inName) {
			m.Named = append(m.Named, movePlace{File: name, Line: fault.PosAt(name, text, at).Line, What: "text"})
		}
	}
}

func (w *sourceMove) path(name string) string {
	return filepath.Join(w.pl.in.Project.Root, filepath.FromSlash(name))
}

// code moves what a file loads: nothing else of it, be it text, comment or a longer
// name.
func (w *sourceMove) code(name string, src []byte, here []*moving) []byte {
	needsYou := func(line int, why string) []byte {
		for _, m := range here {
			m.NeedsYou = append(m.NeedsYou, movePlace{File: name, Line: line, What: why})
		}
		return src
	}
	if len(src) > maxWritten {
		return needsYou(1, "it names the package and is larger than 1 MB: it was not read as code")
	}
	text := string(src)
	tokens, err := jsscan.Scan(name, text)
	var at *jsscan.Error
	if errors.As(err, &at) {
		return needsYou(at.Line, "it does not parse: "+at.What)
	}
	type splice struct {
		start, end int
		text       string
	}
	var edits []splice
	for _, im := range loaded(tokens) {
		i := slices.IndexFunc(here, func(m *moving) bool { return m.Name == spec.PackageOf(im.Module) })
		if i < 0 {
			continue
		}
		m := here[i]
		to := m.To + strings.TrimPrefix(im.Module, m.Name)
		// The quotes stay, and so does what follows the name.
		if strings.HasPrefix(text[im.Start+1:im.End], m.Name) {
			edits = append(edits, splice{im.Start + 1, im.Start + 1 + len(m.Name), m.To})
		} else { // written with escapes
			edits = append(edits, splice{im.Start + 1, im.End - 1, to})
		}
		m.Edits = append(m.Edits, movePlace{File: name, Line: im.Line, What: "import"})
		m.take(name, to, im, tokens)
		w.pl.plan.Changes = append(w.pl.plan.Changes, Change{File: name, Section: "imports", Name: m.Name, From: im.Module, To: to, Jump: jumpNone})
	}
	sorting.By(edits, func(a, b splice) int { return cmp.Compare(b.start, a.start) })
	for _, e := range edits {
		text = text[:e.start] + e.text + text[e.end:]
	}
	return []byte(text)
}

// loaded are the places of a file that name a module: imports in all forms, and
// what says more of a module or asks where it is.
func loaded(tokens []jsscan.Token) []jsscan.Import {
	list := jsscan.Imports(tokens)
	for i, t := range tokens {
		if t.Kind != jsscan.String {
			continue
		}
		is := func(back int, text string) bool { return i >= back && tokens[i-back].Is(text) }
		if is(1, "module") && is(2, "declare") ||
			is(1, "(") && is(2, "resolve") && is(3, ".") && is(4, "meta") && is(5, ".") && is(6, "import") {
			list = append(list, jsscan.Import{Module: t.Text, Line: t.Line, Start: t.Start, End: t.End})
		}
	}
	return list
}

// packageLists are the places of app-config that list packages by their names: those
// that the app discovers features in.
var packageLists = [][]string{
	{"app", "packages", "include"}, {"app", "packages", "exclude"},
	{"app", "experimental", "packages", "include"}, {"app", "experimental", "packages", "exclude"},
}

// config moves the entries of the lists that Backstage reads as packages.
func (w *sourceMove) config(name string, src []byte, here []*moving) []byte {
	doc, err := yamledit.Parse(name, src)
	if err != nil {
		return src // what is wrong with it is for check to say; the places are named
	}
	for _, m := range here {
		for _, list := range packageLists {
			for i, item := range doc.Items(list...) {
				if item.String() != m.Name {
					continue
				}
				line := item.Pos().Line
				if err := doc.SetString(append(slices.Clone(list), strconv.Itoa(i)), m.To); err != nil {
					m.NeedsYou = append(m.NeedsYou, movePlace{File: name, Line: line, What: "it is written in a way that cannot be changed safely"})
					continue
				}
				m.Edits = append(m.Edits, movePlace{File: name, Line: line, What: "config"})
				w.pl.plan.Changes = append(w.pl.plan.Changes, Change{File: name, Section: strings.Join(list, "."), Name: m.Name, From: m.Name, To: m.To, Jump: jumpNone})
			}
		}
	}
	return doc.Bytes()
}

// mentions reports whether a text names a package: the whole name, not a part of a
// longer one.
func mentions(text, name string) bool {
	for range jstext.Words(text, name, inName) {
		return true
	}
	return false
}

func inName(c byte) bool {
	return c == '-' || c == '_' || c == '@' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}
