package check

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/spec"
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
	for name, pos := range m.needs(p, isWrong) {
		seen[name] = true
		to, _ := m.wrongSide(p, name)
		m.structureFinding(p, pos, "imports "+name,
			fmt.Sprintf("%s runs in %s, and imports %s, which runs in %s", p.Name(), p.side, name, to), directionNext(p.side, to, m.byName[name] != nil))
	}
}

// needs are the packages that is is about and that a package's source loads when it
// runs, its tests apart, with the places.
func (m *model) needs(p *pkg, is func(name string) bool) iter.Seq2[string, fault.Pos] {
	return func(yield func(string, fault.Pos) bool) {
		for _, f := range m.sources(p) {
			if f.test || !slices.ContainsFunc(f.mentions, is) {
				continue
			}
			for _, im := range f.loads() {
				if name := spec.PackageOf(im.module); is(name) && !yield(name, fault.Pos{File: f.name, Line: im.line}) {
					return
				}
			}
		}
	}
}

// sections reports dependencies that the source needs more, or less, than their
// section says.
func (m *model) sections(p *pkg) {
	if p.role == "" || roleUnknown(p.role) || p.role == "cli" || p.role == "cli-module" {
		return
	}
	m.undeclared(p)
	for _, d := range p.File.Deps(pkgjson.DevDependencies) {
		if !isBackstage(d.Name) || isTool(d.Name) || p.File.Has(pkgjson.Dependencies, d.Name) || p.File.Has(pkgjson.PeerDependencies, d.Name) || p.File.Has(pkgjson.OptionalDependencies, d.Name) {
			continue
		}
		if pos, ok := m.loads(p, d.Name); ok {
			m.structureFinding(p, d.Pos, "dev "+d.Name,
				fmt.Sprintf("%s loads %s (%s), and has it in devDependencies only: an install for production leaves it out", p.Name(), d.Name, pos),
				"Move it to dependencies")
		}
	}
	for _, d := range p.File.Deps(pkgjson.Dependencies) {
		if !isTestHelper(d.Name) || isTestHelper(p.Name()) {
			continue
		}
		if _, ok := m.loads(p, d.Name); !ok && m.sources(p) != nil {
			m.structureFinding(p, d.Pos, "test "+d.Name,
				fmt.Sprintf("%s has %s among its dependencies, and nothing but tests needs it: production installs it, with all that it brings", p.Name(), d.Name),
				"Move it to devDependencies")
		}
	}
}

// undeclared reports packages of Backstage and of the repo that the source loads
// and that the package.json does not have. They are found as long as another
// workspace brings them; an install of the package alone leaves them out. What the
// root depends on is there for all.
func (m *model) undeclared(p *pkg) {
	seen := map[string]bool{p.Name(): true, "": true}
	for _, file := range []*pkgjson.File{p.File, m.in.Project.RootWorkspace().File} {
		for _, d := range file.AllDeps() {
			seen[d.Name] = seen[d.Name] || file == p.File || d.Section == pkgjson.Dependencies
		}
	}
	real := false // the lock is this project's, so that what it lacks is nowhere
	if m.in.Lock != nil {
		l := m.lockedWorkspaces(m.in.Lock)
		real = l != nil && !l.strange()
	}
	concerns := func(name string) bool {
		return !seen[name] && (strings.HasPrefix(name, "@backstage") && (real || m.graph != nil && m.inLock(name)) || m.byName[name] != nil)
	}
	for name, pos := range m.needs(p, concerns) {
		seen[name] = true
		if m.isClaimed(at(pos)) {
			continue // it runs on the other side
		}
		why := "it is there as long as another package brings it"
		if m.byName[name] == nil && !m.inLock(name) {
			why = "nor has yarn.lock, so that it cannot be loaded"
		}
		m.structureFinding(p, pos, "undeclared "+name, fmt.Sprintf("%s loads %s, and %s does not have it: %s", p.Name(), name, p.File.Path(), why),
			fmt.Sprintf("Add %q: %s to its dependencies, then run %s", name, m.rangeToAsk(name), m.install()))
	}
}

// rangeToAsk is the range to ask for a package with, as the portal asks for others.
func (m *model) rangeToAsk(name string) string {
	switch {
	case m.byName[name] != nil && m.oursToWrite():
		return `"workspace:^"`
	case m.versions[name] != "" && m.backstageRange() != nil:
		return fmt.Sprintf("%q", spec.BackstageRange)
	}
	return m.rangeFor(name)
}

// loads is the first place where a package's source needs a package when it runs,
// its tests apart.
func (m *model) loads(p *pkg, name string) (at fault.Pos, ok bool) {
	for _, pos := range m.needs(p, func(n string) bool { return n == name }) {
		return pos, true
	}
	return fault.Pos{}, false
}
