package check

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/dedupe"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/txn"
	"github.com/portalctl/portalctl/internal/workspace"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// Fixed is what a fix changes. Nothing is written yet.
type Fixed struct {
	// Edits are the files, by absolute path; for a bare lock there is no path,
	// and Lock has the text.
	Edits []txn.Edit
	// Lock is the new text of the lock, nil if it stays.
	Lock []byte
	// After is the input as it is with the edits made.
	After Input

	// Moves are the descriptors that resolve to another version now.
	Moves []dedupe.Move
	// Unpinned counts the moves that were left because the manifest of the
	// release is not known: they might lead off it.
	Unpinned int
	// Pruned are the descriptors that went because nothing asks for them.
	Pruned []string
	// Release is what becomes of backstage.json, nil if it stays.
	Release *releaseChange
	// Ranges and Resolutions are the changes of package.json files.
	Ranges      []rangeChange
	Resolutions []string
}

// Empty reports whether there is nothing to do.
func (f *Fixed) Empty() bool { return len(f.Edits) == 0 && f.Lock == nil }

// rangeChange is a range of a package.json that was moved.
type rangeChange struct {
	File string `json:"file"`
	Name string `json:"name"`
	From string `json:"from"`
	To   string `json:"to"`
}

// rangeEdit is a range that --fix-manifests moves.
type rangeEdit struct {
	rel     string // of the workspace
	section pkgjson.Section
	name    string
	from    string
	to      string
	// version is what the new range is to resolve to: the lock has it.
	version string
}

// Fix decides what can be fixed without the network and without a person, and
// returns the edits: the lock deduped and pruned, and with manifests also
// ranges and resolutions of package.json files. What the configuration ignores
// is left alone. A second Fix on the result has nothing to do.
func Fix(in Input, opts Options, manifests bool) (*Fixed, error) {
	out := &Fixed{After: in}
	if in.Lock == nil {
		return out, nil
	}
	before := in.Lock.Format()
	if in.Project != nil {
		m := newModel(in, opts)
		m.run()
		if err := out.release(m, ignoredBy(m, opts)); err != nil {
			return nil, err
		}
	}
	files := map[string][]byte{} // edited package.json files, as they were
	for range maxRounds {
		changed, err := out.round(opts, manifests, files)
		if err != nil {
			return nil, err
		}
		if !changed {
			break
		}
	}
	if text := out.After.Lock.Format(); !bytes.Equal(text, before) {
		out.Lock = text
		if in.Project != nil {
			out.Edits = append(out.Edits, txn.Edit{Path: filepath.Join(in.Project.Root, "yarn.lock"), Old: before, New: text})
		}
	}
	if len(files) == 0 {
		return out, nil
	}
	for _, ws := range out.After.Project.Workspaces {
		if old, ok := files[ws.Rel]; ok {
			out.Edits = append(out.Edits, txn.Edit{Path: ws.Path(), Old: old, New: ws.File.Bytes()})
		}
	}
	return out, nil
}

// maxRounds bounds how often one fix makes room for another.
const maxRounds = 8

// round makes all fixes that can be seen now.
func (f *Fixed) round(opts Options, manifests bool, files map[string][]byte) (bool, error) {
	m := newModel(f.After, opts)
	m.run()
	ignored := ignoredBy(m, opts)
	lock, err := yarnlock.Parse(f.After.Lock.File, f.After.Lock.Format())
	if err != nil {
		return false, err
	}
	next := f.After
	next.Lock = lock
	if manifests && next.Project != nil {
		if next.Project, err = f.manifests(m, next.Project, lock, ignored, files); err != nil {
			return false, err
		}
	}
	// The model of the edited tree decides what can be moved and pruned.
	edited := newModel(next, opts)
	f.dedupe(edited, lock, ignored)
	f.prune(edited, lock, ignored)

	changed := next.Project != f.After.Project || !bytes.Equal(lock.Format(), f.After.Lock.Format())
	if next.Lock, err = yarnlock.Parse(lock.File, lock.Format()); err != nil {
		return false, err
	}
	f.After = next
	return changed, nil
}

// ignoredBy is the findings that the configuration ignores, as "rule name".
func ignoredBy(m *model, opts Options) map[string]bool {
	report := &Report{}
	report.Rules, report.Findings = Rules(), slices.Clone(m.findings)
	report.Finish(opts.Config, nil, opts.Now)
	ignored := map[string]bool{}
	for _, ig := range report.Ignored {
		ignored[ig.Rule+" "+ig.Name] = true
	}
	return ignored
}

func (f *Fixed) dedupe(m *model, lock *yarnlock.Lock, ignored map[string]bool) {
	if m.off(ruleDedupable) {
		return
	}
	opts := m.dedupeOptions()
	scope := opts.Scope
	opts.Scope = func(name string) bool { return scope(name) && !ignored[ruleDedupable+" "+name] }
	moves := dedupe.Plan(lock, opts)
	all := len(moves)
	moves = slices.DeleteFunc(moves, func(mv dedupe.Move) bool { return m.unpinned(mv.Descriptor.Name) })
	f.Unpinned = all - len(moves)
	f.Moves = append(f.Moves, moves...)
	dedupe.Apply(lock, moves)
}

func (f *Fixed) prune(m *model, lock *yarnlock.Lock, ignored map[string]bool) {
	if m.off(ruleStale) || ignored[ruleStale+" yarn.lock"] {
		return
	}
	pruned, _ := m.prune(lock)
	for _, e := range pruned.Entries {
		for _, k := range e.Keys {
			f.Pruned = append(f.Pruned, k.String())
		}
	}
	for _, k := range pruned.Keys {
		f.Pruned = append(f.Pruned, k.String())
	}
	slices.Sort(f.Pruned)
}

// manifests edits package.json files, and what the lock says of them. The
// project is a copy if there is something to edit.
func (f *Fixed) manifests(m *model, project *workspace.Project, lock *yarnlock.Lock, ignored map[string]bool, files map[string][]byte) (*workspace.Project, error) {
	edits := slices.DeleteFunc(slices.Clone(m.ranges), func(e rangeEdit) bool { return ignored[ruleDuplicate+" "+e.name] })
	unused := slices.DeleteFunc(slices.Clone(m.unused), func(key string) bool { return ignored[ruleUnused+" "+key] })
	if len(edits)+len(unused) == 0 {
		return project, nil
	}
	project = copyProject(project)
	file := func(rel string) (*pkgjson.File, error) {
		i := slices.IndexFunc(project.Workspaces, func(ws *workspace.Workspace) bool { return ws.Rel == rel })
		ws := *project.Workspaces[i]
		if _, ok := files[rel]; !ok {
			files[rel] = ws.File.Bytes()
		}
		parsed, err := pkgjson.Parse(ws.File.Path(), ws.File.Bytes())
		if err != nil {
			return nil, err
		}
		ws.File = parsed
		project.Workspaces[i] = &ws
		return parsed, nil
	}
	for _, e := range edits {
		pj, err := file(e.rel)
		if err != nil {
			return nil, err
		}
		if err := pj.Set(e.section, e.name, e.to); err != nil {
			return nil, err
		}
		rebind(lock, e)
		f.Ranges = append(f.Ranges, rangeChange{pj.Path(), e.name, e.from, e.to})
	}
	for _, key := range unused {
		pj, err := file(".")
		if err != nil {
			return nil, err
		}
		if err := pj.RemoveResolution(key); err != nil {
			return nil, err
		}
		f.Resolutions = append(f.Resolutions, key)
	}
	return project, nil
}

// rebind lets the lock answer the new range with the version that it has, and
// brings the workspace's own entry in line.
func rebind(lock *yarnlock.Lock, e rangeEdit) {
	to := yarnlock.Descriptor{Name: e.name, Range: e.to}
	if lock.Kind == yarnlock.Berry {
		to.Range = spec.NPM.Of(spec.Bare(e.to))
	}
	if lock.Lookup(to) == nil {
		for _, entry := range lock.Named(e.name) {
			if entry.Version == e.version && entry.Resolution.Name == e.name && entry.Resolution.Is(spec.NPM) {
				lock.RebindTo(to, entry)
				break
			}
		}
	}
	for _, entry := range lock.Entries {
		if rel, own := entry.Resolution.Workspace(); !own || rel != e.rel {
			continue
		}
		for i, d := range entry.Dependencies {
			if d.Name == e.name {
				entry.Dependencies[i].Range = to.Range
				entry.Touch()
			}
		}
	}
}

// rangeEdits are the edits that leave one version of a package, if ranges of
// workspaces alone stand in the way, and none has to cross a breaking change.
func (m *model) rangeEdits(name string, blames []blame, keep *instance) ([]rangeEdit, bool) {
	var edits []rangeEdit
	for _, b := range blames {
		e, ok := m.rangeEdit(name, b, keep)
		if !ok {
			return nil, false
		}
		edits = append(edits, e)
	}
	return edits, len(edits) > 0
}

func (m *model) rangeEdit(name string, b blame, keep *instance) (rangeEdit, bool) {
	ws := m.after.Workspace(b.edge.From)
	if b.fix != finding.FixManifest || b.forced || ws == nil || m.in.Project == nil {
		return rangeEdit{}, false
	}
	p := m.byName[ws.Name]
	asked := spec.Read(b.edge.Range)
	if p == nil || asked.Kind != spec.KindRange || !compatible(asked, keep.parsed) {
		return rangeEdit{}, false
	}
	to, out := pkgjson.Retarget(asked, keep.parsed, pkgjson.Options{})
	if out.Verdict != pkgjson.Changed {
		return rangeEdit{}, false
	}
	e := rangeEdit{rel: ws.Rel, name: name, from: b.edge.Range, to: to, version: keep.version}
	found := 0
	for _, d := range p.File.AllDeps() {
		if d.Name == name && d.Section != pkgjson.PeerDependencies {
			e.section = d.Section
			found++
		}
	}
	return e, found == 1
}

// compatible reports whether a version is not a breaking change for somebody who
// asked for a range. Who asked for one version only meant it.
func compatible(asked spec.Spec, v *semver.Version) bool {
	low := asked.Versions.Min()
	if low == nil {
		return false
	}
	if _, err := semrange.ParseVersion(strings.TrimPrefix(asked.Range, "=")); err == nil {
		return false
	}
	caret, err := semrange.Parse("^" + low.String())
	return err == nil && caret.Satisfies(v)
}

// copyProject is a project whose package.json files can be replaced.
func copyProject(p *workspace.Project) *workspace.Project {
	c := *p
	c.Workspaces = slices.Clone(p.Workspaces)
	return &c
}
