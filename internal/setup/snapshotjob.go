package setup

import (
	"fmt"
	"strings"
)

// snapshotParts are the job that copies the databases before an upgrade is deployed.
// Manifests of the cluster are not where it is written: what lies there may be applied
// by itself, and this is an example until somebody has filled it in.
func snapshotParts(f *Facts) []part {
	p := part{kind: kindSnapshot, path: f.At("docs/upgrade-snapshot-job.yaml"), serves: "snapshot",
		why: "copies of the databases before an upgrade is deployed"}
	switch c := f.Database.Client; c {
	case "pg", "":
	case "better-sqlite3", "sqlite3":
		p.none, p.why = true, "app-config keeps the plugins' data in SQLite: snapshot create copies the files where they are"
		return []part{p}
	default:
		p.none, p.why = true, "portalctl snapshot does not copy databases of "+c
		return []part{p}
	}
	var configs, variables []string
	for _, name := range f.Database.Configs {
		word := "--config=" + name
		if !plainWord().MatchString(name) {
			word = fmt.Sprintf("%q", word)
		}
		configs = append(configs, "            - "+word)
	}
	if len(configs) == 0 {
		configs = []string{"            # fill in: - --config=FILE, for each app-config file that the portal starts with"}
	}
	for _, name := range f.Database.Variables {
		variables = append(variables, fmt.Sprintf("            - name: %s\n              valueFrom:\n                secretKeyRef:\n"+
			"                  name: CHANGE-ME # fill in: the Secret that the portal has it from\n                  key: %s", name, name))
	}
	if len(variables) == 0 {
		variables = []string{"            # fill in: the variables of app-config's database settings, from the portal's Secret"}
	}
	p.text = render("snapshot-job.yml", map[string]string{"image": f.image(),
		"configs": strings.Join(configs, "\n"), "variables": strings.Join(variables, "\n")})
	return []part{p}
}
