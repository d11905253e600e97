// Package renovate knows Renovate's configuration, as far as it is about which updates of
// Backstage's packages are left out.
package renovate

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/json5"
)

// Places are where Renovate looks for its configuration, the first of them counts. In
// package.json it is a member of that name (docs.renovatebot.com/configuration-options).
var Places = []string{"renovate.json", "renovate.json5", ".github/renovate.json", ".github/renovate.json5", ".gitlab/renovate.json", ".gitlab/renovate.json5",
	".renovaterc", ".renovaterc.json", ".renovaterc.json5", "package.json"}

// at is where the configuration is within its file.
func at(file string) []string {
	if path.Base(file) == "package.json" {
		return []string{"renovate"}
	}
	return nil
}

// In reports whether a file has a configuration.
func In(file string, src []byte) bool {
	if at(file) == nil {
		return true
	}
	root, err := json5.Parse(file, src)
	return err == nil && root.Get(at(file)...) != nil
}

// LeavesOut reports whether a configuration turns the updates of Backstage's own packages
// off, and where. The last rule that is about them decides. What presets say is not known.
func LeavesOut(file string, src []byte) (pos fault.Pos, off bool, err error) {
	root, err := json5.Parse(file, src)
	if err != nil {
		return fault.Pos{}, false, err
	}
	rules := root.Get(append(at(file), "packageRules")...)
	if rules == nil {
		return fault.Pos{}, false, nil
	}
	for _, rule := range rules.Elements {
		enabled := rule.Get("enabled")
		if enabled == nil || !aboutBackstage(rule) {
			continue
		}
		off = enabled.Kind == json5.Bool && enabled.Text == "false"
		for _, m := range rule.Members {
			if m.Name == "enabled" {
				pos = fault.PosAt(file, src, m.Start)
			}
		}
	}
	return pos, off, nil
}

// Rule is the rule that leaves Backstage's packages to somebody else, whom the
// description names.
func Rule(description string) string {
	return "{\n  \"description\": \"" + description + "\",\n  \"matchManagers\": [\"npm\"],\n  \"matchPackageNames\": [\"@backstage/**\"],\n  \"enabled\": false\n}"
}

// LeaveOut adds that rule. No byte that is there changes.
func LeaveOut(file string, src []byte, description string) ([]byte, error) {
	return json5.Append(file, src, append(at(file), "packageRules"), Rule(description))
}

// aboutBackstage reports whether a rule is about all updates of the packages that a
// portal has of Backstage.
func aboutBackstage(rule *json5.Value) bool {
	named := false
	for _, m := range rule.Members {
		switch {
		case m.Name == "matchManagers" || m.Name == "matchDatasources":
			if !slices.ContainsFunc(m.Value.Elements, func(e *json5.Value) bool { return e.Text == "npm" }) {
				return false
			}
		case m.Name == "matchPackageNames" || m.Name == "matchPackagePatterns" || m.Name == "matchPackagePrefixes" || m.Name == "matchDepNames":
			if !slices.ContainsFunc(m.Value.Elements, func(e *json5.Value) bool { return covers(m.Name, e.Text) }) {
				return false
			}
			named = true
		case strings.HasPrefix(m.Name, "match") || strings.HasPrefix(m.Name, "exclude"): // a part of them
			return false
		}
	}
	return named
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
