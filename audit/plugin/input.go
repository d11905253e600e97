package plugin

import (
	"context"
	"time"

	"github.com/portalctl/portalctl/internal/license"
	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/relock"
	"github.com/portalctl/portalctl/internal/workspace"
	"github.com/portalctl/portalctl/internal/yarnlock"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// Input is what a review is made of.
type Input struct {
	Registry *registry.Client
	Reader   *Reader
	Now      time.Time
	// Offline says that the registry's answers are those of earlier runs.
	Offline bool
	// Project, Lock, Settings and Release are the portal's; Project is nil outside of
	// one, Lock where it has none that can be read. Release has the version of each
	// package of the portal's Backstage release, whose name is ReleaseName.
	Project     *workspace.Project
	Lock        *yarnlock.Lock
	Settings    *yarnrc.Settings
	Release     map[string]string
	ReleaseName string
	// NoRelease is why Release is nil, "" where nothing tells which release it is.
	NoRelease string
	// Source is where the solver has packages from.
	Source relock.Source
	// YarnVersion is that of the portal's Yarn.
	YarnVersion string
	// Match asks for advisories; nil where nobody is to be asked, and NoMatch says why.
	Match   func(ctx context.Context, list []osv.Package) ([]osv.Hit, error)
	NoMatch string
	// Licenses are the team's lists, nil for none.
	Licenses *license.Policy
	// Successor is the name that a package lives on under, by its last version; sure
	// tells a move from a text that only names another package.
	Successor func(name string, doc *registry.Packument) (to string, sure bool)
	// Fitting is the newest version of a package that goes with a release.
	Fitting func(doc *registry.Packument, release map[string]string) string
	// Singleton reports whether a second copy of a package breaks the portal.
	Singleton func(name string) string
}

// Wanted is a plugin to review: Version is a version, a range, a tag, or "" for the
// latest.
type Wanted struct{ Name, Version string }
