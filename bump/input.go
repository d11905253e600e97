package bump

import (
	"context"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/published"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/release"
	"github.com/portalctl/portalctl/internal/workspace"
	"github.com/portalctl/portalctl/internal/yarnlock"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// DefaultPattern is what a bump moves when no pattern is given, as in the
// official tool.
const DefaultPattern = "@backstage/*"

// Input is all that a plan is computed from.
type Input struct {
	Project  *workspace.Project
	Settings *yarnrc.Settings
	// Lock is nil when there is no yarn.lock; versions in use are then taken
	// from the ranges.
	Lock     *yarnlock.Lock
	Releases Releases
	Registry Registry
	// Facts answers for what the packages export that others have moved to; without
	// it that is not known.
	Facts Facts
}

// Releases answers for Backstage release manifests; *release.Source does.
type Releases interface {
	Get(ctx context.Context, which string) (*release.Manifest, error)
	YarnPlugin(ctx context.Context, version string) ([]byte, error)
	Standing(lock *yarnlock.Lock, declared string) release.Standing
}

// standing is the release that the portal is on. To find out takes a look at all
// releases: once will do.
func (in Input) standing() release.Standing {
	return in.Releases.Standing(in.Lock, in.Project.Declared())
}

// bindsTo is the release that a lock of the portal, as it is, is written for.
// With the Backstage Yarn plugin that is what backstage.json says, as for Yarn.
func (in Input) bindsTo(stand release.Standing) string {
	if in.hasYarnPlugin() {
		return in.Project.Declared()
	}
	return stand.Release
}

func (in Input) hasYarnPlugin() bool { return HasYarnPlugin(in.Settings) }

// HasYarnPlugin reports whether settings load the Backstage Yarn plugin: then
// backstage.json alone says which release a lock is written for.
func HasYarnPlugin(s *yarnrc.Settings) bool {
	return s != nil && slices.ContainsFunc(s.Plugins, isYarnPlugin)
}

// Registry answers for npm packages; *registry.Client does.
type Registry interface {
	Packument(ctx context.Context, name string) (*registry.Packument, error)
}

// Facts answers for what a published version says of itself; *published.Reader
// does.
type Facts interface {
	Read(ctx context.Context, name, version string) (*published.Facts, error)
}

// Options are the user's choices.
type Options struct {
	// Release is "main", "next" or an exact version. "" means main, or with
	// patterns that leave @backstage out, the release that the portal is on.
	Release string
	// Patterns are globs over package names; none means DefaultPattern.
	Patterns []string
	// AllowDowngrade also moves down what is ahead of the release.
	AllowDowngrade bool
	// DropStalePatches removes resolutions that the bump would leave without
	// effect, instead of refusing.
	DropStalePatches bool
	// Migrate moves what lives on under another name there, dependencies, imports
	// and configuration.
	Migrate bool
	// Strict moves only what the manifest has, as with an exact release. The
	// official tool does so with a manifest file.
	Strict bool
	// Lockfile is the mode of the lockfile step.
	Lockfile string
	// Progress, if set, is told how many registry answers are in.
	Progress func(done, total int)
}

// patterns is a set of globs over package names.
type patterns []string

func newPatterns(globs []string) (patterns, error) {
	if len(globs) == 0 {
		return patterns{DefaultPattern}, nil
	}
	for _, g := range globs {
		if strings.TrimSpace(g) == "" || g == "*" || g == "**" || g == "*/*" {
			return nil, fault.New("--pattern %q matches every package", g).
				WithNext("Name a scope, for example --pattern '@backstage/*' --pattern '@roadiehq/*'")
		}
		if !doublestar.ValidatePattern(g) {
			return nil, fault.New("--pattern %q is not a valid glob", g).
				WithNext("Use * for a part of a name and {a,b} for alternatives, for example '@{backstage,roadiehq}/*'")
		}
	}
	return patterns(globs), nil
}

// match reports whether a package name is to be moved.
func (ps patterns) match(name string) bool {
	for _, p := range ps {
		if ok, _ := doublestar.Match(p, name); ok {
			return true
		}
	}
	return false
}

// wholeScope reports whether every @backstage package matches, so that the
// portal as a whole moves to the release. The official tool updates
// backstage.json under the same condition.
func (ps patterns) wholeScope() bool {
	for _, p := range ps {
		if strings.HasSuffix(p, "/*") || strings.HasSuffix(p, "/**") {
			if ok, _ := doublestar.Match(p, "@backstage/core-plugin-api"); ok {
				return true
			}
		}
	}
	return false
}
