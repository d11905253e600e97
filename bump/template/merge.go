package template

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/keymerge"
	"github.com/portalctl/portalctl/internal/scaffold"
	"github.com/portalctl/portalctl/internal/sorting"
)

// merge fills the plan's files in.
func (pl *planner) merge(ctx context.Context, to *scaffold.Tree) error {
	base, err := pl.tree(pl.base)
	if err != nil {
		return err
	}
	names := map[string]bool{}
	for _, t := range []*scaffold.Tree{base, to} {
		for name := range t.Files {
			names[name] = true
		}
	}
	if err := pl.pendingTrees(names); err != nil {
		return err
	}
	pl.yarn = pl.yarnMove(base, to)
	var marked []*fault.Error
	moved := pl.templateMoves(base, to)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, from := moved[name]; from {
			continue
		}
		from, rel := base, ""
		if s := pl.pending[name]; s != nil {
			if from, err = pl.tree(s); err != nil {
				return err
			}
			rel = s.release(pl.in.Config.Pending[pl.places.of(name)])
		}
		pl.label = cmp.Or(rel, pl.plan.Base.Used)
		f, err := pl.one(name, from.Files[name], to.Files[name], moved)
		if fe := (*fault.Error)(nil); errors.As(err, &fe) && fault.IsConflict(err) {
			marked = append(marked, fe)
			continue
		}
		if err != nil {
			return err
		}
		if f == nil {
			continue
		}
		if rel != pl.plan.Base.Used {
			f.Base = rel
		}
		pl.explain(f, name)
		pl.plan.Files = append(pl.plan.Files, *f)
	}
	if len(marked) > 0 {
		return fault.Conflicts(marked)
	}
	pl.plan.Files = append(pl.plan.Files, pl.yarn.files...)
	pl.applyOnly()
	sorting.Stable(pl.plan.Files, func(a, b changedFile) int { return strings.Compare(a.Path, b.Path) })
	return nil
}

// pendingTrees are the files whose merge starts from another base.
func (pl *planner) pendingTrees(names map[string]bool) error {
	pl.pending = map[string]*step{}
	if pl.in.Config == nil || pl.opts.Base != "" {
		return nil
	}
	for name := range pl.union() {
		rel := pl.in.Config.Pending[pl.places.of(name)]
		if rel == "" {
			continue
		}
		s := pl.stepOf(rel)
		if s == nil {
			return pl.noStep(rel, howRecorded)
		}
		pl.pending[name] = s
		names[name] = true
	}
	return nil
}

// templateMoves are the files that the template itself moved, from old to new: one
// that is gone and one that came, of one kind and mostly the same.
func (pl *planner) templateMoves(base, to *scaffold.Tree) map[string]string {
	out, taken := map[string]string{}, map[string]bool{}
	for _, old := range slices.Sorted(maps.Keys(base.Files)) {
		if to.Files[old] != nil || pl.in.Config.noisy(old) || pl.file(old).text == nil {
			continue
		}
		best, most := "", 0.6
		for _, name := range slices.Sorted(maps.Keys(to.Files)) {
			if base.Files[name] != nil || taken[name] || path.Ext(name) != path.Ext(old) || pl.file(name).text != nil {
				continue
			}
			if a := alike(pl.measure(old, base.Files[old]).bag, pl.measure(name, to.Files[name]).bag); a >= most {
				best, most = name, a
			}
		}
		if best != "" {
			out[old], taken[best] = best, true
		}
	}
	return out
}

// one is what becomes of one file; nil where the template did not change it.
func (pl *planner) one(name string, base, theirs []byte, moved map[string]string) (*changedFile, error) {
	f := &changedFile{Path: pl.places.of(name), Hunks: []hunk{}, Keys: []keymerge.Key{}}
	if pl.in.Config.noisy(name) {
		if bytes.Equal(base, theirs) {
			return nil, nil
		}
		f.State = stateNoise
		return f, nil
	}
	ours := pl.file(name)
	var gone *write // the place that the file leaves
	for old, to := range moved {
		if to != name {
			continue
		}
		from := pl.file(old)
		tree, err := pl.tree(pl.base)
		if err != nil {
			return nil, err
		}
		f.From, base = from.path, tree.Files[old]
		gone = &write{from.path, from.text, nil}
		ours = &portalFile{path: ours.path, text: from.text, err: from.err, link: from.link}
	}
	if base != nil && ours.text == nil && ours.err == nil {
		if at := pl.places.moved(ours.path, base); at != "" {
			f.From, f.Path = name, at
			ours = pl.read(at)
		}
	}
	if bytes.Equal(base, theirs) && gone == nil {
		return nil, nil
	}
	switch {
	case ours.err != nil:
		f.State, f.Why = stateKept, "it cannot be read: "+ours.err.Error()
	case ours.text == nil && base == nil:
		f.State = stateTaken
		f.edits = []write{{f.Path, nil, theirs}}
	case ours.text == nil && theirs == nil:
		f.State = stateSame
	case ours.text == nil:
		f.State = stateRemovedByYou
	case theirs == nil:
		pl.removed(f, ours, base)
	case isBinary(ours.text) || isBinary(theirs):
		pl.binary(f, ours, base, theirs)
	default:
		if err := fault.Conflict(f.Path, ours.text, false); err != nil {
			return nil, err
		}
		if err := pl.text(f, name, ours, base, theirs); err != nil {
			return nil, err
		}
	}
	if gone != nil && f.State != stateConflict && f.State != stateKept {
		if len(f.edits) == 0 {
			f.edits = []write{{f.Path, nil, ours.text}}
			f.State = stateTaken
		}
		f.edits[0].old = nil
		f.edits = append(f.edits, *gone)
	}
	return f, nil
}

func (pl *planner) removed(f *changedFile, ours *portalFile, base []byte) {
	switch {
	case ours.link:
		f.State, f.Why = stateKept, "the template has it no more; yours is a symbolic link"
	case bytes.Equal(unix(ours.text), unix(base)):
		f.State = stateDeleted
		f.edits = []write{{f.Path, ours.text, nil}}
	default:
		f.State, f.Why = stateKept, "the template has it no more; yours is another than the template's was"
	}
}

func (pl *planner) binary(f *changedFile, ours *portalFile, base, theirs []byte) {
	switch {
	case bytes.Equal(ours.text, theirs):
		f.State = stateSame
	case bytes.Equal(ours.text, base):
		f.State = stateTaken
		f.edits = []write{{f.Path, ours.text, theirs}}
	default:
		f.State, f.Why = stateKept, "it is not text, and yours differs"
	}
}

func isBinary(text []byte) bool { return bytes.IndexByte(text[:min(len(text), 8000)], 0) >= 0 }

func unix(text []byte) []byte { return bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")) }

// asOurs gives a text of the template the line ends that most lines of ours have.
func asOurs(text, ours []byte) []byte {
	if text == nil || 2*bytes.Count(ours, []byte("\r\n")) <= bytes.Count(ours, []byte("\n")) {
		return text
	}
	return bytes.ReplaceAll(unix(text), []byte("\n"), []byte("\r\n"))
}

// text merges a text file: by key, as a set of lines, or line by line.
func (pl *planner) text(f *changedFile, name string, ours *portalFile, base, theirs []byte) error {
	base, theirs = asOurs(base, ours.text), asOurs(theirs, ours.text)
	switch {
	case bytes.Equal(ours.text, theirs):
		f.State = stateSame
		return nil
	case bytes.Equal(ours.text, base) && path.Base(name) != "package.json" && path.Base(name) != ".yarnrc.yml":
		f.State = stateTaken
		f.edits = []write{{f.Path, ours.text, theirs}}
		return nil
	}
	switch ext := path.Ext(name); {
	case ext == ".json":
		return pl.byKey(f, name, ours.text, base, theirs, keymerge.JSON)
	case ext == ".yaml" || ext == ".yml":
		return pl.byKey(f, name, ours.text, base, theirs, keymerge.YAML)
	case isIgnoreFile(name):
		f.finish(ours.text, mergeLines(ours.text, base, theirs))
		return nil
	}
	pl.byLine(f, ours.text, base, theirs)
	return nil
}

func isIgnoreFile(name string) bool {
	b := path.Base(name)
	return b == ".gitignore" || b == ".dockerignore" || b == ".eslintignore" || b == ".prettierignore"
}

func (f *changedFile) finish(old, merged []byte) {
	f.State = stateSame
	if !bytes.Equal(old, merged) {
		f.State = stateMerged
		f.edits = []write{{f.Path, old, merged}}
	}
}

type keyMerge func(file string, base, ours, theirs []byte, rules keymerge.Rules) (keymerge.Result, error)

func (pl *planner) byKey(f *changedFile, name string, ours, base, theirs []byte, how keyMerge) error {
	r, err := how(f.Path, base, ours, theirs, pl.rules(name, ours))
	if err != nil {
		if fault.IsConflict(err) {
			return err
		}
		f.Why = "merged by line: " + firstLine(err)
		pl.byLine(f, ours, base, theirs)
		return nil
	}
	f.finish(ours, r.Text)
	f.Keys = append(f.Keys, r.Keys...)
	if hasKeyConflict(*f) {
		f.State = stateConflict
	}
	return nil
}

func firstLine(err error) string {
	s, _, _ := strings.Cut(err.Error(), "\n")
	return s
}

// applyOnly takes the writes of files that --only does not name back.
func (pl *planner) applyOnly() {
	if len(pl.opts.Only) == 0 {
		return
	}
	var rest int
	files := pl.plan.Files[:0]
	for _, f := range pl.plan.Files {
		if slices.ContainsFunc(pl.opts.Only, func(g string) bool { ok, _ := doublestar.Match(g, f.Path); return ok }) {
			files = append(files, f)
			continue
		}
		if len(f.edits) > 0 || f.State == stateConflict {
			pl.left = append(pl.left, f)
			rest++
		}
	}
	pl.plan.Files = files
	if rest > 0 {
		pl.plan.Notes = append(pl.plan.Notes, fmt.Sprintf("--only leaves %d more changed files for another time", rest))
	}
}
