package setup

import (
	"path"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/appconfig"
	"github.com/portalctl/portalctl/internal/repofile"
)

// database reads what app-config says of the plugins' databases, in the files that
// production starts with. What only production has stays a variable. A configuration
// that cannot be read says nothing: check production says why.
func (f *Facts) database() database {
	d := database{Configs: f.configs()}
	if len(d.Configs) == 0 {
		return d
	}
	root := f.Project.Root
	repo := repofile.Of(repofile.Top(root))
	defer repo.Close()
	tree, err := appconfig.Load(appconfig.Options{Root: root, Files: d.Configs, Repo: repo, Keep: true, Env: []string{}})
	if err != nil {
		return d
	}
	if client, ok, err := tree.Text("backend.database.client"); err == nil && ok && len(client.Origin().Vars) == 0 {
		d.Client = client.Reveal()
	}
	if v, ok, err := tree.Get("backend.database"); err == nil && ok {
		d.Variables = variablesIn(v, nil)
		slices.Sort(d.Variables)
		d.Variables = slices.Compact(d.Variables)
	}
	return d
}

// variablesIn are the environment variables that a value and those below it need.
func variablesIn(v appconfig.Value, list []string) []string {
	list = append(list, v.Origin().Vars...)
	for _, name := range v.Fields() {
		if field, ok := v.Field(name); ok {
			list = variablesIn(field, list)
		}
	}
	for _, it := range v.Items() {
		list = variablesIn(it, list)
	}
	return list
}

// configs are the app-config files of the repository that production starts with, from
// the portal's root: those of the image's command, else the ones of the template.
func (f *Facts) configs() []string {
	for _, d := range f.dockerfiles() {
		words, _, _ := d.Command()
		var list []string
		for i, w := range words {
			file, isFlag := strings.CutPrefix(w, "--config=")
			if w == "--config" && i+1 < len(words) {
				file, isFlag = words[i+1], true
			}
			// An image has the files of the root in its working folder.
			if file = path.Clean(strings.TrimPrefix(file, "/app/")); isFlag && !path.IsAbs(file) && f.has(f.At(file)) {
				list = append(list, file)
			}
		}
		if len(list) > 0 {
			return list
		}
	}
	var list []string
	for _, name := range []string{"app-config.yaml", "app-config.production.yaml"} {
		if f.has(f.At(name)) {
			list = append(list, name)
		}
	}
	return list
}
