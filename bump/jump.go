package bump

import "github.com/Masterminds/semver/v3"

// Jump says how far a package moves, by what a caret range would have allowed.
type Jump string

const (
	// Breaking is a step that ^from does not admit: a new major version, a new
	// minor version below 1.0.0, a new patch version below 0.1.0.
	Breaking Jump = "breaking"
	Minor    Jump = "minor"
	Patch    Jump = "patch"
	// Prerelease is a step between versions that differ only in what follows
	// the hyphen: next.1 to next.2, or next.2 to the release itself.
	Prerelease Jump = "prerelease"
	// Downgrade is a step down, made only when the user allowed it.
	Downgrade Jump = "downgrade"
	// Raised is no step: the locked version is above the release's and stays,
	// within a range that moves up to the release's.
	Raised Jump = "raised"
	// None is no step: only the form of the range changes.
	None Jump = "none"
	// Unknown is a step from a version that nothing tells.
	Unknown Jump = "unknown"
)

// jumps in the order of a report: what needs the most attention first.
var jumps = []Jump{Breaking, Downgrade, Minor, Patch, Prerelease, Unknown, Raised, None}

// title is the heading of a jump's group in a report.
func (j Jump) title() string {
	switch j {
	case Breaking:
		return "Breaking (major, or minor below 1.0.0)"
	case Downgrade:
		return "Downgrades"
	case Minor:
		return "Minor"
	case Patch:
		return "Patch"
	case Prerelease:
		return "Prerelease"
	case Raised:
		return "Range raised, the locked version is ahead and stays"
	case None:
		return "Same version, range updated"
	default:
		return "From an unknown version"
	}
}

// jumpOf classifies the step between two versions; from may be nil.
func jumpOf(from, to *semver.Version) Jump {
	if from == nil || to == nil {
		return Unknown
	}
	switch c := to.Compare(from); {
	case c == 0:
		return None
	case c < 0:
		return Downgrade
	}
	switch {
	case to.Major() != from.Major():
		return Breaking
	case to.Minor() != from.Minor():
		if to.Major() == 0 {
			return Breaking
		}
		return Minor
	case to.Patch() != from.Patch():
		if to.Major() == 0 && to.Minor() == 0 {
			return Breaking
		}
		return Patch
	default:
		return Prerelease
	}
}
