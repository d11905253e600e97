package bump

// Migration is a package that has moved to another name, and what the plan does
// about it.
type Migration struct {
	Name string `json:"name"`
	To   string `json:"to"`
	// Range is what the portal asks for the new name with, "" where the package is
	// left alone.
	Range string `json:"range"`
	// From is the lowest version of the old package that the portal has, "" where that
	// is not known, and Version the one of the new package that was chosen, "" where
	// the package is left alone. Jump is the step between the two.
	From    string `json:"from"`
	Version string `json:"version"`
	Jump    Jump   `json:"jump"`
	// Left is why nothing of it is changed, "" where it moves.
	Left string `json:"left,omitempty"`
	// Edits are the places that change.
	Edits []movePlace `json:"edits"`
	// NeedsYou are places that still load the old name, and that the plan leaves
	// for the reason given.
	NeedsYou []movePlace `json:"needsYou"`
	// Named are places that name the old package and load nothing: documentation,
	// comments, strings, paths.
	Named []movePlace `json:"named"`
	// Gone are the names that the source imports from the old package and that Version
	// of the new one does not export; NotKnown is why there may be more of them.
	Gone     []MoveGone `json:"gone"`
	NotKnown []string   `json:"notKnown"`

	step string // Jump, as words, where it breaks
}

// MoveGone is an imported name that the new package does not export.
type MoveGone struct {
	// Module is the new package, or its subpath, that the name is imported from after
	// the move, and NowIn the one that does export it, "" for none.
	Module string      `json:"module"`
	Name   string      `json:"name"`
	NowIn  string      `json:"nowIn"`
	Places []movePlace `json:"places"`
}

// movePlace is a line of a file of the portal, relative to its root with forward
// slashes. Line counts from 1 and is that of the file before the plan; of Named,
// after it.
type movePlace struct {
	File string `json:"file"`
	Line int    `json:"line"`
	// What is "dependency", "resolution", "import", "config" or "metadata" for an
	// edit, "text" for a place that is named, and the reason for one that needs you.
	What string `json:"what"`
}

// NeedsYou reports whether the plan leaves something that a person must change for
// the portal to work: code that loads a package under the name that it no longer
// has.
func (p *Plan) NeedsYou() bool {
	for _, m := range p.Moved {
		if len(m.NeedsYou) > 0 {
			return true
		}
	}
	return false
}

// migrations is how many packages move to their new names.
func (p *Plan) migrations() int {
	n := 0
	for _, m := range p.Moved {
		if m.Left == "" {
			n++
		}
	}
	return n
}
