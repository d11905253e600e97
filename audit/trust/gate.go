package trust

import (
	"strconv"
	"strings"
	"time"
)

// gateAge reads npmMinimalAgeGate: minutes, or a number with ms, s, m, h, d or
// w, as Yarn 4.10 and later have it.
func gateAge(text string) (time.Duration, bool) {
	num := strings.TrimRight(text, "mshdw")
	n, err := strconv.ParseFloat(num, 64)
	if err != nil || n < 0 {
		return 0, false
	}
	units := map[string]time.Duration{"": time.Minute, "ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour}
	unit, ok := units[text[len(num):]]
	return time.Duration(min(n*float64(unit), 1<<62)), ok
}

// yarnVersion is the version that a yarnPath names by its usual file name, as
// major and minor; ok is false when it does not.
func yarnVersion(yarnPath string) (major, minor int, ok bool) {
	_, rest, found := strings.Cut(yarnPath, "yarn-")
	if !found {
		return 0, 0, false
	}
	parts := strings.SplitN(rest, ".", 3)
	if len(parts) < 3 {
		return 0, 0, false
	}
	major, err1 := strconv.Atoi(parts[0])
	minor, err2 := strconv.Atoi(parts[1])
	return major, minor, err1 == nil && err2 == nil
}

// defaultAge is the minimal age without a setting: a day since Yarn 4.15. A
// version that is not known counts as the newest.
func (s *settings) defaultAge() time.Duration {
	if major, minor, ok := yarnVersion(s.yarnPath.text); ok && (major < 4 || major == 4 && minor < 15) {
		return 0
	}
	return 24 * time.Hour
}

// age is the minimal age that the file makes for all packages.
func (s *settings) age() time.Duration {
	if g, ok := s.gates[""]; ok {
		if age, ok := gateAge(g.text); ok {
			return age
		}
	}
	return s.defaultAge()
}

// runsScripts says whether packages may run scripts when they are installed:
// the default is yes before Yarn 4.17, no since. A version that is not known
// counts as an older one.
func (s *settings) runsScripts() bool {
	if s.scripts.text != "" {
		return on(s.scripts.text)
	}
	major, minor, ok := yarnVersion(s.yarnPath.text)
	return !ok || major < 4 || major == 4 && minor < 17
}
