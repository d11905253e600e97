// Package template merges what changed in Backstage's app template into a portal
// that was made from it. Data flows one way:
//
//	portal + templates of @backstage/create-app → Of → Portal.Plan → Edits (applied by cmd)
//
// The base of the merge is the template that the portal's files are nearest to, not
// the release that backstage.json claims: upgrades move that without the template's
// changes. package.json and YAML are merged by key, lists of ignored files as sets
// of lines, everything else line by line, as git does.
package template

import (
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/keymerge"
	"github.com/portalctl/portalctl/internal/scaffold"
	"github.com/portalctl/portalctl/internal/txn"
)

// Schema is the version of the JSON form of a Plan, documented in docs/json.md.
const Schema = "portalctl.template/v1"

// Plan is what a merge would do.
type Plan struct {
	Schema string `json:"schema"`
	Base   Base   `json:"base"`
	// To is the release whose template is merged, CreateApp the version of
	// @backstage/create-app that has it.
	To        string `json:"to"`
	CreateApp string `json:"createApp"`
	// Variant is the template's name in create-app: "legacy-app".
	Variant string `json:"variant"`
	// Frontend is the frontend system that the app uses.
	Frontend scaffold.Frontend `json:"frontend"`
	// Files are those that the template changed, by path.
	Files  []changedFile `json:"files"`
	Counts Counts        `json:"counts"`
	// Notes are what else a reader should know.
	Notes []string `json:"notes"`

	root   string
	record *write
}

// Base is the template that the merge starts from. All but Distance are releases, ""
// where there is none.
type Base struct {
	// Claimed is what backstage.json says.
	Claimed string `json:"claimed"`
	// Recorded is what .portalctl.yaml says after an earlier merge.
	Recorded string `json:"recorded"`
	// Found is the release whose template the portal is nearest to.
	Found string `json:"found"`
	// Used is the one that the merge starts from, and How says why.
	Used string `json:"used"`
	How  How    `json:"how"`
	// Distance is how many lines differ between the portal and the template of Used,
	// of the files that both have or one of them lacks. Lost is the share of the
	// template's lines that the portal does not have, from 0 to 1.
	Distance int     `json:"distance"`
	Lost     float64 `json:"lost"`
}

// How is why a base is used.
type How string

const (
	// howAsked: --base names it.
	howAsked How = "asked"
	// howRecorded: .portalctl.yaml has it.
	howRecorded How = "recorded"
	// Found: the portal is nearest to it.
	Found How = "found"
	// howClaimed: backstage.json names it, and the portal has too little of any
	// template for more.
	howClaimed How = "claimed"
)

// state is what becomes of a file that the template changed; the states of keys are
// among them.
type state = keymerge.State

const (
	// stateTaken: as the template has it. The portal's was untouched, or there was none.
	stateTaken state = "taken"
	// stateMerged: the template's change and the portal's own are both in it.
	stateMerged state = "merged"
	// stateSame: the portal has the change already.
	stateSame state = "same"
	// stateDeleted: the template has it no more, and the portal's was untouched.
	stateDeleted state = "deleted"
	// stateRemovedByYou: the template changed it, and the portal does not have it.
	stateRemovedByYou state = "removed-by-you"
	// stateKept: it stays as it is, though the template did something else. Why says what.
	stateKept state = "kept"
	// stateConflict: both changed the same lines or keys, and differently.
	stateConflict state = "conflict"
	// stateNoise: not looked at, since portals have their own (README, examples, images).
	stateNoise state = "noise"
)

// states is their order in reports.
var states = []state{stateTaken, stateMerged, stateSame, stateDeleted, stateRemovedByYou, stateKept, stateConflict, stateNoise}

// changedFile is a file that the template changed.
type changedFile struct {
	// Path is relative to the portal's root, with slashes.
	Path  string `json:"path"`
	State state  `json:"state"`
	// From is where the template has it, if that is another place.
	From string `json:"from,omitempty"`
	// Base is the release that the file's merge starts from, where it is another
	// than the plan's.
	Base string `json:"base,omitempty"`
	Why  string `json:"why,omitempty"`
	// Hunks are conflicts by line.
	Hunks []hunk `json:"hunks"`
	// Keys are the keys that the template changed in a file that is merged by key.
	Keys []keymerge.Key `json:"keys"`

	edits []write
}

// hunk is a place where both sides changed the same lines.
type hunk struct {
	// Line is where it begins in the portal's file.
	Line   int    `json:"line"`
	Ours   string `json:"ours"`
	Base   string `json:"base"`
	Theirs string `json:"theirs"`
	// Why is the entry of create-app's changelog that brought the change, with its
	// version; "" where none names it.
	Why string `json:"why"`
}

// Counts are how many files have each state, and how many conflicts there are.
type Counts struct {
	Taken        int `json:"taken"`
	Merged       int `json:"merged"`
	Same         int `json:"same"`
	Deleted      int `json:"deleted"`
	RemovedByYou int `json:"removedByYou"`
	Kept         int `json:"kept"`
	Conflict     int `json:"conflict"`
	Noise        int `json:"noise"`
	// Keys are the keys that are taken, Hunks and KeyConflicts the conflicts by line
	// and by key.
	Keys         int `json:"keys"`
	Hunks        int `json:"hunks"`
	KeyConflicts int `json:"keyConflicts"`
}

// write is one file's content before and after; nil is none.
type write struct {
	rel      string
	old, new []byte
}

// Writes are what the plan writes, sorted by path.
func (p *Plan) Writes() []txn.Change {
	var out []txn.Change
	add := func(w write) {
		if string(w.old) != string(w.new) || (w.old == nil) != (w.new == nil) {
			out = append(out, txn.Change{Rel: w.rel, Old: w.old, New: w.new})
		}
	}
	for _, f := range p.Files {
		for _, w := range f.edits {
			add(w)
		}
	}
	if p.record != nil {
		add(*p.record)
	}
	slices.SortFunc(out, func(a, b txn.Change) int { return strings.Compare(a.Rel, b.Rel) })
	return out
}

// Edits are the writes that apply the plan.
func (p *Plan) Edits() []txn.Edit { return txn.Edits(p.root, p.Writes()) }

// Empty reports whether there is nothing to write.
func (p *Plan) Empty() bool { return len(p.Writes()) == 0 }

// Conflicts is how many conflicts the plan leaves to a person.
func (p *Plan) Conflicts() int { return p.Counts.Hunks + p.Counts.KeyConflicts }

// count fills the counts in.
func (p *Plan) count() {
	c := Counts{}
	by := map[state]*int{stateTaken: &c.Taken, stateMerged: &c.Merged, stateSame: &c.Same, stateDeleted: &c.Deleted,
		stateRemovedByYou: &c.RemovedByYou, stateKept: &c.Kept, stateConflict: &c.Conflict, stateNoise: &c.Noise}
	for _, f := range p.Files {
		*by[f.State]++
		c.Hunks += len(f.Hunks)
		for _, k := range f.Keys {
			switch k.State {
			case stateTaken:
				c.Keys++
			case stateConflict:
				c.KeyConflicts++
			}
		}
	}
	p.Counts = c
}
