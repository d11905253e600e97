package trust

import (
	"strconv"
	"strings"
	"time"

	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

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

// readsNoUnit judges the minimal age of a Yarn 4.10, which takes a number of
// minutes and passes over what follows: 2d is two minutes there. version is what
// the repo's package.json asks for, where yarnPath does not say it.
func (s *settings) readsNoUnit(packageManager string) {
	major, minor, ok := yarnVersion(s.yarnPath.text)
	if v, found := strings.CutPrefix(packageManager, "yarn@"); !ok && found {
		major, minor, ok = yarnVersion("yarn-" + v)
	}
	g := s.gates[""]
	if s.noUnit = ok && major == 4 && minor == 10; !s.noUnit || strings.Trim(g.text, "0123456789") == "" {
		return
	}
	s.note(item{g.key, g.text, g.pos}, g.key+": "+g.text+" is "+ageText(yarnrc.LeadingMinutes(g.text))+" in Yarn 4.10, which reads no unit: the gate is as good as off",
		"Write the minutes as a number (2d is 2880), or use Yarn 4.11 or later", finding.Warning)
}

// age is the minimal age that the file makes for all packages.
func (s *settings) age() time.Duration {
	if g, ok := s.gates[""]; ok {
		if s.noUnit {
			return yarnrc.LeadingMinutes(g.text)
		}
		if age, ok := yarnrc.ParseAge(g.text); ok {
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
