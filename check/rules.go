package check

import (
	"slices"

	"github.com/portalctl/portalctl/internal/finding"
)

// The rules' ids. docs/rules has a page for each.
const (
	ruleReleaseDiffers = "release-differs"
	ruleDuplicate      = "duplicate"
	ruleDedupable      = "dedupable"
	ruleOffRelease     = "off-release"
	ruleMixedLine      = "mixed-line"
	ruleMoved          = "moved"
	ruleStale          = "lockfile-stale"
	ruleUnused         = "resolution-unused"
	ruleBlocks         = "resolution-blocks-release"
	rulePatch          = "patch-stale"
	ruleStructure      = "plugin-structure"
	ruleHost           = "host-version"
	ruleRegistered     = "backend-registered"
)

// The areas of rules.
const (
	areaRelease     = "Release"
	areaLock        = "Lock"
	areaResolutions = "Resolutions"
	areaPlugins     = "Plugins"
)

// rule is one rule of the table.
type rule struct {
	finding.Rule
	// after are the rules whose findings can be the cause of what this one sees:
	// they run before it, and it passes over what they have claimed. The claims of
	// other rules do not exist for it.
	after []string
	needs needs
	run   func(*model)
}

// needs is what a rule cannot judge without.
type needs struct{ project, lock bool }

// table has all rules, in the order of reports. The order in which they run
// follows from after.
func table() []rule {
	return []rule{
		{
			finding.Rule{ID: ruleReleaseDiffers, Area: areaRelease, Title: "backstage.json names another release than the one that yarn.lock is", Severity: finding.Warning},
			nil, needs{project: true}, (*model).releaseDiffers,
		},
		{
			finding.Rule{ID: ruleStale, Area: areaLock, Title: "yarn.lock and the package.json files disagree", Severity: finding.Error},
			// What a misspelt resolution leaves open is missing from the lock.
			[]string{rulePatch, ruleUnused}, needs{}, (*model).stale,
		},
		{
			finding.Rule{ID: ruleDedupable, Area: areaLock, Title: "ranges that a version already in yarn.lock would satisfy", Severity: finding.Warning},
			nil, needs{lock: true}, (*model).dedupable,
		},
		{
			finding.Rule{ID: ruleDuplicate, Area: areaLock, Title: "several versions of a package in yarn.lock", Severity: finding.Warning},
			// A range in a package.json that is a finding itself is the cause.
			[]string{ruleStructure, ruleHost}, needs{lock: true}, (*model).duplicates,
		},
		{
			finding.Rule{ID: ruleMixedLine, Area: areaRelease, Title: "packages of the main and the next line side by side", Severity: finding.Warning},
			[]string{ruleStale, ruleDedupable, ruleDuplicate, rulePatch, ruleBlocks}, needs{true, true}, (*model).mixedLine,
		},
		{
			finding.Rule{ID: ruleOffRelease, Area: areaRelease, Title: "packages that are not in the release's version", Severity: finding.Warning},
			[]string{ruleStale, ruleDedupable, ruleDuplicate, ruleMixedLine, rulePatch, ruleBlocks, ruleStructure, ruleHost},
			needs{true, true}, (*model).offRelease,
		},
		{
			finding.Rule{ID: ruleMoved, Area: areaRelease, Title: "packages that have moved to another name", Severity: finding.Warning},
			nil, needs{project: true}, (*model).movedPackages,
		},
		{
			finding.Rule{ID: ruleBlocks, Area: areaResolutions, Title: "resolutions that hold a package off the release", Severity: finding.Warning},
			// What applies to nothing holds nothing.
			[]string{rulePatch, ruleUnused}, needs{project: true}, (*model).blocks,
		},
		{
			finding.Rule{ID: rulePatch, Area: areaResolutions, Title: "patches that are gone, unused, or of another version", Severity: finding.Warning},
			nil, needs{true, true}, (*model).patches,
		},
		{
			finding.Rule{ID: ruleUnused, Area: areaResolutions, Title: "resolutions that match nothing", Severity: finding.Warning},
			[]string{rulePatch}, needs{true, true}, (*model).unusedResolutions,
		},
		{
			finding.Rule{ID: ruleStructure, Area: areaPlugins, Title: "plugin packages that are not what they say they are", Severity: finding.Warning},
			nil, needs{project: true}, (*model).structure,
		},
		{
			finding.Rule{ID: ruleHost, Area: areaPlugins, Title: "plugins that ask for another host than the portal", Severity: finding.Warning},
			// What runs on the other side is to go, whatever its range; what a resolution
			// or a patch holds back comes back with it.
			[]string{ruleStructure, ruleBlocks, rulePatch}, needs{project: true}, (*model).hostVersions,
		},
		{
			finding.Rule{ID: ruleRegistered, Area: areaPlugins, Title: "backend plugins that the backend never starts", Severity: finding.Warning},
			[]string{ruleStructure}, needs{project: true}, (*model).registered,
		},
	}
}

// inOrder are rules so that each comes after those that it names, and else as
// they were.
func inOrder(rules []rule) []rule {
	done := map[string]bool{}
	var out []rule
	for len(out) < len(rules) {
		i := slices.IndexFunc(rules, func(r rule) bool {
			return !done[r.ID] && !slices.ContainsFunc(r.after, func(id string) bool { return !done[id] })
		})
		done[rules[i].ID] = true // the table has no circle: TestTable
		out = append(out, rules[i])
	}
	return out
}

// Rules are all rules, in the order of reports.
func Rules() []finding.Rule {
	var list []finding.Rule
	for _, r := range table() {
		list = append(list, r.Rule)
	}
	return append(list, finding.IgnoreRule, finding.UnusedRule)
}
