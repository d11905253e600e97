package bump

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/spec"
)

// bumpResolutions moves the resolutions of the root package.json (Yarn ignores
// all others) and deals with those that the bump would leave without effect.
func (pl *planner) bumpResolutions(t targets) error {
	root, path := pl.root(), pl.in.Project.RootWorkspace().Path()
	if len(root.Resolutions()) == 0 {
		return nil
	}
	file := pl.rel(path)
	edited, err := pkgjson.Parse(file, pl.content(path, root.Bytes()))
	if err != nil {
		return err
	}
	var stale []string
	for _, r := range root.Resolutions() {
		if why := pl.goesStale(r); why != "" {
			if !pl.opts.DropStalePatches {
				stale = append(stale, fmt.Sprintf("%s:%d: %q: %s", file, r.KeyPos.Line, r.Key, why))
				continue
			}
			if err := edited.RemoveResolution(r.Key); err != nil {
				return err
			}
			pl.plan.Changes = append(pl.plan.Changes, Change{File: file, Section: "resolutions", Name: r.Key, From: r.Value, Jump: jumpNone})
			pl.note(Note{Kind: noteDropped, File: fmt.Sprintf("%s:%d", file, r.KeyPos.Line), Name: r.Pattern.Name,
				Message: fmt.Sprintf("resolution %q removed: %s", r.Key, why)})
			continue
		}
		to, err := pl.moveResolution(t, file, r)
		if err != nil {
			return err
		}
		if to == "" {
			continue
		}
		if err := edited.SetResolution(r.Key, to); err != nil {
			return err
		}
	}
	if len(stale) > 0 {
		return staleFault(stale)
	}
	if content := pl.content(path, root.Bytes()); string(content) != string(edited.Bytes()) {
		pl.edit(path, root.Bytes(), edited.Bytes())
	}
	return nil
}

// moveResolution decides one resolution that keeps its effect; "" leaves it.
func (pl *planner) moveResolution(t targets, file string, r pkgjson.Resolution) (string, error) {
	asked := r.Parsed
	name := r.Pattern.Name
	if asked.Kind == spec.KindAlias {
		name = asked.Name
	}
	if !pl.patterns.match(name) {
		return "", nil
	}
	where := fmt.Sprintf("%s:%d", file, r.Pos.Line)
	if asked.Kind == spec.KindPatch {
		pl.notePatch(r, name, where, asked)
		return "", nil
	}
	to := t[name].version
	if to == nil {
		return "", nil
	}
	next, out := pkgjson.Retarget(asked, to, pkgjson.Options{AllowDowngrade: pl.opts.AllowDowngrade})
	switch out.Verdict {
	case pkgjson.Ahead:
		pl.noteAhead(where, name, r.Value, to)
	case pkgjson.Untouched:
		if asked.Kind != spec.KindBackstage {
			pl.note(Note{Kind: notePinned, File: where, Name: name,
				Message: fmt.Sprintf("resolution %q holds it at %s: %s", r.Key, r.Value, out.Reason)})
		}
	case pkgjson.Changed:
		locked := pl.lockedFor(name, pkgjson.Dep{Name: r.Pattern.Name, Spec: r.Value})
		if !pl.staysAhead(locked, to) {
			locked = nil // the step is the one that the resolution's text makes
		}
		jump := pl.step(name, locked, asked.Versions.Min(), to, r.Value, next, "resolutions")
		pl.plan.Changes = append(pl.plan.Changes, Change{File: file, Section: "resolutions", Name: r.Key,
			From: r.Value, To: next, Jump: jump})
		return next, nil
	}
	return "", nil
}

// goesStale says why a resolution would silently stop matching, or "". Yarn
// compares a key's range with the dependency's range as text, so a key with a
// range loses its effect when the range that it names moves.
func (pl *planner) goesStale(r pkgjson.Resolution) string {
	if r.Pattern.Range != "" {
		key := spec.Bare(r.Pattern.Range)
		for _, c := range pl.plan.Changes {
			if c.Name == r.Pattern.Name && c.Section != "resolutions" && spec.Bare(c.From) == key {
				return fmt.Sprintf("it applies to the range %s, which becomes %s in %s", c.From, c.To, c.File)
			}
		}
	}
	if parent := r.Pattern.Parent; parent != "" && r.Pattern.ParentRange != "" && pl.patterns.match(parent) {
		held := spec.Bare(r.Pattern.ParentRange)
		for _, c := range pl.plan.Changes {
			if c.Name == parent && slices.Contains(pl.locked[parent], held) {
				return fmt.Sprintf("it applies to what %s %s asks for, and %s moves to %s", parent, held, parent, c.To)
			}
		}
	}
	return ""
}

func staleFault(stale []string) error {
	what := "a resolution"
	if len(stale) > 1 {
		what = fmt.Sprintf("%d resolutions", len(stale))
	}
	return fault.New("the bump would leave %s without effect:\n  %s", what, strings.Join(stale, "\n  ")).
		WithNext("Either carry each over: make its key (and patch) name the new range, then bump again; " +
			"or add --drop-stale-patches to remove them")
}
