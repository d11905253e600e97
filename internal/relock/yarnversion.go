package relock

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// yarnVersion is major, minor, patch of the Yarn that owns the project; the
// zero value is an unknown one, which counts as the newest.
type yarnVersion struct {
	parts [3]int
	known bool
}

func (v yarnVersion) String() string {
	return fmt.Sprintf("%d.%d.%d", v.parts[0], v.parts[1], v.parts[2])
}

// parseYarnVersion reads "4.13.0" or "4.15.0-rc.1"; an unreadable text is the
// unknown version.
func parseYarnVersion(s string) yarnVersion {
	s, _, _ = strings.Cut(s, "-")
	s, _, _ = strings.Cut(s, "+")
	f := strings.Split(s, ".")
	v := yarnVersion{known: len(f) == len(yarnVersion{}.parts)}
	for i := 0; i < len(f) && v.known; i++ {
		n, err := strconv.Atoi(f[i])
		v.parts[i], v.known = n, err == nil
	}
	return v
}

// atLeast compares with a release such as "4.10.0".
func (v yarnVersion) atLeast(release string) bool {
	w := parseYarnVersion(release)
	return !v.known || slices.Compare(v.parts[:], w.parts[:]) >= 0
}

// lockVersion is the __metadata version that this Yarn writes, 0 if unknown.
func (v yarnVersion) lockVersion() int {
	switch {
	case !v.known:
		return 0
	case v.atLeast("4.15.0"):
		return 10
	case v.atLeast("4.14.0"):
		return 9
	case v.atLeast("4.0.0"):
		return 8
	case v.atLeast("3.2.0"):
		return 6
	}
	return 5
}
