package check

import (
	"time"

	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/workspace"
)

// ReadConfig reads check's section of .portalctl.yaml at the root, if there is
// one. The commands that write a lock go by its singletons; they give no now, so
// that no ignore is too far ahead for them.
func ReadConfig(p *workspace.Project, now time.Time) (*finding.Config, error) {
	src, err := finding.ReadFile(p.Read)
	if src == nil {
		return nil, err
	}
	schema := configSchema()
	schema.Now = now
	return finding.ParseConfig(finding.ConfigFile, src, schema)
}

// configSchema is what check reads from .portalctl.yaml.
func configSchema() finding.Schema {
	return finding.Schema{Section: "check", Rules: Rules(), Lists: []string{"singletons", "scopes"}}
}
