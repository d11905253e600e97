package setup

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/pattern"
	"github.com/portalctl/portalctl/internal/yamledit"
)

const workflowFolder = ".github/workflows"

// githubWorkflows are the workflows of GitHub.
var githubWorkflows = []struct{ file, template, serves, why string }{
	{"portalctl-check.yml", "github/check.yml", "check", "the portal's health, on each push and pull request"},
	{"portalctl-audit.yml", "github/audit.yml", "audit", "the gate of a pull request, and all there is every night"},
	{"portalctl-slot.yml", "github/slot.yml", "slot", "the monthly upgrade, as one pull request that each run brings up to date"},
}

// workflowParts are the workflows of GitHub.
func workflowParts(f *Facts) []part {
	if !f.On(GitHub) {
		return nil
	}
	var list []part
	for _, w := range githubWorkflows {
		at := path.Join(workflowFolder, w.file)
		list = append(list, part{kind: Workflows, path: at, serves: w.serves, why: w.why, text: render(w.template, f.values(at))})
	}
	return list
}

// values are what the template of the file at name asks for.
func (f *Facts) values(name string) map[string]string {
	v := map[string]string{
		"branch": yamlWord(cmp.Or(f.Branch, "main")), "directory": "", "in": "", "corepack": "",
		"minute": fmt.Sprint(f.minute()), "node": f.nodeVersion(), "secrets": f.registrySecrets(),
	}
	if f.Portal != "." {
		v["directory"], v["in"] = yamlWord(f.Portal), ` -C "$PORTAL"`
	}
	if f.corepack() {
		v["corepack"] = "yes"
	}
	for _, action := range []string{"actions/cache/restore", "actions/cache/save", "actions/checkout", "actions/download-artifact",
		"actions/setup-node", "actions/upload-artifact", "github/codeql-action/upload-sarif", ownAction} {
		parts := strings.SplitN(action, "/", 3)
		v[action] = uses(action, f.pin(parts[0]+"/"+parts[1], name))
	}
	return v
}

var plainWord = pattern.New(`^\.?[A-Za-z][\w./-]*$`)

// yamlWord is a text as a scalar that is a string in every place of YAML.
func yamlWord(text string) string {
	switch strings.ToLower(text) {
	case "true", "false", "yes", "no", "on", "off", "null", "y", "n":
	default:
		if plainWord().MatchString(text) {
			return text
		}
	}
	return fmt.Sprintf("%q", text)
}

// minute is one of the hour, by the portal's name: not all repositories ask at once, and
// none at the full hour, when everybody does.
func (f *Facts) minute() int {
	n := 0
	for _, c := range []byte(f.Project.RootWorkspace().File.Name) {
		n = n*31 + int(c)
		n %= 50
	}
	return 5 + n
}

// nodeVersion is how setup-node is told the version of Node.js.
func (f *Facts) nodeVersion() string {
	if f.NodeFile != "" {
		return "node-version-file: " + yamlWord(f.At(f.NodeFile))
	}
	return fmt.Sprintf("node-version: %q", cmp.Or(f.Node, newestNode))
}

// corepack reports whether the Yarn of the portal comes from Corepack: package.json names
// it, and no file of the repository is it.
func (f *Facts) corepack() bool {
	if f.Yarn == "" {
		return false
	}
	for _, name := range []string{".yarnrc.yml", ".yarnrc"} {
		src, err := f.read(f.At(name))
		if err != nil || src == nil {
			continue
		}
		if yarnPath().Match(src) {
			return false
		}
	}
	return true
}

var yarnPath = pattern.New(`(?m)^(yarnPath|yarn-path|"yarn-path")\b`)

var variable = pattern.New(`\$\{([A-Za-z_][A-Za-z0-9_]*)`)

// runners are variables that a runner sets itself.
var runners = pattern.New(`^(HOME$|PWD$|GITHUB_|CI_|RUNNER_)`)

// registrySecrets are the lines of a step's env for the variables that the registry's
// settings read.
func (f *Facts) registrySecrets() string {
	var lines []string
	for _, name := range f.registryVariables() {
		lines = append(lines, fmt.Sprintf("          %s: ${{ secrets.%s }}", name, name))
	}
	return strings.Join(lines, "\n")
}

// registryVariables are the environment variables that the registry's settings read.
func (f *Facts) registryVariables() []string {
	var list []string
	for _, name := range []string{".yarnrc.yml", ".npmrc"} {
		src, err := f.read(f.At(name))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(src)) {
			if strings.HasPrefix(strings.TrimSpace(line), "#") {
				continue
			}
			for _, m := range variable().FindAllStringSubmatch(line, -1) {
				// Names of the runner's own cannot be secrets.
				if !runners().MatchString(m[1]) {
					list = append(list, m[1])
				}
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// parsed is a YAML file of the repository, nil where there is none that can be read.
func (f *Facts) parsed(name string) *yamledit.Doc {
	src, err := f.read(name)
	if err != nil || src == nil {
		return nil
	}
	doc, err := yamledit.Parse(name, src)
	if err != nil {
		return nil
	}
	return doc
}
