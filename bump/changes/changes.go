// Package changes says what an upgrade breaks in one portal. It compares the
// versions that the portal has with those that it would get, reads what the
// packages say of themselves in between (changelogs, type declarations, ranges),
// and keeps what touches the portal's own source:
//
//	source + versions from and to + what is published → New → Report
//
// It runs nothing of the repository and writes nothing.
package changes

import (
	"github.com/portalctl/portalctl/bump"
	"github.com/portalctl/portalctl/internal/depgraph"
	"github.com/portalctl/portalctl/internal/release"
	"github.com/portalctl/portalctl/internal/workspace"
	"github.com/portalctl/portalctl/internal/yarnlock"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// Schema is the version of the JSON form of a Report, documented in
// docs/changes.md.
const Schema = "portalctl.changes/v1"

// Report is what the upgrade changes for the portal.
type Report struct {
	Schema string `json:"schema"`
	From   From   `json:"from"`
	// To is the release that the upgrade leads to.
	To     string `json:"to"`
	Counts Counts `json:"counts"`
	// Gone are the names that the source imports and that the target no longer
	// exports, Deprecated those that it has deprecated meanwhile.
	Gone       []Name  `json:"gone"`
	Deprecated []Name  `json:"deprecated"`
	Breaking   []Entry `json:"breaking"`
	// ThirdParty are the libraries that the source imports itself, and that
	// Backstage's packages ask for in other major versions than before.
	ThirdParty []Library `json:"thirdParty"`
	Moved      []Moved   `json:"moved"`
	Codemods   []Codemod `json:"codemods"`
	// Unknown is what could not be looked at, or not at the version that is meant.
	Unknown []Unknown `json:"unknown"`

	rest []Entry // of packages that the source does not import
	sets []Changeset
	read int // packages whose changelog was read
}

// From is where the portal stands.
type From struct {
	// Declared is what backstage.json says, "" for nothing; Release is what the
	// lock is.
	Declared string `json:"declared"`
	Release  string `json:"release"`
}

// Counts are the report in numbers.
type Counts struct {
	// Packages is how many of the portal's own dependencies change, Changesets how
	// many changes their changelogs have in between, Breaking how many of these
	// break, and Touching how many of those name something that the portal uses.
	Packages   int `json:"packages"`
	Changesets int `json:"changesets"`
	Breaking   int `json:"breaking"`
	Touching   int `json:"touching"`
	Gone       int `json:"gone"`
	Deprecated int `json:"deprecated"`
	ThirdParty int `json:"thirdParty"`
	Moved      int `json:"moved"`
}

// Place is a line of a file of the portal, relative to its root with forward
// slashes.
type Place struct {
	File string `json:"file"`
	Line int    `json:"line"`
	// How the name is used there, for entries of changelogs.
	How How `json:"how,omitempty"`
}

// How is the way in which a place has to do with a change.
type How string

const (
	ByImport   How = "import"
	ByElement  How = "element"  // a JSX element's attribute
	ByProperty How = "property" // a property that is read, called or given
	ByConfig   How = "config"   // a key of app-config
	ByText     How = "text"     // a route, permission, annotation: a string
	ByStyle    How = "style"    // a style sheet's class or variable
)

// Name is an imported name.
type Name struct {
	Package string `json:"package"`
	// Name is what is imported; "Owner.member" for a member of a type.
	Name string `json:"name"`
	// NowIn is the module that has the name now, "" if none is known.
	NowIn string `json:"nowIn"`
	// Reason is what the declaration says of the deprecation.
	Reason string  `json:"reason,omitempty"`
	Places []Place `json:"places"`
}

// Rank is how close an entry comes to the portal.
type Rank string

const (
	// Imported: it names something that the portal's code or configuration uses.
	Imported Rank = "imported"
	// Used: it is of a package that the source imports.
	Used Rank = "package"
	// Rest: of a package that only a package.json names.
	Rest Rank = "rest"
)

// Entry is a breaking change, whichever changelogs have it.
type Entry struct {
	Changeset string           `json:"changeset"`
	Packages  []PackageVersion `json:"packages"`
	Rank      Rank             `json:"rank"`
	Names     []string         `json:"names"`
	Places    []Place          `json:"places"`
	Text      string           `json:"text"`

	weight int
}

// PackageVersion is the version of a package that brings a change.
type PackageVersion struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Library is a third-party package.
type Library struct {
	Name string `json:"name"`
	// From and To are the ranges that Backstage's packages ask for.
	From   string  `json:"from"`
	To     string  `json:"to"`
	Places []Place `json:"places"`
}

// Moved is a package that lives on under another name.
type Moved struct {
	Name  string `json:"name"`
	To    string `json:"to"`
	Range string `json:"range"`
	// From is the version that the portal has, and Jump the step to the one that Range
	// asks for.
	From string    `json:"from"`
	Jump bump.Jump `json:"jump"`
	// Gone are the names that the source imports and that the new package does not
	// export; what could not be looked at is in Report.Unknown.
	Gone []Name `json:"gone"`
	// Places are the files that import it, and the lines of package.json that ask
	// for it.
	Places []Place `json:"places"`

	step string // Jump, as words, where it breaks
}

// Codemod is an official recipe that rewrites code which is here.
type Codemod struct {
	Name    string  `json:"name"`
	Command string  `json:"command"`
	Places  []Place `json:"places"`
}

// Unknown is something that was not looked at. Package is a package, or a file of
// the portal.
type Unknown struct {
	Package string `json:"package"`
	Why     string `json:"why"`
}

// Side is a portal as it was, or will be.
type Side struct {
	Project  *workspace.Project
	Settings *yarnrc.Settings
	Lock     *yarnlock.Lock
}

// direct are the versions that the workspaces get for their own dependencies,
// lowest first, and the lock's entries for them.
func (s Side) direct() map[string][]*yarnlock.Entry {
	out := map[string][]*yarnlock.Entry{}
	g := depgraph.Of(s.Lock, s.Project, s.Settings)
	for _, ws := range g.Workspaces() {
		for _, e := range g.Out(ws) {
			entry := g.Entry(e.To)
			if entry == nil || entry.IsWorkspace() || g.Workspace(e.To) != nil {
				continue
			}
			if name, _, ok := entry.Package(); ok {
				out[name] = append(out[name], entry)
			}
		}
	}
	return out
}

// standing is the release that a side is on.
func standing(s release.Standing) From { return From{Declared: s.Declared, Release: s.Release} }
