package trust

import (
	"fmt"
	"maps"
	"path"
	"slices"

	"github.com/portalctl/portalctl/internal/release"
	"github.com/portalctl/portalctl/internal/squat"
)

// typosquat is the rule of that name: about each package whose name a change brings.
// What the base has is known; so is nothing that the change itself says of its names.
func (c *checker) typosquat() {
	if c.off(ruleSquat) || c.in.Base == nil {
		return
	}
	var near *squat.Index // made for the first name that is new: most changes bring none
	for _, l := range c.in.Head.Locks {
		seen := map[string]bool{}
		for _, e := range l.Entries {
			name, _, ok := e.Package()
			if !ok || c.was.names[name] || seen[name] {
				continue
			}
			seen[name] = true
			if near == nil {
				near = squat.New(squat.Own{Workspaces: c.oldWorkspaces(), Uses: slices.Sorted(maps.Keys(c.was.names)), Releases: release.Names()})
			}
			if m, ok := near.Near(name); ok {
				c.add(issue{rule: ruleSquat, pos: l.Pos(e), name: name, kind: m.Target, added: true,
					message: fmt.Sprintf("%s, which the change brings, may be taken for %s: %s", name, m.Target, m.Why),
					next:    fmt.Sprintf("Make sure that %s is meant. If it is, ignore the finding in .portalctl.yaml with the reason", name)})
			}
		}
	}
}

// oldWorkspaces are the names of the base's own packages.
func (c *checker) oldWorkspaces() []string {
	names := map[string]bool{}
	for _, l := range c.in.Base.Locks {
		for _, e := range l.Entries {
			if e.IsWorkspace() {
				names[e.Resolution.Name] = true
			}
		}
	}
	for file := range c.base {
		if path.Base(file) == manifest {
			if name := textOf(c.old.at(file), "name"); name != "" {
				names[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}
