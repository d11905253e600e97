package production

import (
	"regexp"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/jsonedit"
)

// leavesOut reports whether Renovate's configuration turns the updates of Backstage's
// own packages off, and where. The last rule that is about them decides. A file with
// what JSON5 alone has is not read, and leaves nothing out.
func leavesOut(f file) (fault.Pos, bool) {
	if !strings.Contains(f.base(), "renovate") {
		return fault.Pos{}, false
	}
	doc, err := jsonedit.Parse(f.pos(1, 0).File, f.read())
	if err != nil {
		return fault.Pos{}, false
	}
	rules, _ := doc.Get("packageRules")
	var at fault.Pos
	off := false
	for _, rule := range rules.Elements() {
		enabled, ok := rule.Get("enabled")
		if !ok || !aboutBackstage(rule) {
			continue
		}
		off = string(enabled.Raw()) == "false"
		for _, m := range rule.Members() {
			if m.Name == "enabled" {
				at = m.Pos()
			}
		}
	}
	return at, off
}

// aboutBackstage reports whether a rule is about all updates of the packages that a
// portal has of Backstage.
func aboutBackstage(rule jsonedit.Value) bool {
	named := false
	for _, m := range rule.Members() {
		switch {
		case m.Name == "matchManagers" || m.Name == "matchDatasources":
			if !one(m.Value, func(s string) bool { return s == "npm" }) {
				return false
			}
		case m.Name == "matchPackageNames" || m.Name == "matchPackagePatterns" || m.Name == "matchPackagePrefixes" || m.Name == "matchDepNames":
			if !one(m.Value, func(s string) bool { return covers(m.Name, s) }) {
				return false
			}
			named = true
		case strings.HasPrefix(m.Name, "match") || strings.HasPrefix(m.Name, "exclude"): // a part of them
			return false
		}
	}
	return named
}

// one reports whether an item of a list fits.
func one(list jsonedit.Value, fits func(string) bool) bool {
	for _, it := range list.Elements() {
		if fits(it.String()) {
			return true
		}
	}
	return false
}

// covers reports whether a pattern of Renovate takes in the packages of Backstage's
// scope: a glob, /a regular expression/, or what the key makes of it.
func covers(key, pattern string) bool {
	const some = "@backstage/core-plugin-api"
	switch {
	case key == "matchPackagePrefixes":
		return strings.HasPrefix(some, pattern)
	case key == "matchPackagePatterns" || len(pattern) > 2 && strings.HasPrefix(pattern, "/") && strings.HasSuffix(pattern, "/"):
		if key != "matchPackagePatterns" {
			pattern = pattern[1 : len(pattern)-1]
		}
		re, err := regexp.Compile(pattern)
		return err == nil && re.MatchString(some)
	}
	return pattern == "@backstage/**" || pattern == "@backstage/*" || pattern == "@backstage{/,}**" || pattern == "@backstage{/,}*"
}
