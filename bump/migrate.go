package bump

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"sync"

	"github.com/Masterminds/semver/v3"
	"golang.org/x/sync/errgroup"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/sorting"
	"github.com/portalctl/portalctl/internal/spec"
)

// A migration moves a package to its new name everywhere, or nowhere: a workspace
// that imports one name and depends on the other does not build. So first each
// place that asks for the old name is looked at; one that cannot follow (a patch
// of the old package's files, a fork) leaves the package as it is.
//
// What the official versions:migrate does differs in: it needs node_modules, keeps
// the old range for the new name, knows three sections of package.json, and
// replaces text in src/ alone, comments and longer names included.

// moving is a package on its way to another name.
type moving struct {
	*Migration
	version *semver.Version // of the new package; nil where it is left
	// keep is how the portal asks for the new name already, "" where it does not,
	// or where what it has does not fit the release.
	keep string
	// raise says that what asks for the new name already is to ask for version.
	raise bool
	// gets is the version of the new package that was chosen: version, or the one
	// that keep gets.
	gets *semver.Version
	// taken are the names that the source imports from the old package, with their
	// places.
	taken map[takenName][]movePlace
}

// migrate moves the packages that live on under other names, and lets the other
// steps see the portal as that leaves it.
func (pl *planner) migrate(ctx context.Context) error {
	list, err := pl.findMoving(ctx)
	if err != nil || len(list) == 0 {
		return err
	}
	for _, m := range list {
		pl.checkAsks(m)
		if m.Left == "" {
			pl.meetNewName(ctx, m)
			pl.stepOf(m)
		}
	}
	if err := pl.moveManifests(list); err != nil {
		return err
	}
	if err := pl.moveSource(list); err != nil {
		return err
	}
	if err := pl.missExports(ctx, list); err != nil {
		return err
	}
	for _, m := range list {
		for _, places := range []*[]movePlace{&m.Edits, &m.NeedsYou, &m.Named} {
			*places = sortedMovePlaces(*places)
		}
		pl.plan.Moved = append(pl.plan.Moved, *m.Migration)
	}
	return nil
}

// isMoving reports whether the plan says already what becomes of a package that has
// moved.
func (pl *planner) isMoving(name string) bool {
	return slices.ContainsFunc(pl.plan.Moved, func(m Migration) bool { return m.Name == name })
}

// findMoving asks the registry for each package that the release lacks.
func (pl *planner) findMoving(ctx context.Context) ([]*moving, error) {
	asked := map[string]bool{}
	add := func(name string, s spec.Spec) {
		for _, name := range []string{name, s.Name} { // of an alias and a patch, what is behind it
			if name != "" && pl.manifest.Packages[name] == "" && !pl.isWorkspace(name) && MayMove(name) &&
				(len(pl.opts.Patterns) == 0 || pl.patterns.match(name)) {
				asked[name] = true
			}
		}
	}
	pl.eachAsk(add)
	names := slices.Sorted(maps.Keys(asked))
	found := make([]*moving, len(names))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(lookups)
	for i, name := range names {
		g.Go(func() (err error) {
			found[i], err = pl.movingOf(gctx, name)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(found, func(m *moving) bool { return m == nil }), nil
}

// movingOf is where a package moves, nil for nowhere.
func (pl *planner) movingOf(ctx context.Context, name string) (*moving, error) {
	to, sure := name, true
	for range 5 { // what moved may have moved again
		next, s, err := pl.successor(ctx, to)
		if err != nil {
			return nil, err
		}
		if next == "" || next == name {
			break
		}
		to, sure = next, sure && s
	}
	if to == name {
		return nil, nil
	}
	m := &moving{Migration: &Migration{Name: name, To: to, Edits: []movePlace{}, NeedsYou: []movePlace{}, Named: []movePlace{},
		Gone: []MoveGone{}, NotKnown: []string{}, Jump: jumpUnknown}}
	if !sure {
		m.Left = "its deprecation names the other package, and not that it is the same under another name: compare the two, and replace it by hand"
		return m, nil
	}
	if !validName().MatchString(to) {
		m.Left = fmt.Sprintf("the new name %q is not one that npm gives", to)
		return m, nil
	}
	if pl.isWorkspace(to) {
		m.Left = "the new name is that of a package of this portal"
		return m, nil
	}
	v, err := VersionFor(ctx, pl.in.Registry, to, pl.manifest.Packages)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, registry.ErrNotFound):
		m.Left = "the registry does not have the new name"
	case err != nil:
		return nil, err
	case v == "":
		m.Left = "no version of the new name fits release " + pl.manifest.ReleaseVersion + pl.newestAsks(ctx, to)
	default:
		if m.version, err = semrange.ParseVersion(v); err != nil {
			m.Left = "its version " + v + " is not one that npm gives"
		}
	}
	return m, nil
}

// newestAsks says why the newest version of a package does not fit the release.
func (pl *planner) newestAsks(ctx context.Context, name string) string {
	doc, err := pl.in.Registry.Packument(ctx, name)
	if err != nil {
		return ""
	}
	m, err := doc.Version(doc.DistTags["latest"])
	if err != nil {
		return ""
	}
	if what := refusal(m, pl.manifest.Packages); what != "" {
		return fmt.Sprintf(": %s asks for %s", m.Version, what)
	}
	return ""
}

// successor asks the registry for a package's new name, and where the registry does
// not have it, what is installed.
func (pl *planner) successor(ctx context.Context, name string) (to string, sure bool, err error) {
	doc, err := pl.in.Registry.Packument(ctx, name)
	switch {
	case ctx.Err() != nil:
		return "", false, ctx.Err()
	case errors.Is(err, registry.ErrNotFound):
		return pl.movedTo(name), true, nil
	case errors.Is(err, registry.ErrOffline):
		return "", false, fault.Wrap(err, fault.Pos{}, "whether %s has moved is not known", name).
			WithNext("Run it once without --offline, or without --migrate")
	case err != nil:
		return "", false, err
	}
	to, sure = Successor(name, doc)
	return to, sure, nil
}

// validName is what npm takes for a new package. The name comes from the registry
// and goes into code: it is nothing but a name.
var validName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(@[a-z0-9~-][a-z0-9._~-]*/)?[a-z0-9~-][a-z0-9._~-]*$`)
})

// checkAsks leaves a package alone that something asks for in a way that a new name
// would break, or would need somebody to look at.
func (pl *planner) checkAsks(m *moving) {
	leave := func(file string, line int, format string, args ...any) {
		if m.Left == "" {
			m.Left = fmt.Sprintf(format, args...) + fmt.Sprintf(" (%s:%d)", file, line)
		}
	}
	for _, ws := range pl.in.Project.Workspaces {
		file := pl.rel(ws.Path())
		for _, d := range ws.File.AllDeps() {
			if d.Name == m.Name {
				if why := cannotFollow(d.Parsed); why != "" {
					leave(file, d.Pos.Line, "%s", why)
				}
			}
		}
		for _, r := range ws.File.Resolutions() {
			switch {
			case r.Pattern.Name == m.Name && cannotFollow(r.Parsed) != "":
				leave(file, r.Pos.Line, "resolution %q: %s", r.Key, cannotFollow(r.Parsed))
			case r.Pattern.Name == m.Name && r.Pattern.Range != "", r.Pattern.Parent == m.Name && r.Pattern.ParentRange != "":
				leave(file, r.KeyPos.Line, "resolution %q is for versions that the new name does not have: remove it, or write it for %s", r.Key, m.To)
			}
		}
	}
}

// cannotFollow says why a spec cannot be one of another package, "" where it can.
func cannotFollow(s spec.Spec) string {
	switch s.Kind {
	case spec.KindRange, spec.KindTag, spec.KindBackstage, spec.KindCatalog:
		return ""
	case spec.KindPatch:
		return "it is patched, and a patch is for the files of the old package: make it for the new one, or remove it"
	case spec.KindAlias:
		return "the name stands for " + s.Name + " here"
	}
	return fmt.Sprintf("it is not taken from the registry, but from %s", s.Raw)
}

// meetNewName looks at how the portal asks for the new name already. There is to be
// one range, so that there is one copy: the one that is there, where what it has
// fits the release; else all ask for the version that does.
func (pl *planner) meetNewName(ctx context.Context, m *moving) {
	m.Range, m.gets = "^"+m.version.Original(), m.version
	var asks []pkgjson.Dep
	for _, ws := range pl.in.Project.Workspaces {
		for _, d := range ws.File.AllDeps() {
			if d.Name == m.To && d.Parsed.Kind == spec.KindRange {
				asks = append(asks, d)
			}
		}
	}
	if len(asks) == 0 {
		return
	}
	for _, d := range asks {
		if v := pl.fits(ctx, m.To, d); v != nil {
			m.keep, m.Range, m.gets = d.Spec, d.Spec, v
			return
		}
	}
	m.raise = true
}

// fits is the version that a dependency gets, nil where that is not made for the
// release.
func (pl *planner) fits(ctx context.Context, name string, d pkgjson.Dep) *semver.Version {
	if has := pl.manifest.Packages[name]; has != "" {
		v, err := semrange.ParseVersion(has)
		if err != nil || !d.Parsed.Versions.Satisfies(v) {
			return nil
		}
		return v
	}
	v := pl.lockedFor(name, d)
	if v == nil {
		return nil
	}
	doc, err := pl.in.Registry.Packument(ctx, name)
	if err != nil {
		return nil
	}
	has, err := doc.Version(v.Original())
	if err != nil || refusal(has, pl.manifest.Packages) != "" {
		return nil
	}
	return v
}

func sortedMovePlaces(list []movePlace) []movePlace {
	sorting.By(list, compareMovePlaces)
	return slices.Compact(list)
}
