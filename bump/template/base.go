package template

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/release"
	"github.com/portalctl/portalctl/internal/scaffold"
	"github.com/portalctl/portalctl/internal/semrange"
)

// mostLost is the share of a template's lines above which a portal has left it: the
// nearest template is then the one that happens to be smallest. Of real portals, those
// that follow the template have lost up to 40 %.
const mostLost = 0.65

// foreign is the share above which a repository was never made by create-app.
const foreign = 0.93

// step is a version of create-app that the registry has, and the releases that have
// it, ascending.
type step struct {
	version  string
	releases []string
	kit      *scaffold.Kit
	tree     *scaffold.Tree // see planner.tree
}

// release is what a step is called: wanted if it is one of its releases, else the
// first one.
func (s *step) release(wanted string) string {
	if slices.Contains(s.releases, wanted) || len(s.releases) == 0 {
		return wanted
	}
	return s.releases[0]
}

// readSteps reads the versions of create-app up to the target's, low to high.
func (pl *planner) readSteps(ctx context.Context) error {
	list, err := pl.in.Templates.Versions(ctx)
	if err != nil {
		return err
	}
	target, err := semrange.ParseVersion(pl.target)
	if err != nil {
		return err
	}
	more := pl.laterReleases(ctx)
	for _, v := range list {
		parsed, err := semrange.ParseVersion(v)
		if err != nil || semrange.Compare(parsed, target) > 0 {
			continue
		}
		s := &step{version: v, releases: append(release.WithPackage(scaffold.Package, v), more[v]...)}
		if v == pl.target && !slices.Contains(s.releases, pl.plan.To) {
			s.releases = append(s.releases, pl.plan.To)
		}
		if len(s.releases) > 0 {
			pl.steps = append(pl.steps, s)
		}
	}
	if n := len(pl.steps); n == 0 || pl.steps[n-1].version != pl.target {
		return fault.New("the registry has no %s@%s, the templates of release %s", scaffold.Package, pl.target, pl.plan.To).
			WithNext("Name a release whose templates it has: %s", pl.available())
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(4)
	var mu sync.Mutex
	done := 0
	for _, s := range pl.steps {
		g.Go(func() (err error) {
			if s.kit = pl.kits[s.version]; s.kit == nil {
				s.kit, err = pl.in.Templates.Read(ctx, s.version)
			}
			mu.Lock()
			defer mu.Unlock()
			if done++; pl.opts.Progress != nil {
				pl.opts.Progress(done, len(pl.steps))
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for _, s := range pl.steps {
		pl.kits[s.version] = s.kit
	}
	return nil
}

// laterReleases are the releases that the portal names and that this portalctl was not
// built with, by the create-app that they have.
func (pl *planner) laterReleases(ctx context.Context) map[string][]string {
	named := []string{pl.opts.Base, pl.in.Project.Declared()}
	if c := pl.in.Config; c != nil {
		named = append(named, c.Base)
		for _, rel := range c.Pending {
			named = append(named, rel)
		}
	}
	slices.Sort(named)
	out := map[string][]string{}
	for _, rel := range slices.Compact(named) {
		if _, err := semrange.ParseVersion(rel); err != nil || rel == pl.plan.To || release.Known(rel) != nil {
			continue
		}
		if m, err := pl.in.Releases.Get(ctx, rel); err == nil { // else it has no step, which is said
			v := m.Packages[scaffold.Package]
			out[v] = append(out[v], rel)
		}
	}
	return out
}

// available names the first release of each step.
func (pl *planner) available() string {
	var names []string
	for _, s := range pl.steps {
		names = append(names, s.releases[0])
	}
	if len(names) == 0 {
		return "it has none"
	}
	return strings.Join(names, ", ")
}

// stepOf is the step of a release; nil if the registry does not have its create-app.
func (pl *planner) stepOf(rel string) *step {
	for _, s := range pl.steps {
		if slices.Contains(s.releases, rel) {
			return s
		}
	}
	return nil
}

// chooseBase decides where the merge starts from.
func (pl *planner) chooseBase() error {
	b := &pl.plan.Base
	b.Claimed = pl.in.Project.Declared()
	if pl.in.Config != nil {
		b.Recorded = pl.in.Config.Base
	}
	found, oldest := pl.nearest()
	b.Found = found.step.release(b.Claimed)
	if pl.in.Config == nil && found.lost() > foreign && pl.opts.Base == "" {
		return fault.New("%s has hardly a line of Backstage's app template", pl.in.Project.Root).
			WithNext("Run the command in a portal that create-app has made; if this is one, name the release of its template with --base")
	}
	use := func(rel string, how How) error {
		s := pl.stepOf(rel)
		if s == nil {
			return pl.noStep(rel, how)
		}
		d := pl.distance(s)
		b.Used, b.How, b.Distance, b.Lost = rel, how, d.lines, d.lost()
		pl.base = s
		return nil
	}
	switch {
	case pl.opts.Base != "":
		return use(pl.opts.Base, howAsked)
	case b.Recorded != "":
		return use(b.Recorded, howRecorded)
	case found.lost() <= mostLost && !(oldest && pl.older(b.Claimed)):
		if oldest && b.Claimed != b.Found {
			pl.plan.Notes = append(pl.plan.Notes, "the nearest template is the oldest that the registry has: the portal may come from an older one, and what the template changed before "+
				b.Found+" is not merged")
		}
		return use(b.Found, Found)
	case found.lost() <= mostLost:
		return pl.noStep(b.Claimed, howClaimed)
	case b.Claimed == "":
		return fault.New("the portal has left the template (%.0f %% of the nearest one's lines are not in it), and has no backstage.json to say where it comes from", 100*found.lost()).
			WithNext("Name the release of its template with --base: %s", pl.available())
	}
	pl.plan.Notes = append(pl.plan.Notes, fmt.Sprintf(
		"the portal has left the template: %.0f %% of the lines of the nearest one (%s) are not in it, so that the merge starts from %s, which backstage.json names",
		100*found.lost(), b.Found, b.Claimed))
	return use(b.Claimed, howClaimed)
}

// older reports whether a release came before the first that the registry has the
// template of.
func (pl *planner) older(rel string) bool {
	v, err := semrange.ParseVersion(rel)
	first, ferr := semrange.ParseVersion(pl.steps[0].releases[0])
	return err == nil && ferr == nil && semrange.Compare(v, first) < 0
}

// later reports whether a template came after the release that the portal is on.
func (pl *planner) later(s *step) bool {
	on, err := semrange.ParseVersion(pl.in.On)
	first, ferr := semrange.ParseVersion(s.releases[0])
	return err == nil && ferr == nil && semrange.Compare(first, on) > 0
}

func (pl *planner) noStep(rel string, how How) error {
	v, err := semrange.ParseVersion(rel)
	to, terr := semrange.ParseVersion(pl.plan.To)
	if err == nil && terr == nil && semrange.Compare(v, to) > 0 {
		return fault.New("the portal's template is of release %s, which is later than %s", rel, pl.plan.To).
			WithNext("Name a later --release, or with --base the release that the portal's files are of")
	}
	what := map[How]string{howAsked: "--base names it", howRecorded: ".portalctl.yaml records it", howClaimed: "backstage.json names it, and the portal is nearest to the oldest template that there is"}[how]
	return fault.New("the registry does not have the template of release %s (%s)", rel, what).
		WithNext("Name with --base one that it has, %s: what the template changed before that one is then not merged", pl.available())
}

// apart is how far the portal is from a template.
type apart struct {
	step *step
	// lines differ; shared of size lines of the template are in the portal.
	lines, shared, size int
}

func (a apart) lost() float64 {
	if a.size == 0 {
		return 1
	}
	return 1 - float64(a.shared)/float64(a.size)
}

// nearest is the step whose template the portal is nearest to. Of several, what is
// recorded or claimed decides, then the later: its files are the same, as far as the
// portal has them. oldest says that it is the first of all.
func (pl *planner) nearest() (best apart, oldest bool) {
	claimed := pl.stepOf(pl.plan.Base.Claimed)
	for i, s := range pl.steps {
		if i > 0 && pl.later(s) {
			continue
		}
		d := pl.distance(s)
		if best.step == nil || d.lines < best.lines || d.lines == best.lines && best.step != claimed {
			best, oldest = d, i == 0
		}
	}
	return best, oldest
}

// distance compares the portal with a template, file by file, noise left out. A file
// that either lacks counts with all its lines, if any template has it.
func (pl *planner) distance(s *step) apart {
	a := apart{step: s}
	tree, err := pl.tree(s)
	if err != nil {
		return apart{step: s, lines: 1 << 30}
	}
	for name := range pl.union() {
		if pl.in.Config.noisy(name) {
			continue
		}
		ours := pl.bagOfPortal(name)
		text, there := tree.Files[name]
		if !there {
			a.lines += ours.size
			continue
		}
		theirs := pl.measure(name, text)
		a.size += theirs.size
		a.shared += theirs.common
		a.lines += ours.size + theirs.size - 2*theirs.common
	}
	return a
}
