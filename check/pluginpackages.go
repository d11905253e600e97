package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/portal"
)

// checkPackages compares pluginPackages with the packages of the plugin in the
// repo. It is asked for where another package of the plugin has it.
func (m *model) checkPackages(p *pkg, family []*pkg) {
	if m.sameID[p] != nil {
		return
	}
	list := p.File.Backstage.PluginPackages
	siblings := m.siblings(p)
	if len(list) == 0 {
		if p.File.Backstage.PluginID != "" && slices.ContainsFunc(siblings, func(s *pkg) bool { return s != p && len(s.File.Backstage.PluginPackages) > 0 }) {
			m.structureFinding(p, p.at(), "pluginPackages", fmt.Sprintf("%s has no backstage.pluginPackages; the other packages of the plugin have it", p.Name()),
				"Add it with the names of all packages of the plugin: backstage-cli repo fix --publish does")
		}
		return
	}
	var lacks, unknown []string
	pos := p.at("pluginPackages")
	for i, name := range list {
		if m.byName[name] == nil && !m.inLock(name) {
			if len(unknown) == 0 {
				pos = p.atElement(i)
			}
			unknown = append(unknown, name)
		}
	}
	for _, s := range siblings {
		if !slices.Contains(list, s.Name()) {
			lacks = append(lacks, s.Name())
		}
	}
	// One list is one finding: a package that was renamed is in both.
	const repair = "backstage-cli repo fix --publish does"
	is, verb := strings.Join(unknown, ", "), "is"
	if len(unknown) > 1 {
		verb = "are"
	}
	switch {
	case len(lacks)+len(unknown) == 0:
	case len(unknown) == 0:
		m.structureFinding(p, pos, "pluginPackages",
			fmt.Sprintf("pluginPackages of %s lacks %s", p.Name(), strings.Join(lacks, ", ")), "Add it: "+repair)
	case len(lacks) == 0:
		m.structureFinding(p, pos, "pluginPackages "+is,
			fmt.Sprintf("pluginPackages of %s names %s, which %s neither in the repo nor in yarn.lock", p.Name(), is, verb), "Take it out of the list: "+repair)
	default:
		m.structureFinding(p, pos, "pluginPackages "+is,
			fmt.Sprintf("pluginPackages of %s lacks %s, and names %s, which %s neither in the repo nor in yarn.lock", p.Name(), strings.Join(lacks, ", "), is, verb),
			"Write the names of today: "+repair)
	}
}

// siblings are the packages of p's plugin, p included: those with its id, and
// those that its name makes its family. What is listed by mistake does not count.
func (m *model) siblings(p *pkg) []*pkg {
	var list []*pkg
	for _, other := range m.packages {
		if other.isModule() || !other.isOwnPlugin() {
			continue
		}
		if m.sameID[other] != nil && other != p {
			continue // it should have another id
		}
		// repo fix --publish goes by the ids alone, and would take out again what
		// has another one.
		if other != p && p.File.Backstage.PluginID != "" && other.File.Backstage.PluginID != "" && p.File.Backstage.PluginID != other.File.Backstage.PluginID {
			continue
		}
		// A role that is missing or wrong is a finding of its own; whether the
		// package is to be listed is not known before it is right.
		sameID := p.File.Backstage.PluginID != "" && !roleUnknown(other.role) && other.File.Backstage.PluginID == p.File.Backstage.PluginID
		if other == p || sameID || p.Family != "" && other.Family == p.Family {
			list = append(list, other)
		}
	}
	return list
}

// atElement is the place of element i of pluginPackages.
func (p *pkg) atElement(i int) fault.Pos {
	if doc := p.File.Doc(); doc != nil {
		if v, ok := doc.Get("backstage", "pluginPackages"); ok && i < len(v.Elements()) {
			return v.Elements()[i].Pos()
		}
	}
	return p.at("pluginPackages")
}

// inLock reports whether the lock has a package, or nothing can be said.
func (m *model) inLock(name string) bool {
	return m.graph == nil || len(m.graph.Ident(name)) > 0
}

// Plugins of the framework that modules extend, from knownPluginPackages.ts of
// @backstage/cli-module-maintenance 0.1.5.
var (
	knownBackends  = []string{"app", "auth", "catalog", "events", "kubernetes", "notifications", "permission", "proxy", "scaffolder", "search", "signals", "techdocs"}
	knownFrontends = []string{"app", "auth", "catalog", "kubernetes", "notifications", "scaffolder", "search", "signals", "techdocs"}
)

// checkModule looks at a module's pluginId and pluginPackage. Modules from
// before these fields have neither.
func (m *model) checkModule(p *pkg) {
	b := p.File.Backstage
	if b.PluginID == "" && b.PluginPackage == "" {
		return
	}
	known := knownBackends
	role, suffix := "backend-plugin", "-backend"
	if p.side == sideFrontend {
		known, role, suffix = knownFrontends, "frontend-plugin", ""
	}
	told := ""
	if n := portal.ParseName(p.Name()).Kind; n == portal.BackendModule || n == portal.FrontendModule {
		told = p.ID // plugin-x with a module's role does not tell which plugin it extends
	}
	if ids, certain := m.sourceIDs(p); b.PluginID != "" && certain && !slices.Contains(ids, b.PluginID) {
		m.checkSourceID(p)
		return
	} else if !slices.Contains(ids, b.PluginID) && told != "" && b.PluginID != told && slices.Contains(known, told) {
		m.structureFinding(p, p.at("pluginId"), "pluginId", fmt.Sprintf("%s extends %s, but has the pluginId %q", p.Name(), told, b.PluginID),
			fmt.Sprintf(`Write "pluginId": "%s", or rename the package`, told))
		return
	}
	want := ""
	if slices.Contains(known, b.PluginID) {
		want = "@backstage/plugin-" + b.PluginID + suffix
	}
	for _, other := range m.packages {
		if other.isModule() || other.role != role && wantedRole(other.Kind) != role || other.File.Backstage.PluginID != b.PluginID && other.ID != b.PluginID {
			continue
		}
		if want = other.Name(); want == b.PluginPackage {
			break
		}
	}
	switch {
	case want == "" || b.PluginPackage == want:
	case b.PluginPackage == "":
		m.structureFinding(p, p.at(), "pluginPackage", fmt.Sprintf("%s does not say which package it is a module of", p.Name()),
			fmt.Sprintf(`Add "pluginPackage": "%s"`, want))
	default:
		m.structureFinding(p, p.at("pluginPackage"), "pluginPackage", fmt.Sprintf("%s is a module of %s, but names %s", p.Name(), want, b.PluginPackage),
			fmt.Sprintf("Write %q", want))
	}
}
