package template

import (
	"cmp"
	"context"
	"io/fs"
	"path"
	"sync"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/portalctl/portalctl/internal/changelog"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/release"
	"github.com/portalctl/portalctl/internal/scaffold"
)

// planner holds what the steps of a plan share.
type planner struct {
	*Portal
	opts     Options
	plan     *Plan
	target   string // version of create-app
	manifest *release.Manifest
	steps    []*step
	changes  func() []changelog.Section // create-app's, parsed when first asked for
	base     *step
	pending  map[string]*step
	label    string // the release that the file at hand starts from
	yarn     yarnMove
	left     []changedFile // that --only leaves
	all      map[string]bool
}

// Plan decides what a merge does. It writes nothing.
func (p *Portal) Plan(ctx context.Context, opts Options) (*Plan, error) {
	pl := &planner{Portal: p, opts: opts}
	pl.plan = &Plan{Schema: Schema, Files: []changedFile{}, Notes: []string{}, root: p.in.Project.Root}
	for _, g := range opts.Only {
		if g == "" || !doublestar.ValidatePattern(g) {
			return nil, fault.New("--only %q is not a valid glob", g).WithNext("Write it as packages/app/** or **/*.yaml, for example")
		}
	}
	m, err := p.in.Releases.Get(ctx, cmp.Or(opts.Release, "main"))
	if err != nil {
		return nil, err
	}
	pl.manifest, pl.plan.To = m, m.ReleaseVersion
	if pl.target = m.Packages[scaffold.Package]; pl.target == "" {
		return nil, fault.New("release %s has no %s", m.ReleaseVersion, scaffold.Package).WithNext("Name another --release")
	}
	pl.plan.CreateApp = pl.target
	pl.plan.Notes = append(pl.plan.Notes, p.notes...)
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

// tree is a step's template as this portal would have it.
func (pl *planner) tree(s *step) (*scaffold.Tree, error) {
	if s.tree != nil {
		return s.tree, nil
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
	key := treeKey{s.version, variant, m.ReleaseVersion}
	if s.tree = pl.trees[key]; s.tree != nil {
		return s.tree, nil
	}
	t, err := s.kit.Render(variant, scaffold.Context{Name: "backstage", Branch: pl.branch, Versions: m.Packages, Release: m.ReleaseVersion, YarnPlugin: pl.in.YarnPlugin})
	if err != nil {
		return nil, err
	}
	for name, text := range t.Files {
		t.Files[name] = pl.places.adapt(name, text, pl.file(name).text)
	}
	s.tree, pl.trees[key] = t, t
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
