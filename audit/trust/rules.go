package trust

import (
	"slices"

	"github.com/portalctl/portalctl/internal/finding"
)

// The rules' ids. docs/rules has a page for each.
const (
	ruleHost       = "lock-host"
	ruleIntegrity  = "lock-integrity"
	ruleGit        = "git-source"
	ruleYarnrc     = "yarnrc"
	ruleEdited     = "lock-edited"
	ruleName       = "name-confusion"
	ruleFresh      = "fresh-release"
	ruleSigned     = "signature"
	ruleSquat      = "typosquat"
	ruleLicense    = "license"
	ruleScript     = "install-script"
	ruleCapability = "capability"
)

var rules = []finding.Rule{
	{ID: ruleEdited, Title: "entries of yarn.lock that the registry contradicts", Severity: finding.Error},
	{ID: ruleIntegrity, Title: "entries of yarn.lock that do not pin what they name", Severity: finding.Error},
	{ID: ruleHost, Title: "packages from hosts that are not allowed", Severity: finding.Error},
	{ID: ruleGit, Title: "packages from git repositories or bare URLs", Severity: finding.Error},
	{ID: ruleYarnrc, Title: "package manager settings that let more in", Severity: finding.Error},
	{ID: ruleLicense, Title: "licences that the team does not allow, or that nobody knows", Severity: finding.Error},
	{ID: ruleScript, Title: "code that packages run when they are installed", Severity: finding.Warning},
	{ID: ruleCapability, Title: "what the code of packages can do that it could not", Severity: finding.Warning},
	{ID: ruleFresh, Title: "versions that were published only just now", Severity: finding.Warning},
	{ID: ruleSigned, Title: "versions whose signature or attestation is wrong, or is there no more", Severity: finding.Error},
	{ID: ruleSquat, Title: "packages whose names are easily taken for others", Severity: finding.Error},
	{ID: ruleName, Title: "workspaces that share their name with a malicious package", Severity: finding.Info},
}

// area is what all of them are about.
const area = "Locks and settings"

// Rules are the rules of this package, in the order of reports.
func Rules() []finding.Rule {
	list := slices.Clone(rules)
	for i := range list {
		list[i].Area = area
	}
	return list
}
