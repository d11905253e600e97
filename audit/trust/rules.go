package trust

import "github.com/portalctl/portalctl/internal/finding"

// The rules' ids. docs/rules has a page for each.
const (
	RuleHost      = "lock-host"
	RuleIntegrity = "lock-integrity"
	RuleGit       = "git-source"
	RuleYarnrc    = "yarnrc"
	RuleEdited    = "lock-edited"
	RuleName      = "name-confusion"
	RuleFresh     = "fresh-release"
)

var rules = []finding.Rule{
	{ID: RuleEdited, Title: "entries of yarn.lock that the registry contradicts", Severity: finding.Error},
	{ID: RuleIntegrity, Title: "entries of yarn.lock that do not pin what they name", Severity: finding.Error},
	{ID: RuleHost, Title: "packages from hosts that are not allowed", Severity: finding.Error},
	{ID: RuleGit, Title: "packages from git repositories or bare URLs", Severity: finding.Error},
	{ID: RuleYarnrc, Title: "package manager settings that let more in", Severity: finding.Error},
	{ID: RuleFresh, Title: "versions that were published only just now", Severity: finding.Warning},
	{ID: RuleName, Title: "workspaces that share their name with a malicious package", Severity: finding.Info},
}

// Rules are the rules of this package, in the order of reports.
func Rules() []finding.Rule { return append([]finding.Rule(nil), rules...) }
