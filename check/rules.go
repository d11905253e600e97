package check

import "github.com/portalctl/portalctl/internal/finding"

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

var rules = []finding.Rule{
	{ID: ruleReleaseDiffers, Title: "backstage.json names another release than the one that yarn.lock is", Severity: finding.Warning},
	{ID: ruleStale, Title: "yarn.lock and the package.json files disagree", Severity: finding.Error},
	{ID: ruleDedupable, Title: "ranges that a version already in yarn.lock would satisfy", Severity: finding.Warning},
	{ID: ruleDuplicate, Title: "several versions of a package in yarn.lock", Severity: finding.Warning},
	{ID: ruleMixedLine, Title: "packages of the main and the next line side by side", Severity: finding.Warning},
	{ID: ruleOffRelease, Title: "packages that are not in the release's version", Severity: finding.Warning},
	{ID: ruleMoved, Title: "packages that live on under another name", Severity: finding.Warning},
	{ID: ruleBlocks, Title: "resolutions that hold a package off the release", Severity: finding.Warning},
	{ID: rulePatch, Title: "patches that are gone, unused, or of another version", Severity: finding.Warning},
	{ID: ruleUnused, Title: "resolutions that match nothing", Severity: finding.Warning},
	{ID: ruleStructure, Title: "plugin packages that are not what they say they are", Severity: finding.Warning},
	{ID: ruleHost, Title: "plugins that ask for another host than the portal", Severity: finding.Warning},
	{ID: ruleRegistered, Title: "backend plugins that the backend never starts", Severity: finding.Warning},
	finding.IgnoreRule,
	finding.UnusedRule,
}

// Rules are all rules, in the order of reports.
func Rules() []finding.Rule { return append([]finding.Rule(nil), rules...) }

// ConfigSchema is what check reads from .portalctl.yaml.
func ConfigSchema() finding.Schema {
	return finding.Schema{Section: "check", Rules: Rules(), Lists: []string{"singletons", "scopes"}}
}
