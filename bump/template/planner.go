package template

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/portalctl/portalctl/internal/changelog"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/jsscan"
	"github.com/portalctl/portalctl/internal/release"
	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/scaffold"
)

// planner holds what the steps of New share.
type planner struct {
	in       Input
	files    fs.FS
	opts     Options
	plan     *Plan
	target   string // version of create-app
	manifest *release.Manifest
	steps    []*step
	changes  func() []changelog.Section // create-app's, parsed when first asked for
	base     *step
	places   *places
	branch   string // git's default one, as package.json has it
	pending  map[string]*step
	label    string // the release that the file at hand starts from
	yarn     yarnMove
	left     []changedFile                // that --only leaves
	imported map[string]map[string]string // package folder → package → file that imports it

	trees  map[string]*scaffold.Tree
	all    map[string]bool
	ours   map[string]*portalFile
	bags   map[string]bag
	shared map[string]int
}

// New decides what a merge does. It reads from in and writes nothing.
func New(ctx context.Context, in Input, opts Options) (*Plan, error) {
	pl := &planner{in: in, files: in.Project.Files(), opts: opts, trees: map[string]*scaffold.Tree{}, ours: map[string]*portalFile{},
		bags: map[string]bag{}, shared: map[string]int{}}
	pl.plan = &Plan{Schema: Schema, Files: []changedFile{}, Notes: []string{}, root: in.Project.Root}
	for _, g := range opts.Only {
		if g == "" || !doublestar.ValidatePattern(g) {
			return nil, fault.New("--only %q is not a valid glob", g).WithNext("Write it as packages/app/** or **/*.yaml, for example")
		}
	}
	which := opts.Release
	if which == "" {
		which = "main"
	}
	m, err := in.Releases.Get(ctx, which)
	if err != nil {
		return nil, err
	}
	pl.manifest, pl.plan.To = m, m.ReleaseVersion
	if pl.target = m.Packages[scaffold.Package]; pl.target == "" {
		return nil, fault.New("release %s has no %s", m.ReleaseVersion, scaffold.Package).WithNext("Name another --release")
	}
	pl.plan.CreateApp = pl.target
	var notes []string
	pl.places, notes = newPlaces(in.Project, pl.files)
	pl.plan.Notes = append(pl.plan.Notes, notes...)
	pl.branch = branchOf(in.Project.RootWorkspace().File.Scripts)
	if pl.plan.Frontend, err = pl.frontend(); err != nil {
		return nil, err
	}
	if err := pl.readSteps(ctx); err != nil {
		return nil, err
	}
	last := pl.steps[len(pl.steps)-1]
	pl.changes = sync.OnceValue(last.kit.Changes)
	to, err := pl.tree(last)
	if err != nil {
		return nil, err
	}
	pl.plan.Variant = to.Variant
	if err := pl.chooseBase(); err != nil {
		return nil, err
	}
	if err := pl.merge(ctx, to); err != nil {
		return nil, err
	}
	pl.plan.count()
	return pl.plan, pl.recordBase()
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

// frontend is what the app imports createApp from.
func (pl *planner) frontend() (scaffold.Frontend, error) {
	if pl.opts.Frontend != "" {
		return pl.opts.Frontend, nil
	}
	src := path.Dir(pl.places.of("packages/app/src/App.tsx"))
	for _, name := range []string{"App.tsx", "App.jsx", "App.ts", "App.js", "index.tsx"} {
		if text, err := fs.ReadFile(pl.files, path.Join(src, name)); err == nil {
			if f := scaffold.FrontendOf(text); f != "" {
				return f, nil
			}
		}
	}
	if f := pl.anywhere(src); f != "" {
		return f, nil
	}
	if _, err := fs.Stat(pl.files, src); err != nil {
		return "", fault.New("%s has no app of Backstage's template: there is no %s, and no package with the role frontend", pl.in.Project.Root, src).
			WithNext("Run the command at the root of a portal that create-app has made (-C DIR)")
	}
	return "", fault.At(fault.Pos{File: src}, "nothing here imports createApp, which tells the frontend system of the app").
		WithNext("Say which it is: --frontend legacy or --frontend new")
}

// anywhere looks for the import in all source of the app, for apps whose App file only
// loads it.
func (pl *planner) anywhere(src string) (found scaffold.Frontend) {
	_ = fs.WalkDir(pl.files, src, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || !slices.Contains(jsscan.Extensions, path.Ext(name)) || strings.Contains(name, ".test.") {
			return nil // what cannot be read does not tell
		}
		if text, err := fs.ReadFile(pl.files, name); err == nil {
			if found = scaffold.FrontendOf(text); found != "" {
				return fs.SkipAll
			}
		}
		return nil
	})
	return found
}

// tree is a step's template as this portal would have it.
func (pl *planner) tree(s *step) (*scaffold.Tree, error) {
	if t := pl.trees[s.version]; t != nil {
		return t, nil
	}
	variant := s.kit.Variant(pl.plan.Frontend)
	if variant == "" {
		return nil, fault.New("%s@%s has no template for the %s frontend system", scaffold.Package, s.version, pl.plan.Frontend).
			WithNext("Use another release, or another --frontend")
	}
	m := pl.manifest
	if s.version != pl.target {
		if m = release.Known(s.releases[len(s.releases)-1]); m == nil {
			m = pl.manifest
		}
	}
	t, err := s.kit.Render(variant, scaffold.Context{Name: "backstage", Branch: pl.branch, Versions: m.Packages, Release: m.ReleaseVersion, YarnPlugin: pl.in.YarnPlugin})
	if err != nil {
		return nil, err
	}
	for name, text := range t.Files {
		t.Files[name] = pl.places.adapt(name, text, pl.file(name).text)
	}
	pl.trees[s.version] = t
	return t, nil
}

// union are the paths of all templates.
func (pl *planner) union() map[string]bool {
	if pl.all == nil {
		pl.all = map[string]bool{}
		for _, s := range pl.steps {
			if t, err := pl.tree(s); err == nil {
				for name := range t.Files {
					pl.all[name] = true
				}
			}
		}
	}
	return pl.all
}

// portalFile is a file of the portal.
type portalFile struct {
	path string
	text []byte // nil where there is none
	err  error  // why it cannot be read
	link bool
}

// file reads the portal's file for one of the template.
func (pl *planner) file(name string) *portalFile {
	if f := pl.ours[name]; f != nil {
		return f
	}
	f := pl.read(pl.places.of(name))
	pl.ours[name] = f
	return f
}

func (pl *planner) read(at string) *portalFile {
	f := &portalFile{path: at}
	info, err := os.Lstat(filepath.Join(pl.in.Project.Root, filepath.FromSlash(at)))
	if err != nil {
		return f
	}
	f.link = info.Mode()&fs.ModeSymlink != 0
	f.text, err = fs.ReadFile(pl.files, at)
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

func (pl *planner) bagOfPortal(name string) bag {
	key := "ours\x00" + name
	b, ok := pl.bags[key]
	if !ok {
		b = bagOf(pl.file(name).text)
		pl.bags[key] = b
	}
	return b
}

// bagOfTemplate and commonOf are remembered: most files are the same in most
// templates.
func (pl *planner) bagOfTemplate(name string, text []byte) bag {
	key := name + "\x00" + string(text)
	b, ok := pl.bags[key]
	if !ok {
		b = bagOf(text)
		pl.bags[key] = b
	}
	return b
}

func (pl *planner) commonOf(name string, text []byte, ours, theirs bag) int {
	key := name + "\x00" + string(text)
	n, ok := pl.shared[key]
	if !ok {
		n = common(ours, theirs)
		pl.shared[key] = n
	}
	return n
}
