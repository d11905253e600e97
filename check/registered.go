package check

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/depgraph"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/jsscan"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/portal"
	"github.com/portalctl/portalctl/internal/yamledit"
)

// registered is the rule backend-registered.
func (m *model) registered() {
	for _, p := range m.packages {
		if p.role == "backend" && p.Kind == portal.NoKind {
			m.registeredIn(p)
		}
	}
}

// legacyNames are what only the legacy backend system has. A package of the
// system that is imported for something else is no sign of it.
var legacyNames = []string{"createServiceBuilder", "useHotMemoize", "legacyPlugin", "makeLegacyPlugin"}

func (m *model) registeredIn(p *pkg) {
	found, legacy, known := m.registers(p)
	if !known {
		return
	}
	for _, d := range p.File.Deps(pkgjson.Dependencies) {
		if !m.isBackendFeature(d.Name) || m.isClaimed(at(d.Pos)) || usesModule(found, d.Name) || !m.wantsProvider(d.Name) {
			continue
		}
		if !m.exportsFeature(d.Name, legacy) {
			continue
		}
		remove := "remove the dependency"
		if file := m.mentions(p, d.Name); file != "" {
			remove += ", and with it what " + file + " imports"
		}
		next := fmt.Sprintf("Add backend.add(import('%s')); to %s, or %s", d.Name, p.Rel+"/src/index.ts", remove)
		switch {
		case legacy:
			next = "Register it as the legacy system does, or " + remove
		case strings.HasSuffix(d.Name, "-policy") && m.mentionsWord(p, "policyExtensionPoint"):
			// The backend has its own policy, and takes only one.
			next = "R" + remove[1:]
		}
		message := fmt.Sprintf("%s depends on %s, but never adds it: it does not run", p.Name(), d.Name)
		if by := m.broughtBy(p, found, d.Name); by != "" {
			message += fmt.Sprintf(", unless %s runs it, which depends on it", by)
			next = "Remove the dependency: a backend that adds a plugin twice does not start"
			if legacy {
				next = "Remove the dependency"
			}
		}
		m.add(finding.Finding{Rule: ruleRegistered, Pos: d.Pos, Name: d.Name, Key: p.Name(), Fixes: []finding.Fix{finding.FixSource},
			Message: message, Next: next})
	}
}

// broughtBy is a plugin that the backend adds and that depends on another
// plugin's backend, "" if there is none: plugin-rbac-backend runs the router of
// plugin-permission-backend as its own.
func (m *model) broughtBy(p *pkg, found map[string]bool, name string) string {
	if m.graph == nil || portal.ParseName(name).Kind == portal.BackendModule {
		return ""
	}
	for _, e := range m.asks(p) {
		if !usesModule(found, e.Name) || portal.ParseName(e.Name).Kind != portal.Backend {
			continue
		}
		for _, d := range m.graph.Out(e.To) {
			if d.Name == name && d.Kind != depgraph.Dev {
				return e.Name
			}
		}
	}
	return ""
}

// legacy reports the legacy backend system where it starts. The import is the
// place: it has to go in the end.
func (m *model) legacy(p *pkg, f *sourceFile) bool {
	if !f.has(legacyNames...) {
		return false
	}
	for _, t := range f.scan().tokens {
		if t.Kind != jsscan.Word || !slices.Contains(legacyNames, t.Text) {
			continue
		}
		m.add(finding.Finding{Rule: ruleRegistered, Pos: fault.Pos{File: f.name, Line: t.Line}, Name: p.Name(), Key: "legacy", Fixes: []finding.Fix{finding.FixSource},
			Message: fmt.Sprintf("the backend still uses the legacy backend system (%s)", t.Text),
			Next:    "Move it to the new system: https://backstage.io/docs/backend-system/building-backends/migrating"})
		return true
	}
	return false
}

// isBackendFeature reports whether a package is a plugin or module that a
// backend adds.
func (m *model) isBackendFeature(name string) bool {
	if own := m.byName[name]; own != nil && own.role != "" && !roleUnknown(own.role) && own.Kind == portal.NoKind {
		return own.role == "backend-plugin" || own.role == "backend-plugin-module"
	}
	n := portal.ParseName(name)
	if strings.HasSuffix(name, "-test-utils") {
		return false
	}
	return n.Kind == portal.BackendModule || n.Kind == portal.Backend
}

// usesModule reports whether a package, or an entry point of it, is imported.
func usesModule(found map[string]bool, name string) bool {
	for module := range found {
		if module == name || strings.HasPrefix(module, name+"/") {
			return true
		}
	}
	return false
}

// appConfigs are the files that a portal starts with; others are for special
// occasions.
var appConfigs = []string{"app-config.yaml", "app-config.local.yaml", "app-config.development.yaml", "app-config.production.yaml"}

// wantsProvider reports whether an auth provider's module has to be added. A
// fresh portal depends on one that it does not use: only a provider that
// app-config configures is missing.
func (m *model) wantsProvider(name string) bool {
	_, rest, ok := strings.Cut(name, "plugin-auth-backend-module-")
	if !ok {
		return true
	}
	provider, ok := strings.CutSuffix(rest, "-provider")
	if !ok {
		return true
	}
	entries, err := fs.ReadDir(m.in.Files, ".")
	if err != nil {
		return true
	}
	want := letters(provider)
	seen := false
	for _, e := range entries {
		if !slices.Contains(appConfigs, e.Name()) {
			continue
		}
		doc, err := yamledit.Parse(e.Name(), m.read(e.Name()))
		if err != nil {
			continue
		}
		seen = true
		for _, mem := range doc.Members("auth", "providers") {
			if letters(mem.Key) == want {
				return true
			}
		}
	}
	return !seen
}
