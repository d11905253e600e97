package bump

import (
	"fmt"
	"maps"
	"slices"

	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
)

// keyedPatch is a patch in resolutions that applies to one range, and what the
// plan says of it while the new lock is unknown.
type keyedPatch struct {
	name, key, rng string
	where, held    string
	applied        bool // before the bump
}

// notePatch says what becomes of a patch in resolutions.
func (pl *planner) notePatch(r pkgjson.Resolution, name, where string, asked spec.Spec) {
	p := keyedPatch{name: r.Pattern.Name, key: r.Key, rng: spec.Bare(r.Pattern.Range), where: where,
		held: pl.heldByPatch(name, asked), applied: true}
	applies := true
	if p.rng != "" && r.Pattern.Parent == "" {
		p.applied = slices.Contains(askedFor(pl.in, p.name), p.rng)
		applies = p.applied || pl.in.Lock == nil || slices.ContainsFunc(pl.plan.Changes, func(c Change) bool {
			return c.Name == p.name && spec.Bare(c.To) == p.rng
		})
		pl.plan.patches = append(pl.plan.patches, p)
	}
	switch {
	case p.held == "" && (applies || pl.comesInUse(name, p.rng)):
	case !applies:
		pl.note(p.idle())
	default:
		pl.note(p.holds())
	}
}

// comesInUse reports whether the release's own packages may ask for a range: the
// lock does not tell it yet, and it is the release's version that they name.
func (pl *planner) comesInUse(name, rng string) bool {
	r, _ := semrange.Parse(rng)
	v := r.Min()
	return pl.plan.From != pl.plan.To && v != nil && v.String() == pl.manifest.Packages[name]
}

// judgePatches says it anew once the lock is known: after has the portal and
// the lock as the plan leaves them. A range deep in the release's own packages
// moves too, and a patch that was keyed by it would silently be gone.
func (p *Plan) judgePatches(after Input) {
	if after.Lock == nil {
		return
	}
	for _, k := range p.patches {
		p.Notes = slices.DeleteFunc(p.Notes, func(n Note) bool { return n == k.idle() || n == k.holds() })
		asked := askedFor(after, k.name)
		switch applies := slices.Contains(asked, k.rng); {
		case applies && k.held == "":
		case applies:
			p.Notes = append(p.Notes, k.holds())
		case k.applied && len(asked) > 0:
			p.Notes = append(p.Notes, k.note("no longer patches anything: what is asked for becomes %s; "+
				"make its key (and patch) name that, or remove it", listSome(asked, 3)))
		default:
			p.Notes = append(p.Notes, k.idle())
		}
	}
}

func (k keyedPatch) idle() Note {
	return k.note("patches nothing: no range in use is %s; remove it, or carry the patch over", k.rng)
}

func (k keyedPatch) holds() Note { return k.note("patches it: %s", k.held) }

func (k keyedPatch) note(format string, args ...any) Note {
	return Note{Kind: notePinned, File: k.where, Name: k.name,
		Message: fmt.Sprintf("resolution %q %s", k.key, fmt.Sprintf(format, args...))}
}

// heldByPatch says where a patch keeps a package, or "" when that is the
// release's own version: a patch that was carried over holds nothing back.
func (pl *planner) heldByPatch(name string, asked spec.Spec) string {
	has := pl.manifest.Packages[name]
	inner := &asked
	for inner.Kind == spec.KindPatch && inner.Inner != nil {
		inner = inner.Inner
	}
	made, err := semrange.ParseVersion(inner.Range)
	if err != nil || has == "" {
		return "it stays on the version that the patch was made for; check whether the patch is still needed"
	}
	if to, err := semrange.ParseVersion(has); err == nil && to.Equal(made) {
		return ""
	}
	return fmt.Sprintf("it stays on %s, which the patch was made for (the release has %s); check whether the patch is still needed", made, has)
}

// askedFor are the ranges by which the portal's packages and those in its lock
// ask for a name, sorted.
func askedFor(in Input, name string) []string {
	asked := map[string]bool{}
	for _, ws := range in.Project.Workspaces {
		for _, d := range ws.File.AllDeps() {
			if d.Name == name {
				asked[spec.Bare(d.Spec)] = true
			}
		}
	}
	if in.Lock != nil {
		for _, e := range in.Lock.Entries {
			// A workspace asks for what its package.json says now.
			if e.IsWorkspace() {
				continue
			}
			for _, d := range e.Dependencies {
				if d.Name == name {
					asked[spec.Bare(d.Range)] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(asked))
}
