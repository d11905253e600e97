// Package check judges a portal without touching it: the versions in its lock,
// the structure of its own plugins, what its backend registers. A Report is
// computed from inputs alone; Fix returns the edits that would make it better.
package check

import (
	"io/fs"
	"time"

	"github.com/portalctl/portalctl/internal/dedupe"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/release"
	"github.com/portalctl/portalctl/internal/workspace"
	"github.com/portalctl/portalctl/internal/yarnlock"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// Input is all that a report is computed from.
type Input struct {
	// Project is nil for a bare lock: then only the rules about it run.
	Project  *workspace.Project
	Settings *yarnrc.Settings
	// Lock is nil without one. It was parsed under the name that findings are
	// to give it.
	Lock *yarnlock.Lock
	// LockErr is why there is a lock that cannot be read: conflict markers are
	// a finding, and the rules that need no lock still run.
	LockErr error
	// Standing is the release that the portal is on; nil takes what backstage.json
	// says for it.
	Standing *release.Standing
	// Release is the manifest of the release that the portal is on: package
	// names to versions. nil if it is not known, and then Unknown says why.
	Release map[string]string
	Unknown *finding.Unknown
	// Files are the project's files below its root: sources, patches,
	// app-config, node_modules. nil means that none can be read.
	Files fs.FS
	// Published says what is known of a published version; nil for nothing.
	Published func(name, version string) (published, bool)
}

// standing is the release that the portal is on.
func (in Input) standing() release.Standing {
	switch {
	case in.Standing != nil:
		return *in.Standing
	case in.Project == nil:
		return release.Standing{}
	}
	declared := in.Project.Declared()
	return release.Standing{Release: declared, Declared: declared, Valid: declared != ""}
}

// published is what a package says of itself in the registry, or where it is
// installed.
type published struct {
	// Moved is the package's new name (backstage.moved), Deprecated the message
	// of its deprecation.
	Moved, Deprecated string
}

// Options are the user's choices.
type Options struct {
	Config   *finding.Config
	Baseline *finding.Baseline
	// Scope are globs over package names for the rules duplicate and dedupable,
	// beside what the configuration says. None means @backstage/* and the
	// singletons. All means every package.
	Scope []string
	All   bool
	// Strategy decides what a range could resolve to; "" is dedupe.Release.
	Strategy dedupe.Strategy
	// Prune also takes the orphans out of a Classic lock.
	Prune bool
	// Command is how check was called, as far as the same packages are looked
	// at, and At the part of it that names the portal ("" or " -C DIR"): next
	// steps repeat them. "" is portalctl check.
	Command, At string
	// Now is the clock that ignores expire by.
	Now time.Time
}
