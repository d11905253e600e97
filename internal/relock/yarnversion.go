package relock

import (
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
	return strconv.Itoa(v.parts[0]) + "." + strconv.Itoa(v.parts[1]) + "." + strconv.Itoa(v.parts[2])
}

// parseYarnVersion reads "4.13.0" or "4.15.0-rc.1"; an unreadable text is the
// unknown version.
func parseYarnVersion(s string) yarnVersion {
	s, _, _ = strings.Cut(s, "-")
	s, _, _ = strings.Cut(s, "+")
	f := strings.Split(s, ".")
	if len(f) != 3 {
		return yarnVersion{}
	}
	var v yarnVersion
	for i, p := range f {
		n, err := strconv.Atoi(p)
		if err != nil {
			return yarnVersion{}
		}
		v.parts[i] = n
	}
	v.known = true
	return v
}

// atLeast compares with a release such as "4.10.0".
func (v yarnVersion) atLeast(release string) bool {
	if !v.known {
		return true
	}
	w := parseYarnVersion(release)
	for i := range v.parts {
		if v.parts[i] != w.parts[i] {
			return v.parts[i] > w.parts[i]
		}
	}
	return true
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
