package bump

import (
	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
)

// inUse is what is known of a package before the bump.
type inUse struct {
	version *semver.Version // the lowest version in use, nil when unknown
}

func (pl *planner) dependsOn(ps patterns) bool {
	for _, ws := range pl.in.Project.Workspaces {
		for _, d := range ws.File.AllDeps() {
			if ps.match(d.Name) || ps.match(d.Parsed.Name) {
				return true
			}
		}
	}
	for _, r := range pl.root().Resolutions() {
		if ps.match(r.Pattern.Name) {
			return true
		}
	}
	for _, c := range pl.catalogEntries() {
		if ps.match(c.Name) {
			return true
		}
	}
	return false
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

// names lists the packages that match and have a spec that could move, and what
// is in use of each.
func (pl *planner) names() map[string]inUse {
	uses := map[string]inUse{}
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
		if v := s.Versions.Min(); v != nil && (use.version == nil || v.LessThan(use.version)) {
			use.version = v
		}
		uses[name] = use
	}
	pl.eachAsk(add)
	for _, c := range pl.catalogEntries() {
		add(c.Name, spec.Read(c.Range))
	}
	for name, use := range uses {
		if versions := pl.locked[name]; len(versions) > 0 {
			if v, err := semrange.ParseVersion(versions[0]); err == nil {
				use.version = v
				uses[name] = use
			}
		}
	}
	return uses
}
