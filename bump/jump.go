package bump

import "github.com/Masterminds/semver/v3"

// Jump says how far a package moves, by what a caret range would have allowed.
type Jump string

const (
	// jumpBreaking is a step that ^from does not admit: a new major version, a new
	// minor version below 1.0.0, a new patch version below 0.1.0.
	jumpBreaking Jump = "breaking"
	jumpMinor    Jump = "minor"
	jumpPatch    Jump = "patch"
	// jumpPrerelease is a step between versions that differ only in what follows
	// the hyphen: next.1 to next.2, or next.2 to the release itself.
	jumpPrerelease Jump = "prerelease"
	// jumpDowngrade is a step down, made only when the user allowed it.
	jumpDowngrade Jump = "downgrade"
	// jumpRaised is not a step: the locked version is above the release's and stays,
	// within a range that moves up to the release's.
	jumpRaised Jump = "raised"
	// jumpNone is not a step: only the form of the range changes.
	jumpNone Jump = "none"
	// jumpUnknown is a step from a version that nothing tells.
	jumpUnknown Jump = "unknown"
)

// jumps in the order of a report: what needs the most attention first.
var jumps = []Jump{jumpBreaking, jumpDowngrade, jumpMinor, jumpPatch, jumpPrerelease, jumpUnknown, jumpRaised, jumpNone}

// title is the heading of a jump's group in a report.
func (j Jump) title() string {
	switch j {
	case jumpBreaking:
		return "Breaking (major, or minor below 1.0.0)"
	case jumpDowngrade:
		return "Downgrades"
	case jumpMinor:
		return "Minor"
	case jumpPatch:
		return "Patch"
	case jumpPrerelease:
		return "Prerelease"
	case jumpRaised:
		return "Range raised, the locked version is ahead and stays"
	case jumpNone:
		return "Same version, range updated"
	default:
		return "From an unknown version"
	}
}

// jumpOf classifies the step between two versions; from may be nil.
func jumpOf(from, to *semver.Version) Jump {
	if from == nil || to == nil {
		return jumpUnknown
	}
	switch c := to.Compare(from); {
	case c == 0:
		return jumpNone
	case c < 0:
		return jumpDowngrade
	}
	switch {
	case to.Major() != from.Major():
		return jumpBreaking
	case to.Minor() != from.Minor():
		if to.Major() == 0 {
			return jumpBreaking
		}
		return jumpMinor
	case to.Patch() != from.Patch():
		if to.Major() == 0 && to.Minor() == 0 {
			return jumpBreaking
		}
		return jumpPatch
	default:
		return jumpPrerelease
	}
}
