package check

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/jsscan"
)

// What a package makes decides what it is: its role in package.json is a text that
// people copy. Only what stands there can be wrong, not what runs.

// maker is a function with which packages make what they export, and the roles
// that fit.
type maker struct {
	name string
	// role is what the package is; also are others that it may be.
	role, also string
}

func (mk maker) fits(role string) bool { return role != "" && (role == mk.role || role == mk.also) }

// makers are those of @backstage/backend-plugin-api, frontend-plugin-api and
// core-plugin-api; others have a createPlugin, too. The modules of the former frontend system, such as addons of
// TechDocs, were made as plugins.
var makers = []maker{
	{"createBackendPlugin", "backend-plugin", ""},
	{"createBackendModule", "backend-plugin-module", ""},
	{"createFrontendPlugin", "frontend-plugin", ""},
	{"createFrontendModule", "frontend-plugin-module", ""},
	{"createPlugin", "frontend-plugin", "frontend-plugin-module"},
}

// made is something that a package's source makes.
type made struct {
	maker
	at fault.Pos
}

// makes is what a package's source makes, its tests apart, in the order of makers.
func (m *model) makes(p *pkg) []made {
	if m.madeBy == nil {
		m.madeBy = map[*pkg][]made{}
	}
	if list, ok := m.madeBy[p]; ok {
		return list
	}
	first := map[string]made{}
	for _, f := range m.sources(p) {
		if f.test || len(f.creates) == 0 {
			continue
		}
		s, core := f.scan(), f.has("@backstage/core-plugin-api")
		for i, t := range s.tokens {
			if t.Kind != jsscan.Word || !strings.HasPrefix(t.Text, "create") || !s.is(i+1, "(") && !s.is(i+1, "<") || s.is(i-1, ".") || s.is(i-1, "function") {
				continue
			}
			for _, mk := range makers {
				if _, have := first[mk.name]; mk.name == t.Text && !have && (core || mk.name != "createPlugin") {
					first[mk.name] = made{mk, fault.Pos{File: f.name, Line: t.Line}}
				}
			}
		}
	}
	var list []made
	for _, mk := range makers {
		if one, ok := first[mk.name]; ok {
			list = append(list, one)
		}
	}
	m.madeBy[p] = list
	return list
}

// contradicted is what a package makes where that does not fit its role, and ok
// says that it does not. Apps make modules for themselves, and libraries of one
// side may make plugins for others: those only by their default export.
func (m *model) contradicted(p *pkg) (is made, ok bool) {
	switch p.role {
	case "frontend", "backend", "cli", "cli-module", "frontend-dynamic-container":
		return made{}, false
	}
	list := m.makes(p)
	if len(list) == 0 || slices.ContainsFunc(list, func(mk made) bool { return mk.fits(p.role) }) {
		return made{}, false
	}
	if len(creates(p.role)) == 0 && p.role != "common-library" && !slices.ContainsFunc(m.sources(p), func(f *sourceFile) bool {
		return isIndex(f.name, p.Rel) && f.has("export default", "as default", "default }", "default,")
	}) {
		return made{}, false
	}
	return list[0], true
}

// isIndex reports whether a file is an entry of a package: src/index, or src/alpha.
func isIndex(file, rel string) bool {
	name, _ := strings.CutPrefix(file, strings.TrimPrefix(rel+"/", "./")+"src/")
	return !strings.Contains(name, "/") && (strings.HasPrefix(name, "index.") || strings.HasPrefix(name, "alpha."))
}

// settleRoles decides what each package is, and where it runs: what its source
// makes, else its role, else what its name says.
func (m *model) settleRoles() {
	for _, p := range m.packages {
		p.is = p.role
		if is, ok := m.contradicted(p); ok {
			p.is = is.role
		} else if p.role == "" || roleUnknown(p.role) {
			p.is = cmp.Or(nearRole(p.role), wantedRole(p.Kind))
		}
		if near := nearRole(p.role); near != "" {
			p.side = roles[near]
		}
		if slices.ContainsFunc(m.makes(p), func(mk made) bool { return mk.fits(p.is) }) {
			p.certain, p.side = true, roles[p.is]
		}
	}
}

// nearRole is the role that a misspelt one was to be, else "".
func nearRole(role string) string {
	if role == "" || !roleUnknown(role) {
		return ""
	}
	return fault.Nearest(role, slices.Sorted(maps.Keys(roles)))
}
