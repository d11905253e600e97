package template

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/jsscan"
	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/scaffold"
)

// Portal is what is known of a portal whichever release is merged into it: its files,
// the templates, and how far they are apart. What was read for one plan is there for
// the next. It is not safe for concurrent use.
type Portal struct {
	in       Input
	files    fs.FS
	places   *places
	notes    []string                     // about the places
	branch   string                       // git's default one, as package.json has it
	imported map[string]map[string]string // package folder → package → file that imports it

	kits     map[string]*scaffold.Kit
	trees    map[treeKey]*scaffold.Tree
	ours     map[string]*portalFile
	bags     map[string]bag // of the portal's files
	measured map[fileKey]measure
}

type treeKey struct{ createApp, variant, release string }

type fileKey struct{ name, text string }

// measure is a template's file, and how many of its lines the portal's has.
type measure struct {
	bag
	common int
}

// Of is the portal of an input.
func Of(in Input) *Portal {
	p := &Portal{in: in, files: in.Project.Files(), branch: branchOf(in.Project.RootWorkspace().File.Scripts), kits: map[string]*scaffold.Kit{},
		trees: map[treeKey]*scaffold.Tree{}, ours: map[string]*portalFile{}, bags: map[string]bag{}, measured: map[fileKey]measure{}}
	p.places, p.notes = newPlaces(in.Project, p.files)
	return p
}

// branchOf is git's default branch as the lint script of the template names it.
func branchOf(scripts map[string]string) string {
	for _, s := range scripts {
		if _, rest, ok := strings.Cut(s, "--since origin/"); ok {
			if word, _, _ := strings.Cut(rest, " "); word != "" {
				return word
			}
		}
	}
	return "master"
}

// anywhere looks for the import in all source of the app, for apps whose App file only
// loads it.
func (p *Portal) anywhere(src string) (found scaffold.Frontend) {
	_ = fs.WalkDir(p.files, src, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || !slices.Contains(jsscan.Extensions, path.Ext(name)) || strings.Contains(name, ".test.") {
			return nil // what cannot be read does not tell
		}
		if text, err := fs.ReadFile(p.files, name); err == nil {
			if found = scaffold.FrontendOf(text); found != "" {
				return fs.SkipAll
			}
		}
		return nil
	})
	return found
}

// portalFile is a file of the portal.
type portalFile struct {
	path string
	text []byte // nil where there is none
	err  error  // why it cannot be read
	link bool
}

// file reads the portal's file for one of the template.
func (p *Portal) file(name string) *portalFile {
	if f := p.ours[name]; f != nil {
		return f
	}
	f := p.read(p.places.of(name))
	p.ours[name] = f
	return f
}

func (p *Portal) read(at string) *portalFile {
	f := &portalFile{path: at}
	info, err := os.Lstat(filepath.Join(p.in.Project.Root, filepath.FromSlash(at)))
	if err != nil {
		return f
	}
	f.link = info.Mode()&fs.ModeSymlink != 0
	f.text, err = fs.ReadFile(p.files, at)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist) || err != nil && f.link:
		f.err = err
		if errors.Is(err, repofile.ErrOutside) {
			f.err = repofile.ErrOutside
		}
	case err == nil && f.text == nil:
		f.text = []byte{}
	}
	return f
}

func (p *Portal) bagOfPortal(name string) bag {
	b, ok := p.bags[name]
	if !ok {
		b = bagOf(p.file(name).text)
		p.bags[name] = b
	}
	return b
}

// measure is remembered: most files are the same in most templates.
func (p *Portal) measure(name string, text []byte) measure {
	key := fileKey{name, string(text)}
	m, ok := p.measured[key]
	if !ok {
		b := bagOf(text)
		m = measure{b, common(p.bagOfPortal(name), b)}
		p.measured[key] = m
	}
	return m
}
