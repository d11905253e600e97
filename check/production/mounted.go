package production

import (
	"path"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/yamledit"
)

// mounted is an app-config that production has from elsewhere than the image: the text
// of a ConfigMap, or a file of the deploy repository. Blank lines before the text keep
// its numbers those of the file that it stands in.
type mounted struct {
	place string
	text  []byte
}

// mount finds what production has in the place of a file that the repository does not
// have, among what is deployed.
func (v *view) mount(c configFile) (mounted, bool) {
	if c.mounted != nil {
		return *c.mounted, true
	}
	if c.Rel != "" || strings.Contains(c.Arg, " ") {
		return mounted{}, false
	}
	base := path.Base(c.Arg)
	for _, f := range v.deploy.match(func(n string) bool { return path.Base(n) == base }) {
		if src, err := f.load(); err == nil {
			return mounted{f.place(f.name), src}, true
		}
	}
	for _, o := range v.objects() {
		if o.err != nil || o.kind != "ConfigMap" || o.templated {
			continue
		}
		data, _ := o.root.Get("data")
		if m, ok := data.Member(base); ok {
			return mounted{o.file.place(o.file.name), padded(m.Value.String(), m.KeyPos.Line)}, true
		}
	}
	return mounted{}, false
}

// padded is a text that begins in the line after another.
func padded(text string, after int) []byte {
	return []byte(strings.Repeat("\n", after) + text)
}

// valuesStarts are the values of the chart that Backstage has, and of those that it is
// a part of: arguments, config files of ConfigMaps, and app-config in the values.
func (v *view) valuesStarts(t *tree) []backendStart {
	var list []backendStart
	for _, f := range t.match(func(n string) bool {
		return strings.HasPrefix(path.Base(n), "values") && in(path.Ext(n), ".yaml", ".yml") && !isAside(n) && !t.besideChart(n)
	}) {
		for _, d := range f.yaml() {
			for _, at := range [][]string{{"backstage"}, {"upstream", "backstage"}, {"backstage", "backstage"}} {
				if values, ok := d.root.Get(at...); ok && d.err == nil {
					if s, ok := v.valuesStart(f, values); ok {
						list = append(list, s)
					}
				}
			}
		}
	}
	return list
}

// besideChart reports whether values are a chart's defaults: whoever installs it has
// others.
func (t *tree) besideChart(name string) bool {
	_, ok := t.has(path.Join(path.Dir(name), "Chart.yaml"))
	return ok
}

// inline is the name that the chart gives to app-config of its values.
const inline = "app-config-from-configmap.yaml"

func (v *view) valuesStart(f file, values yamledit.Value) (backendStart, bool) {
	s := backendStart{By: "the values " + f.place(f.name), Deployed: true, Pos: fault.Pos{File: f.place(f.name), Line: 1}}
	s.Config = v.configFiles(configArgs(valueWords(values, "args")), ".")
	if len(s.Config) > 0 {
		s.Pos = keyPos(values, "args")
	}
	extra, _ := values.Get("extraAppConfig")
	for _, it := range extra.Items() {
		s.Config = append(s.Config, v.configFiles([]string{str(it, "filename")}, ".")...)
		s.Pos = keyPos(values, "extraAppConfig")
	}
	if own, ok := values.Get("appConfig"); ok && own.Kind() == yamledit.Mapping && len(own.Members()) > 0 {
		s.Pos = keyPos(values, "appConfig")
		s.Config = append(s.Config, configFile{Arg: inline, mounted: &mounted{f.place(f.name), region(f, own)}})
	}
	return s, len(s.Config) > 0
}

// region are the lines of a mapping in block style, at their numbers: all members are
// indented alike, so that they are a document of their own.
func region(f file, v yamledit.Value) []byte {
	first := v.Members()[0].KeyPos
	var kept []string
	for i, l := range f.lines() {
		indent := len(l) - len(strings.TrimLeft(l, " "))
		switch blank := strings.TrimSpace(l) == "" || strings.TrimSpace(l)[0] == '#'; {
		case i+1 < first.Line:
			kept = append(kept, "")
		case !blank && indent < first.Col-1:
			return []byte(strings.Join(kept, "\n"))
		default:
			kept = append(kept, l)
		}
	}
	return []byte(strings.Join(kept, "\n"))
}
