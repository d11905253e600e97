// Package squat finds names of npm packages that are easily taken for others: for
// popular packages, and for what a portal has and uses itself. It says of no package
// that it is harmful; a name that is known itself is never found.
package squat

import (
	"strings"

	"github.com/portalctl/portalctl/internal/spec"
)

// Match is what a name may be taken for.
type Match struct {
	// Target is the package, or a scope ("@backstage") where the scope is the
	// look-alike.
	Target string
	// Why is how the name differs, as the end of a sentence: "one letter differs".
	Why string
}

// Own are the names of a portal itself.
type Own struct {
	// Workspaces are its own packages, Uses what its lock asks registries for, and
	// Releases the packages of Backstage.
	Workspaces, Uses, Releases []string
}

// Bounds, chosen on locks of real portals: below them names are too short, or too
// little known, for a slip to tell anything.
const (
	shortest      = 5  // letters of a name that a slip is looked for in
	shortestScope = 4  // letters of a scope
	longScope     = 10 // letters of a scope that may have two more at its end
	slipBits      = 14 // how popular a package is whose name is mistyped
	affixBits     = 14 // and one whose name gets js, node or npm
	usedBits      = 14 // what a portal uses counts as much as a package of this popularity
)

// Index answers for one portal. It is safe for concurrent use.
type Index struct {
	bits   map[string]int    // of names that are known: how popular they are
	skels  map[string]string // names by the skeleton of all of the name
	scopes map[string]string // scopes by their skeleton
	owned  map[string]bool   // scopes that are known, without @; list has them in order
	list   []string
	sized  map[int][]string  // unscoped names by length
	bare   map[string]string // what workspaces are called without their scope
}

// backstage is the scope of Backstage, and community that of the plugins which its
// project keeps: nobody else's are taken for them.
const (
	backstage = "backstage"
	community = "backstage-community"
)

// New makes an index of the popular packages and of a portal's own names.
func New(own Own) *Index {
	list := table()
	n := len(list) + len(own.Uses)
	x := &Index{bits: make(map[string]int, n), skels: make(map[string]string, n), scopes: map[string]string{}, owned: map[string]bool{}, sized: map[int][]string{}, bare: map[string]string{}}
	for _, name := range own.Workspaces {
		x.add(name, 0)
		if scope, bare := spec.SplitScope(name); scope != "" && len(bare) >= 8 && strings.Contains(bare, "-") {
			x.bare[bare] = name
		}
	}
	for _, name := range own.Releases {
		x.add(name, 0)
	}
	for _, scope := range []string{backstage, community} {
		x.addScope(scope)
	}
	for _, p := range list {
		x.add(p.name, p.bits)
	}
	for _, name := range own.Uses {
		x.add(name, usedBits)
	}
	return x
}

// add makes a name known. The first of several that look the same is the target.
func (x *Index) add(name string, bits int) {
	scope, base := spec.SplitScope(name)
	if _, ok := x.bits[name]; ok || base == "" {
		return
	}
	x.bits[name] = bits
	if sk := skeleton(name); x.skels[sk] == "" {
		x.skels[sk] = name
	}
	if scope == "" {
		x.sized[len(name)] = append(x.sized[len(name)], name)
	} else {
		x.addScope(scope)
	}
}

func (x *Index) addScope(scope string) {
	if x.owned[scope] {
		return
	}
	x.owned[scope] = true
	x.list = append(x.list, scope)
	if sk := skeleton(scope); x.scopes[sk] == "" {
		x.scopes[sk] = scope
	}
}
