package check

import (
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/portal/plugins"
)

// creates are the functions with which packages of a role make what they export.
func creates(role string) (names []string) {
	for _, mk := range makers {
		if mk.role == role {
			names = append(names, mk.name)
		}
	}
	return names
}

// calls reports whether a file has one of the names that creates knows.
func (f *sourceFile) calls(names []string) bool {
	return slices.ContainsFunc(f.creates, func(name string) bool { return slices.Contains(names, name) })
}

// sourceIDs are the plugin IDs that a package's source gives to what it makes.
// They are what runs: routes, configuration and database go by them. certain is
// false where the source makes something under an ID that cannot be read, or
// nothing at all; then package.json has to be believed.
func (m *model) sourceIDs(p *pkg) (ids []string, certain bool) {
	if known, ok := m.idsOf[p]; ok {
		return known.ids, known.certain
	}
	ids, certain = m.readIDs(p)
	if m.idsOf == nil {
		m.idsOf = map[*pkg]pluginIDs{}
	}
	m.idsOf[p] = pluginIDs{ids, certain}
	return ids, certain
}

// pluginIDs are what sourceIDs found.
type pluginIDs struct {
	ids     []string
	certain bool
}

func (m *model) readIDs(p *pkg) (ids []string, certain bool) {
	names := creates(p.is)
	if len(names) == 0 {
		return nil, false
	}
	certain = true
	for _, f := range m.sources(p) {
		if f.test || !f.calls(names) {
			continue
		}
		for _, made := range plugins.Makes(f.scan().tokens, names) {
			id := made.ID
			if made.Constant != "" {
				id = m.constant(p, made.Constant)
			}
			if id == "" {
				certain = false
			} else if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids, certain && len(ids) > 0
}

// constant is the text of "const name = '…'" in a package's source, "" without one.
func (m *model) constant(p *pkg, name string) string {
	for _, f := range m.sources(p) {
		if f.test || !f.has(name) {
			continue
		}
		if text, ok := plugins.Constant(f.scan().tokens, name); ok {
			return text
		}
	}
	return ""
}

// checkSourceID compares the pluginId with the source. It reports whether the
// source decides: then neither names nor other packages have a say.
func (m *model) checkSourceID(p *pkg) bool {
	ids, certain := m.sourceIDs(p)
	id := p.File.Backstage.PluginID
	if id == "" {
		return false
	}
	if slices.Contains(ids, id) {
		return true
	}
	if !certain {
		return false
	}
	message := p.Name() + " has the pluginId \"" + id + "\", but its source makes \"" + strings.Join(ids, "\", \"") + "\""
	why := "that is the one that runs, with its routes and database"
	if p.isModule() {
		message, why = strings.Replace(message, "makes", "extends", 1), "that is the plugin that it is added to"
	}
	m.structureFinding(p, p.at("pluginId"), "pluginId", message, `Write "`+ids[0]+`": `+why)
	return true
}

// repairAccepts reports whether "backstage-cli repo fix --publish" would leave a
// plugin's ID and package list as they are: it takes any ID that is there, and
// wants all packages of that ID, and no others, in the list.
func (m *model) repairAccepts(p *pkg) bool {
	id := p.File.Backstage.PluginID
	if id == "" {
		return false
	}
	var want []string
	for _, other := range m.packages {
		if other.File.Backstage.PluginID == id && slices.Contains([]string{"frontend-plugin", "backend-plugin", "common-library", "web-library", "node-library"}, other.role) {
			want = append(want, other.Name())
		}
	}
	have := slices.Clone(p.File.Backstage.PluginPackages)
	slices.Sort(want)
	slices.Sort(have)
	return slices.Equal(want, have)
}
