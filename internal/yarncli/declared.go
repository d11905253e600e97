package yarncli

import (
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// Declared is the version of the Yarn that Find would choose, as far as the
// project says it without anything being run: by the name of the file at
// yarnPath, else by packageManager. "" if it does not say.
func Declared(s *yarnrc.Settings, packageManager string) string {
	if s != nil && s.YarnPath != "" {
		return versionInName(s.YarnPath)
	}
	pm := pkgjson.ParsePackageManager(packageManager)
	if pm.Name != "yarn" {
		return ""
	}
	return cleanVersion(pm.Version)
}
