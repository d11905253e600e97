package bump

import (
	"slices"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
)

func (pl *planner) dependsOn(ps patterns) bool {
	found := slices.ContainsFunc(pl.catalogEntries(), func(c catalogEntry) bool { return ps.match(c.Name) })
	pl.eachAsk(func(name string, s spec.Spec) { found = found || ps.match(name) || ps.match(s.Name) })
	return found
}

// eachAsk visits what the workspaces ask for, and the resolutions of the root.
func (pl *planner) eachAsk(visit func(name string, s spec.Spec)) {
	for _, ws := range pl.in.Project.Workspaces {
		for _, d := range ws.File.AllDeps() {
			visit(d.Name, d.Parsed)
		}
	}
	for _, r := range pl.root().Resolutions() {
		visit(r.Pattern.Name, r.Parsed)
	}
}

// names lists the packages that match and have a spec that could move, and of each
// the lowest version in use, nil when that is unknown.
func (pl *planner) names() map[string]*semver.Version {
	uses := map[string]*semver.Version{}
	add := func(name string, s spec.Spec) {
		switch s.Kind {
		case spec.KindAlias:
			name = s.Name
		case spec.KindRange:
		default:
			return
		}
		if !pl.patterns.match(name) || pl.isWorkspace(name) {
			return
		}
		use := uses[name]
		if v := s.Versions.Min(); v != nil && (use == nil || v.LessThan(use)) {
			use = v
		}
		uses[name] = use
	}
	pl.eachAsk(add)
	for _, c := range pl.catalogEntries() {
		add(c.Name, spec.Read(c.Range))
	}
	for name := range uses {
		if versions := pl.locked[name]; len(versions) > 0 {
			if v, err := semrange.ParseVersion(versions[0]); err == nil {
				uses[name] = v
			}
		}
	}
	return uses
}
