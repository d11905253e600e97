// Package setup knows what a repository needs so that a portal's upgrade happens every
// month: workflows, settings, lines in files that are there already. Data goes one way:
//
//	files of the repository + Facts → New → Plan → Writes (committed by cmd)
//
// A file of its own begins with one comment, which says the command that it serves and
// has a mark of the text as it was written. Whoever edits the text breaks the mark, and
// the file is theirs from then on. In a file of the team's nothing but lines are added.
package setup

import (
	"bytes"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/txn"
)

// Schema is the version of the JSON form of a Plan, documented in docs/json.md.
const Schema = "portalctl.init/v1"

// Kind is a group of files, by which a team takes them or leaves them out.
type Kind string

// The kinds. Workflows are those of the platform that runs the repository's CI.
const (
	Config       Kind = "config"
	Baseline     Kind = "baseline"
	Workflows    Kind = "workflows"
	kindSnapshot Kind = "snapshot"
	kindOwners   Kind = "owners"
	kindIgnore   Kind = "ignore"
	kindBots     Kind = "bots"
	kindDocs     Kind = "docs"
)

// Kinds are all kinds, in the order of a plan.
func Kinds() []Kind {
	return []Kind{Config, Baseline, Workflows, kindSnapshot, kindOwners, kindIgnore, kindBots, kindDocs}
}

// KindNames are their names, for a sentence.
func KindNames() string { return strings.Join(namesOf(Kinds()), ", ") }

func namesOf(kinds []Kind) []string {
	var names []string
	for _, k := range kinds {
		names = append(names, string(k))
	}
	return names
}

// State is what becomes of a file.
type State string

const (
	// stateCreate: there is none, and it is written.
	stateCreate State = "create"
	// stateMerge: lines are added to a file of the team's.
	stateMerge State = "merge"
	// stateUpdate: portalctl has written it, nobody has changed it since, and it is written
	// as this portalctl has it.
	stateUpdate State = "update"
	// Outdated: the same, without --update.
	Outdated State = "outdated"
	// stateSame: there is nothing to do.
	stateSame State = "same"
	// stateEdited: portalctl has written it, and somebody has changed it since. It stays.
	stateEdited State = "edited"
	// stateDrifted: the same, and this portalctl would write another text than it did then.
	stateDrifted State = "drifted"
	// stateYours: a file of the team's is where portalctl would have made one. It stays.
	stateYours State = "yours"
	// ByHand: what is missing cannot be added to the file by a program; Paste has it.
	ByHand State = "by-hand"
	// stateNotNeeded: the repository does without; Why says why.
	stateNotNeeded State = "not-needed"
)

// item is one file, or one thing that would be written and is not.
type item struct {
	// Path is from the top of the repository, with slashes.
	Path  string `json:"path"`
	Kind  Kind   `json:"kind"`
	State State  `json:"state"`
	// Serves is the command that the file is for, as it is typed behind portalctl.
	Serves string `json:"serves"`
	// Why says what is added, or why the file stays as it is.
	Why string `json:"why"`
	// Paste are the lines for a person to add.
	Paste string `json:"paste,omitempty"`

	write *txn.Change
}

// Plan is what init would do.
type Plan struct {
	Schema string `json:"schema"`
	// Platforms run the repository's CI.
	Platforms []Platform `json:"platforms"`
	Items     []item     `json:"items"`
	// Notes are what else a reader should know.
	Notes []string `json:"notes"`
}

// Options are the user's choices.
type Options struct {
	// Update also writes files anew that portalctl has written and nobody has changed.
	Update bool
	// Only are the kinds to look at; none means all that the team does not leave out.
	Only []Kind
	// Skip are kinds that the team leaves out.
	Skip []Kind
}

// Has reports whether files of a kind are looked at.
func (o Options) Has(k Kind) bool {
	if len(o.Only) > 0 {
		return slices.Contains(o.Only, k)
	}
	return !slices.Contains(o.Skip, k)
}

// part is one thing that init writes: a file of its own, which has a text, or lines in
// a file that may be there already, which has a merge. One with none is not written.
type part struct {
	kind Kind
	path string
	// serves is the command that the file is for, as it is typed behind portalctl: "slot".
	serves string
	// why says what the file is for, or, with none, why it is not needed.
	why  string
	none bool
	// text is the file without its first comment.
	text string
	// bare is of a file whose form has no comments: it is made once, and then the team's.
	bare bool
	// merge adds to old, nil where there is no such file.
	merge func(old []byte) (merged, error)
}

// merged is what becomes of a file of the team's.
type merged struct {
	// text is the file with the lines; old itself, or nil, where there is nothing to do.
	text []byte
	why  string
	// paste are the lines, where the file cannot be edited.
	paste string
}

// providers have the parts, in the order of Kinds.
var providers = []func(*Facts) []part{
	configParts, baselineParts, workflowParts, gitlabParts, snapshotParts, ownerParts, ignoreParts, botParts, docParts,
}

// New decides what init does in the repository of f. It writes nothing.
func New(f *Facts, o Options) (*Plan, error) {
	p := &Plan{Schema: Schema, Platforms: f.Platforms, Notes: slices.Clone(f.Notes)}
	planned := map[string][]byte{}
	for _, provide := range providers {
		for _, part := range provide(f) {
			if !o.Has(part.kind) {
				continue
			}
			old, err := f.read(part.path)
			if err != nil {
				return nil, err
			}
			if text, ok := planned[part.path]; ok {
				old = text
			}
			item, err := part.decide(old, o)
			if err != nil {
				return nil, err
			}
			if item.write != nil {
				planned[part.path] = item.write.New
			}
			p.Items = append(p.Items, item)
		}
	}
	if len(o.Only) == 0 && len(o.Skip) > 0 {
		p.Notes = append(p.Notes, ".portalctl.yaml leaves out "+english.And(namesOf(o.Skip)))
	}
	return p, nil
}

// decide says what becomes of a part's file; old is nil where there is none.
func (p part) decide(old []byte, o Options) (item, error) {
	it := item{Path: p.path, Kind: p.kind, Serves: p.serves, Why: p.why}
	write := func(s State, text []byte) {
		it.State, it.write = s, &txn.Change{Rel: p.path, Old: old, New: text}
	}
	switch {
	case p.none:
		it.State = stateNotNeeded
	case p.merge != nil:
		m, err := p.merge(old)
		if err != nil {
			return it, err
		}
		it.Why, it.Paste = m.why, m.paste
		switch {
		case m.paste != "":
			it.State = ByHand
		case m.text == nil || old != nil && string(m.text) == string(old):
			it.State = stateSame
		case old == nil:
			write(stateCreate, m.text)
		default:
			write(stateMerge, m.text)
		}
	case old == nil:
		write(stateCreate, p.whole())
	case p.bare:
		it.State = stateSame
	default:
		state := p.stateOf(old)
		if state == stateSame && o.Update && !bytes.Equal(unix(old), p.whole()) {
			state = Outdated // by its pins, which the mark does not cover
		}
		if state == Outdated && o.Update {
			write(stateUpdate, p.whole())
			break
		}
		it.State = state
	}
	return it, nil
}

// read is a file of the repository, nil where there is none.
func (f *Facts) read(name string) ([]byte, error) {
	src, err := fs.ReadFile(f.Files, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fault.Wrap(fault.Cause(err), fault.Pos{File: name}, "cannot be read").
			WithNext("Make it a file of the repository; or leave its kind out: init.skip in .portalctl.yaml")
	case src == nil:
		return []byte{}, nil
	}
	return src, nil
}

// Writes are what the plan writes: one change a file.
func (p *Plan) Writes() []txn.Change {
	var list []txn.Change
	for _, it := range p.Items {
		if it.write == nil {
			continue
		}
		if i := slices.IndexFunc(list, func(c txn.Change) bool { return c.Rel == it.Path }); i >= 0 {
			list[i].New = it.write.New
			continue
		}
		list = append(list, *it.write)
	}
	return list
}

// Has reports whether a file of the plan has a state.
func (p *Plan) Has(s State) bool {
	return slices.ContainsFunc(p.Items, func(it item) bool { return it.State == s })
}

// Wrote reports whether the plan writes a file of a kind.
func (p *Plan) Wrote(k Kind) bool {
	return slices.ContainsFunc(p.Items, func(it item) bool { return it.Kind == k && it.write != nil })
}

// Empty reports whether there is nothing to write.
func (p *Plan) Empty() bool { return len(p.Writes()) == 0 }

// Complete reports whether nothing is missing or has drifted, as far as init, or
// init --update, or a person who reads the file's first line, can mend it.
func (p *Plan) Complete() bool {
	return p.Empty() && !p.Has(Outdated) && !p.Has(stateDrifted)
}
