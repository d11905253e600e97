package check

import (
	"fmt"
	"slices"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pkgjson"
)

// importDirection reports what a package's source loads of the other side, where
// its package.json does not say so already.
func (m *model) importDirection(p *pkg, declared map[string]bool) {
	seen := map[string]bool{p.Name(): true}
	wrong := map[string]bool{} // what a closer look is worth
	isWrong := func(name string) bool {
		if seen[name] || declared[name] {
			return false
		}
		is, known := wrong[name]
		if !known {
			_, is = m.wrongSide(p, name)
			is = is && !isTestHelper(name)
			wrong[name] = is
		}
		return is
	}
	for _, f := range m.sources(p) {
		if f.test || !slices.ContainsFunc(f.mentions, isWrong) || !f.has(m.otherSide(p.side)...) {
			continue
		}
		for _, im := range f.loads() {
			name := packageOf(im.module)
			if name == "" || seen[name] || declared[name] || isTestHelper(name) {
				continue
			}
			seen[name] = true
			if to, wrong := m.wrongSide(p, name); wrong {
				m.structureFinding(p, fault.Pos{File: f.name, Line: im.line}, "imports "+name,
					fmt.Sprintf("%s runs in %s, and imports %s, which runs in %s", p.Name(), p.side, name, to), directionNext(p.side, to, m.byName[name] != nil))
			}
		}
	}
}

// otherSide is what the source of a side that imports the other has somewhere: most
// files have none of it and need no closer look.
func (m *model) otherSide(s side) []string {
	if words, ok := m.otherSides[s]; ok {
		return words
	}
	words := []string{}
	if s != sideBackend {
		words = append(words, "@backstage/backend-", "-backend'", "-backend\"", "-backend/", "-backend-module-", "-node'", "-node\"", "-node/")
	}
	if s != sideFrontend {
		words = append(words, "@backstage/core-", "@backstage/frontend-", "@backstage/app-defaults", "@backstage/integration-react", "-react'", "-react\"", "-react/")
	}
	for _, p := range m.packages {
		if p.side != s && p.side != sideNone && p.side != sideCommon && p.Name() != "" {
			words = append(words, p.Name()+"'", p.Name()+"\"", p.Name()+"/")
		}
	}
	if m.otherSides == nil {
		m.otherSides = map[side][]string{}
	}
	m.otherSides[s] = words
	return words
}

// sections reports dependencies that the source needs more, or less, than their
// section says.
func (m *model) sections(p *pkg) {
	if p.role == "" || roleUnknown(p.role) || p.role == "cli" || p.role == "cli-module" {
		return
	}
	has := func(section pkgjson.Section, name string) bool {
		return slices.ContainsFunc(p.File.Deps(section), func(d pkgjson.Dep) bool { return d.Name == name })
	}
	for _, d := range p.File.Deps(pkgjson.DevDependencies) {
		if !isBackstage(d.Name) || isTool(d.Name) || has(pkgjson.Dependencies, d.Name) || has(pkgjson.PeerDependencies, d.Name) || has(pkgjson.OptionalDependencies, d.Name) {
			continue
		}
		if file, line, ok := m.loads(p, d.Name); ok {
			m.structureFinding(p, d.Pos, "dev "+d.Name,
				fmt.Sprintf("%s loads %s (%s:%d), and has it in devDependencies only: an install for production leaves it out", p.Name(), d.Name, file, line),
				"Move it to dependencies")
		}
	}
	for _, d := range p.File.Deps(pkgjson.Dependencies) {
		if !isTestHelper(d.Name) || isTestHelper(p.Name()) {
			continue
		}
		if _, _, ok := m.loads(p, d.Name); !ok && m.sources(p) != nil {
			m.structureFinding(p, d.Pos, "test "+d.Name,
				fmt.Sprintf("%s has %s among its dependencies, and nothing but tests needs it: production installs it, with all that it brings", p.Name(), d.Name),
				"Move it to devDependencies")
		}
	}
}

// loads is the first place where a package's source needs a package when it runs,
// its tests apart.
func (m *model) loads(p *pkg, name string) (file string, line int, ok bool) {
	for _, f := range m.sources(p) {
		if f.test || !slices.Contains(f.mentions, name) || !f.has(name) {
			continue
		}
		for _, im := range f.loads() {
			if packageOf(im.module) == name {
				return f.name, im.line, true
			}
		}
	}
	return "", 0, false
}
