package relock

import (
	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/semrange"
)

// Policy decides versions; it is the only place that does. The solver asks it
// about every range that the lock does not answer, and, for the packages that
// the policy covers, about locked ranges too.
type Policy interface {
	// Covers reports whether the policy decides locked ranges of a package
	// too. It must always give the same answer for a name.
	Covers(name string) bool
	// Choose decides one version for each of the request's asks, in their
	// order. The solver calls it for a range at a time while it builds the
	// graph, and then, for covered packages, once more with all ranges of the
	// package in the graph, until nothing changes. An error of the candidates
	// must come back as it is.
	Choose(req request, candidates *candidates) ([]choice, error)
}

// request is what a Policy decides: the ranges that ask for one package.
type request struct {
	Name string
	Asks []askedRange
}

// askedRange is one range of the graph.
type askedRange struct {
	// Name is the package asked for; behind an alias, the real one.
	Name  string
	Range semrange.Range
	// Locked is the version that the lock has for the range, or nil.
	Locked *semver.Version
	// Floor is Locked, or the higher version that those who ask had before,
	// when they asked with another range.
	Floor *semver.Version
	// Descriptor is the key in the lock.
	Descriptor descriptor

	text string // the range as written
}

// Reason says why a version was chosen.
type Reason string

// The reasons of the policies here.
const (
	reasonHighest Reason = "highest"     // the newest that the range admits
	reasonLocked  Reason = "locked"      // the lock has it
	reasonRelease Reason = "release"     // the release's version
	ReasonAhead   Reason = "ahead"       // newer than the release's, and never lowered
	reasonRange   Reason = "range"       // the range excludes the release's version
	ReasonOneCopy Reason = "one copy"    // one version for all, off the release
	ReasonMissing Reason = "unavailable" // the registry lacks the release's version
	reasonRaised  Reason = "raised"      // what the lock had was to go
)

// choice is a decision.
type choice struct {
	Version string
	Reason  Reason
}

// Highest is Yarn's own policy: locked ranges stay, new ones take the highest
// version.
type Highest struct{}

// Covers is false for every package.
func (Highest) Covers(string) bool { return false }

// Choose takes the best candidate for each ask.
func (Highest) Choose(req request, candidates *candidates) ([]choice, error) {
	list := make([]choice, len(req.Asks))
	for i, ask := range req.Asks {
		best, err := candidates.best(ask.Range)
		if err != nil {
			return nil, err
		}
		list[i] = choice{best.Version, reasonHighest}
	}
	return list, nil
}
