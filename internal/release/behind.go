package release

import "github.com/Masterminds/semver/v3"

// lastZeroMinor: the releases before 1.0.0 ended with 0.71.
const lastZeroMinor = 71

// Behind counts the main releases that a portal on current has missed, up to
// and including main: one a minor version, as Backstage publishes 1.N.0 each
// month (1.52.3 is one behind 1.53.1). Patches do not count. A prerelease is
// not yet the release it leads to, so 1.53.0-next.1 is one behind 1.53.0. 0.x
// releases are followed by 1.0 after 0.71; any other step of the major version
// counts as one, because where the lower one ends is not known. 0 when current
// is main's release or newer.
func Behind(current, main string) (int, error) {
	from, err := version(current)
	if err != nil {
		return 0, err
	}
	to, err := version(main)
	if err != nil {
		return 0, err
	}
	steps := func(v *semver.Version) int {
		n := int(v.Minor())
		if v.Major() > 0 {
			n += lastZeroMinor + int(v.Major())
		}
		if v.Patch() == 0 && v.Prerelease() != "" {
			n--
		}
		return n
	}
	n := steps(to) - steps(from)
	if from.Major() > to.Major() {
		return 0, nil
	}
	if from.Major() > 0 && from.Major() < to.Major() {
		n = int(to.Major()-from.Major()) + int(to.Minor())
	}
	return max(n, 0), nil
}
