package bump

import (
	"fmt"
	"runtime"

	"github.com/Masterminds/semver/v3"
	"golang.org/x/sync/errgroup"

	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/workspace"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// bumpManifests moves the specs in the four dependency sections of every
// workspace.
func (pl *planner) bumpManifests(t targets) error {
	type job struct {
		ws    *workspace.Workspace
		moved []pkgjson.Dep
		text  []byte
	}
	var jobs []*job
	for _, ws := range pl.in.Project.Workspaces {
		j := &job{ws: ws}
		for _, d := range ws.File.AllDeps() {
			to, ok, err := pl.moveSpec(t, ws, d)
			if err != nil {
				return err
			}
			if ok {
				d.Spec = to
				j.moved = append(j.moved, d)
			}
		}
		if len(j.moved) > 0 {
			jobs = append(jobs, j)
		}
	}
	// What is decided is written at once: parsing is most of a bump's work.
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, j := range jobs {
		g.Go(func() error {
			edited := *j.ws.File // the project's own File stays as it was read
			err := edited.SetAll(j.moved)
			j.text = edited.Bytes()
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for _, j := range jobs {
		pl.edit(j.ws.Path(), j.ws.File.Bytes(), j.text)
	}
	return nil
}

// moveSpec decides one dependency. ok is false when it stays as it is.
func (pl *planner) moveSpec(t targets, ws *workspace.Workspace, d pkgjson.Dep) (string, bool, error) {
	asked := d.Parsed
	name := d.Name
	if asked.Kind == spec.KindAlias {
		name = asked.Name
	}
	if !pl.patterns.match(name) {
		return "", false, nil
	}
	where := fmt.Sprintf("%s:%d", pl.rel(ws.Path()), d.Pos.Line)
	switch asked.Kind {
	case spec.KindBackstage:
		pl.followRelease(ws, name, where)
		return "", false, nil
	case spec.KindPatch:
		if held := pl.heldByPatch(name, asked); held != "" {
			pl.note(Note{Kind: notePinned, File: where, Name: name, Message: "patched: " + held})
		}
		return "", false, nil
	}
	to := t[name].version
	if to == nil {
		return "", false, nil
	}
	next, out := pkgjson.Retarget(asked, to, pkgjson.Options{
		Peer:           d.Section == pkgjson.PeerDependencies,
		AllowDowngrade: pl.opts.AllowDowngrade,
	})
	from := pl.lockedFor(name, d)
	switch out.Verdict {
	case pkgjson.Ahead:
		pl.noteAhead(where, name, d.Spec, to)
		return "", false, nil
	case pkgjson.Changed:
	default:
		return "", false, nil
	}
	jump := pl.step(name, from, asked.Versions.Min(), to, d.Spec, next, ws.Name())
	pl.plan.Changes = append(pl.plan.Changes, Change{File: pl.rel(ws.Path()), Section: string(d.Section),
		Name: d.Name, From: d.Spec, To: next, Jump: jump})
	return next, true, nil
}

// followRelease records a package that backstage.json alone moves. A name that
// the release lacks cannot be installed: the Yarn plugin refuses it.
func (pl *planner) followRelease(ws *workspace.Workspace, name, where string) {
	has, ok := pl.manifest.Packages[name]
	if !ok {
		pl.note(Note{Kind: noteNotInRelease, File: where, Name: name, Message: fmt.Sprintf(
			"%s cannot resolve: release %s does not have it; give it a version, or replace it", spec.BackstageRange, pl.manifest.ReleaseVersion)})
		return
	}
	to, err := semrange.ParseVersion(has)
	if err != nil {
		return
	}
	from := pl.highestLocked(name)
	if from == nil || from.Equal(to) {
		return
	}
	if to.LessThan(from) && !pl.opts.AllowDowngrade {
		return // noteLockedAhead lists it
	}
	pl.move(name, from, to, spec.BackstageRange, ws.Name())
}

// lockedFor is the version that the lock has for a dependency, or nil.
func (pl *planner) lockedFor(name string, d pkgjson.Dep) *semver.Version {
	if pl.in.Lock == nil {
		return nil
	}
	for _, rng := range []string{spec.NPM.Of(d.Spec), d.Spec} {
		if e := pl.in.Lock.Lookup(yarnlock.Descriptor{Name: d.Name, Range: rng}); e != nil {
			if _, version, ok := e.Package(); ok {
				if v, err := semrange.ParseVersion(version); err == nil {
					return v
				}
			}
		}
	}
	if versions := pl.locked[name]; len(versions) == 1 {
		v, _ := semrange.ParseVersion(versions[0])
		return v
	}
	return nil
}

func (pl *planner) highestLocked(name string) *semver.Version {
	versions := pl.locked[name]
	if len(versions) == 0 {
		return nil
	}
	v, err := semrange.ParseVersion(versions[len(versions)-1])
	if err != nil {
		return nil
	}
	return v
}

// edit records a file's new content; further edits of the file build on it.
func (pl *planner) edit(path string, old, content []byte) {
	rel := pl.rel(path)
	if f, ok := pl.plan.files[rel]; ok {
		f.new = content
		return
	}
	pl.plan.files[rel] = &fileEdit{rel: rel, path: path, old: old, new: content}
}

// content is a file's text as the plan has it so far.
func (pl *planner) content(path string, read []byte) []byte {
	if f, ok := pl.plan.files[pl.rel(path)]; ok {
		return f.new
	}
	return read
}
