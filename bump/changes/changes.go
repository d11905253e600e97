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
	"github.com/portalctl/portalctl/internal/workspace"
	"github.com/portalctl/portalctl/internal/yarnlock"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// Schema is the version of the JSON form of a Report, documented in
// docs/changes.md.
const Schema = "portalctl.changes/v1"

// Report is what the upgrade changes for the portal.
type Report struct {
	Schema string   `json:"schema"`
	From   standing `json:"from"`
	// To is the release that the upgrade leads to.
	To     string `json:"to"`
	Counts Counts `json:"counts"`
	// Gone are the names that the source imports and that the target no longer
	// exports, Deprecated those that it has deprecated meanwhile.
	Gone       []takenName `json:"gone"`
	Deprecated []takenName `json:"deprecated"`
	Breaking   []entry     `json:"breaking"`
	// ThirdParty are the libraries that the source imports itself, and that
	// Backstage's packages ask for in other major versions than before.
	ThirdParty []library      `json:"thirdParty"`
	Moved      []movedPackage `json:"moved"`
	Codemods   []codemod      `json:"codemods"`
	// Unknown is what could not be looked at, or not at the version that is meant.
	Unknown []Unknown `json:"unknown"`

	rest []entry // of packages that the source does not import
	sets []Changeset
	read int // packages whose changelog was read
}

// standing is where the portal stands.
type standing struct {
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

// place is a line of a file of the portal, relative to its root with forward
// slashes.
type place struct {
	File string `json:"file"`
	Line int    `json:"line"`
	// How the name is used there, for entries of changelogs.
	How how `json:"how,omitempty"`
}

// how is the way in which a place has to do with a change.
type how string

const (
	byImport   how = "import"
	byElement  how = "element"  // a JSX element's attribute
	byProperty how = "property" // a property that is read, called or given
	byConfig   how = "config"   // a key of app-config
	byText     how = "text"     // a route, permission, annotation: a string
	byStyle    how = "style"    // a style sheet's class or variable
)

// takenName is an imported name.
type takenName struct {
	Package string `json:"package"`
	// Name is what is imported; "Owner.member" for a member of a type.
	Name string `json:"name"`
	// NowIn is the module that has the name now, "" if none is known.
	NowIn string `json:"nowIn"`
	// Reason is what the declaration says of the deprecation.
	Reason string  `json:"reason,omitempty"`
	Places []place `json:"places"`
}

// rank is how close an entry comes to the portal.
type rank string

const (
	// rankImported: it names something that the portal's code or configuration uses.
	rankImported rank = "imported"
	// rankUsed: it is of a package that the source imports.
	rankUsed rank = "package"
	// rankRest: of a package that only a package.json names.
	rankRest rank = "rest"
)

// entry is a breaking change, whichever changelogs have it.
type entry struct {
	Changeset string           `json:"changeset"`
	Packages  []packageVersion `json:"packages"`
	Rank      rank             `json:"rank"`
	Names     []string         `json:"names"`
	Places    []place          `json:"places"`
	Text      string           `json:"text"`

	weight int
}

// packageVersion is the version of a package that brings a change.
type packageVersion struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// library is a third-party package.
type library struct {
	Name string `json:"name"`
	// From and To are the ranges that Backstage's packages ask for.
	From   string  `json:"from"`
	To     string  `json:"to"`
	Places []place `json:"places"`
}

// movedPackage is a package that lives on under another name.
type movedPackage struct {
	Name  string `json:"name"`
	To    string `json:"to"`
	Range string `json:"range"`
	// From is the version that the portal has, and Jump the step to the one that Range
	// asks for.
	From string    `json:"from"`
	Jump bump.Jump `json:"jump"`
	// Gone are the names that the source imports and that the new package does not
	// export; what could not be looked at is in Report.Unknown.
	Gone []takenName `json:"gone"`
	// Places are the files that import it, and the lines of package.json that ask
	// for it.
	Places []place `json:"places"`

	step string // Jump, as words, where it breaks
}

// codemod is an official recipe that rewrites code which is here.
type codemod struct {
	Name    string  `json:"name"`
	Command string  `json:"command"`
	Places  []place `json:"places"`
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
