package check

import (
	"fmt"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/portal"
)

// direction reports dependencies on what cannot run where the package runs.
// devDependencies are free: tests and dev setups may use both sides.
func (m *model) direction(p *pkg) {
	if !p.hasSide() {
		return
	}
	if m.oneSided(p) {
		return
	}
	declared := map[string]bool{}
	for _, section := range []pkgjson.Section{pkgjson.Dependencies, pkgjson.PeerDependencies, pkgjson.OptionalDependencies} {
		for _, d := range p.File.Deps(section) {
			to, wrong := m.wrongSide(p, d.Name)
			if !wrong || isTestHelper(d.Name) {
				continue
			}
			declared[d.Name] = true
			m.structureFinding(p, d.Pos, "depends "+d.Name,
				fmt.Sprintf("%s runs in %s, and depends on %s, which runs in %s", p.Name(), p.side, d.Name, to), directionNext(p.side, to, m.byName[d.Name] != nil))
		}
	}
	m.importDirection(p, declared)
}

// oneSided reports a library whose role says that it runs on both sides, and whose
// name does not, where all that cannot do so is of one side: the role is what is
// wrong then.
func (m *model) oneSided(p *pkg) bool {
	if p.role != "common-library" || p.side != sideCommon || p.Kind == portal.Common {
		return false
	}
	var names []string
	is := sideNone
	for _, section := range []pkgjson.Section{pkgjson.Dependencies, pkgjson.PeerDependencies, pkgjson.OptionalDependencies} {
		for _, d := range p.File.Deps(section) {
			to, wrong := m.wrongSide(p, d.Name)
			if !wrong || isTestHelper(d.Name) {
				continue
			}
			if is != sideNone && is != to {
				return false
			}
			is, names = to, append(names, d.Name)
		}
	}
	if len(names) == 0 {
		return false
	}
	role := "web-library"
	if is == sideBackend {
		role = "node-library"
	}
	m.structureFinding(p, p.at("role"), "role", fmt.Sprintf("%s has the role common-library, and depends on %s, which %s in %s only", p.Name(), english.Some(names, 3), english.Form(len(names), "runs", "run"), is),
		fmt.Sprintf("Write %q, or remove what runs on one side", role))
	return true
}

// wrongSide reports whether a package cannot run where p does.
func (m *model) wrongSide(p *pkg, name string) (side, bool) {
	to := m.sideOf(name)
	if own := m.byName[name]; own != nil && p.role == "backend" && own.role == "frontend" && own.Kind == portal.NoKind {
		return to, false // the backend serves the app's bundle
	}
	return to, to != sideNone && to != sideCommon && to != p.side
}

// sideOf is where a package runs. A plugin of another repo whose name says no more
// than that it is one may be a backend's: what it loads tells.
func (m *model) sideOf(name string) side {
	if own := m.byName[name]; own != nil {
		return own.side
	}
	if portal.ParseName(name).Kind != portal.Plugin || isBackstage(name) || m.graph == nil {
		return sideOf(name)
	}
	for _, n := range m.graph.Ident(name) {
		for _, d := range m.graph.Entry(n).Dependencies {
			if sideOf(d.Name) == sideBackend {
				return sideNone
			}
		}
	}
	return sideOf(name)
}

func (s side) String() string {
	switch s {
	case sideFrontend:
		return "the browser"
	case sideBackend:
		return "Node.js"
	case sideCommon:
		return "the browser and in Node.js"
	}
	return "neither"
}

// directionNext is what to do about a dependency on the other side; what is not
// of the repo cannot be moved.
func directionNext(from, to side, own bool) string {
	const other = "Remove it; what the source needs of it, take from "
	switch {
	case !own && from == sideFrontend:
		return other + "a -react or -common package, or call the backend over HTTP"
	case !own && from == sideBackend:
		return other + "a package for Node.js, such as @backstage/backend-plugin-api, or a -common one"
	case !own:
		return other + "a -common package"
	case from == sideFrontend:
		return "Move what both need to a -common package, and call the backend over HTTP"
	case from == sideBackend:
		return "Move what both need to a -common package"
	case to == sideFrontend:
		return "Move it to a -react package"
	}
	return "Move it to a -node package"
}
