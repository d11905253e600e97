// Package bump moves the @backstage packages of a monorepo to one Backstage
// release. Data flows one way:
//
//	workspace + manifests + registry → NewPlan → Plan → edits (applied by cmd)
//
// NewPlan reads and decides; it writes nothing and prints nothing. A Plan is
// what a report shows and what edits turns into file contents, so what the user
// has seen is exactly what is applied.
package bump

import (
	"sort"
	"strings"

	"github.com/portalctl/portalctl/internal/release"
	"github.com/portalctl/portalctl/internal/txn"
)

// Schema is the version of the JSON form of a Plan, documented in docs/json.md.
const Schema = "portalctl.bump/v1"

// Plan is what a bump would do.
type Plan struct {
	Schema string `json:"schema"`
	// From is the release that the portal is on: its lock's, see
	// release.Standing. "" when nothing tells it.
	From string `json:"from"`
	// Declared is what backstage.json says, "" when there is none.
	Declared string `json:"declared"`
	// To is the release that is the target.
	To string `json:"to"`
	// Changes are the edits, one for each literal that changes, in file order.
	Changes []Change `json:"changes"`
	// Packages are the same edits seen as one row for each package and step,
	// and with them what moves through backstage.json alone.
	Packages []packageMove `json:"packages"`
	// Moved are the packages that live on under other names, where they were to be
	// moved there.
	Moved    []Migration `json:"moved"`
	Notes    []Note      `json:"notes"`
	Lockfile Lockfile    `json:"lockfile"`
	// Audit is what is known of advisories in the lock that the plan would write,
	// nil if nobody asked.
	Audit *Audit `json:"audit,omitempty"`

	files      map[string]*fileEdit
	patches    []keyedPatch
	seed       []byte            // the lock that Yarn is to complete
	release    *release.Manifest // To
	yarnPlugin bool
	stays      bool
	locked     map[string][]string // of the lock as it was, low to high
	bindsTo    string              // the release that the lock is written for
}

// Change is one literal that changes in one file.
type Change struct {
	// File is relative to the root, with forward slashes.
	File string `json:"file"`
	// Section is where in the file: a dependency section, "resolutions",
	// "catalog", "catalogs.<name>", "version" or "plugins"; of a package that has
	// moved also "imports", or the path of the value.
	Section string `json:"section"`
	Name    string `json:"name"`
	// From and To are the literals: ranges, mostly. To is "" where the entry
	// is removed, From where it is new.
	From string `json:"from"`
	To   string `json:"to"`
	Jump Jump   `json:"jump"`
}

// packageMove is a package's step from one version to another.
type packageMove struct {
	Name string `json:"name"`
	// From is the locked version, or the lowest version of the range where the
	// lock has none. "" when neither is known.
	From string `json:"from"`
	To   string `json:"to"`
	Jump Jump   `json:"jump"`
	// Via is "backstage:^" where package.json stays and backstage.json alone
	// moves the package.
	Via string `json:"via,omitempty"`
	// Range is "^1.3.7 → ^1.3.8" where the range alone moves: Jump is jumpRaised,
	// and From and To are the locked version.
	Range string `json:"range,omitempty"`
	// Workspaces are the names of those that ask for it, sorted.
	Workspaces []string `json:"workspaces"`
}

// NoteKind tells what a note is about.
type NoteKind string

const (
	// noteAhead: newer than the release, left as it is.
	noteAhead NoteKind = "ahead"
	// noteBlocker: a package of another scope that no version can move.
	noteBlocker NoteKind = "blocker"
	// Moved: the package lives on under another name.
	Moved NoteKind = "moved"
	// noteNotInRelease: the manifest does not have the name.
	noteNotInRelease NoteKind = "not-in-release"
	// noteNotFound: neither manifest nor registry has the name.
	noteNotFound NoteKind = "not-found"
	// noteKept: a spec that matches but is left alone, and why.
	noteKept NoteKind = "kept"
	// notePinned: a resolution or patch that holds a package off the release.
	notePinned NoteKind = "pinned"
	// noteDropped: a resolution removed because the bump left it without effect.
	noteDropped NoteKind = "dropped"
	// noteYarnPlugin: what is to be done about the Backstage Yarn plugin.
	noteYarnPlugin NoteKind = "yarn-plugin"
	// noteReleaseDiffers: backstage.json is not what the lock is.
	noteReleaseDiffers NoteKind = "release-differs"
	// noteStale: an answer that came from the cache because the host is unreachable.
	noteStale NoteKind = "stale"
	// noteGeneral: anything else that the user should know.
	noteGeneral NoteKind = "general"
)

// Note is something the user should know that is not an edit.
type Note struct {
	Kind NoteKind `json:"kind"`
	// File is relative to the root and may carry a line: "a/package.json:12".
	File    string `json:"file,omitempty"`
	Name    string `json:"name,omitempty"`
	Message string `json:"message"`
}

// fileEdit is a file's content before and after.
type fileEdit struct {
	rel      string // relative to the root, slashes
	path     string // absolute
	old, new []byte // old nil: created
}

// Empty reports whether there is nothing to write.
func (p *Plan) Empty() bool { return len(p.Changes) == 0 && len(p.sorted()) == 0 }

// Release is the manifest of To: package names to versions.
func (p *Plan) Release() map[string]string { return p.release.Packages }

// Targets are the versions that the packages of the portal's lock get: those that
// the plan moves, and those that the release moves without an edit. A package that
// stays is not in it.
func (p *Plan) Targets() map[string]string {
	out := map[string]string{}
	for name := range p.locked {
		if v := p.release.Packages[name]; v != "" && strings.HasPrefix(name, backstageScope) && !p.stays {
			out[name] = v
		}
	}
	for _, m := range p.Packages {
		out[m.Name] = m.To
	}
	return out
}

// Stays reports whether the portal is ahead of what was asked for, so that
// nothing about it is to change, the lock included.
func (p *Plan) Stays() bool { return p.stays }

// Files are the files that the plan changes, for diffs and for Yarn, sorted by path.
func (p *Plan) Files() []txn.Change {
	out := make([]txn.Change, 0, len(p.files))
	for _, f := range p.sorted() {
		out = append(out, txn.Change{Rel: f.rel, Old: f.old, New: f.new})
	}
	return out
}

// edits are the writes that apply the plan, sorted by path.
func (p *Plan) edits() []txn.Edit {
	out := make([]txn.Edit, 0, len(p.files))
	for _, f := range p.sorted() {
		out = append(out, txn.Edit{Path: f.path, Old: f.old, New: f.new})
	}
	return out
}

func (p *Plan) sorted() []*fileEdit {
	out := make([]*fileEdit, 0, len(p.files))
	for _, f := range p.files {
		if string(f.old) == string(f.new) && f.old != nil {
			continue
		}
		out = append(out, f)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].rel < out[j].rel })
	return out
}
