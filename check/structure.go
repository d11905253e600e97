package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/portal"
)

// structure is the rule plugin-structure. The roles, ids and package lists are
// those that "backstage-cli repo fix --publish" would write; what only such
// repos have is asked for where the plugin has begun to use it.
func (m *model) structure() {
	families := m.families()
	m.sameIDs()
	for _, p := range m.packages {
		m.direction(p)
		m.sections(p)
		if !p.isOwnPlugin() {
			m.misplacedRole(p)
			continue
		}
		if m.checkRole(p) {
			if p.isModule() {
				m.checkModule(p)
			} else {
				m.checkID(p, families[p])
				m.checkPackages(p, families[p])
			}
		} else {
			// What is missing is added with the role; what is wrong is not.
			m.checkSourceID(p)
		}
		m.checkPublished(p)
	}
}

func (m *model) structureFinding(p *pkg, pos fault.Pos, key, message, next string) {
	m.add(finding.Finding{Rule: ruleStructure, Pos: pos, Name: p.Name(), Key: key, Message: message, Next: next,
		Fixes: []finding.Fix{finding.FixManifest}}, at(pos))
}

// at is the place of a field of the backstage block, else of the block, else
// of the package's name.
func (p *pkg) at(field ...string) fault.Pos {
	doc := p.File.Doc()
	if doc == nil {
		return fault.Pos{File: p.File.Path()}
	}
	for n := len(field); n >= 0; n-- {
		if v, ok := doc.Get(append([]string{"backstage"}, field[:n]...)...); ok {
			return v.Pos()
		}
	}
	return p.File.NamePos
}

// checkRole reports a role that is missing, unknown, or not what the source or
// else the name says. It reports whether the rest is worth a look: without a role
// much is missing at once.
func (m *model) checkRole(p *pkg) bool {
	want := wantedRole(p.Kind)
	is, wrong := m.contradicted(p)
	switch {
	case p.role == "":
		m.structureFinding(p, p.at(), "role", fmt.Sprintf("%s has no backstage.role: the Backstage CLI does not know how to build it", p.Name()),
			fmt.Sprintf(`Add "role" to "backstage" in %s. %s%s`, p.File.Path(), writeRole(cmp.Or(is.role, want)), m.withID(p)))
		return false
	case roleUnknown(p.role):
		m.unknownRole(p, cmp.Or(is.role, nearRole(p.role), want))
		return false
	case wrong:
		m.structureFinding(p, p.at("role"), "role", fmt.Sprintf("%s has the role %s, but its source makes a %s (%s, %s:%d)", p.Name(), p.role, is.role, is.name, is.at.File, is.at.Line),
			writeRole(is.role)+": the role decides how the CLI builds it, and how others load it")
	case !p.certain && !p.roleFits(): // else the name is a matter of taste: what it is built as is right
		m.structureFinding(p, p.at("role"), "role", fmt.Sprintf("%s says by its name that it is a %s, and by its role that it is a %s", p.Name(), want, p.role),
			writeRole(want)+", or rename the package")
		return false
	}
	return true
}

func (m *model) unknownRole(p *pkg, want string) {
	m.structureFinding(p, p.at("role"), "role", fmt.Sprintf("%q is not a role that Backstage knows", p.role), writeRole(want))
}

// withID is what to add beside a missing role where the plugin's other packages
// have an ID: without it the next look would say so.
func (m *model) withID(p *pkg) string {
	if p.File.Backstage.PluginID == "" && p.Family != "" && slices.ContainsFunc(m.packages, func(o *pkg) bool {
		return o.Family == p.Family && o.File.Backstage.PluginID != ""
	}) {
		return ", and let backstage-cli repo fix --publish add pluginId and pluginPackages"
	}
	return ""
}

func writeRole(want string) string {
	if want == "" {
		return "Write a role such as frontend-plugin, backend-plugin or common-library"
	}
	return fmt.Sprintf("Write %q", want)
}

// roleFits reports whether the role is one that the name allows. plugin-x
// promises little: it can be a library, or the backend plugin of somebody who
// has no other.
func (p *pkg) roleFits() bool {
	want := wantedRole(p.Kind)
	return want == "" || p.role == want || p.Kind == portal.Plugin && p.role != "frontend" && p.role != "backend"
}

// misplacedRole reports roles that do not exist on packages that are no
// plugins, apps first.
func (m *model) misplacedRole(p *pkg) {
	if p.role != "" && roleUnknown(p.role) {
		m.unknownRole(p, nearRole(p.role))
	}
}

// families are the packages of one plugin, for each of its packages: those that
// their names make one, and those that list each other in pluginPackages.
// Modules belong to another plugin.
func (m *model) families() map[*pkg][]*pkg {
	head := map[*pkg]*pkg{}
	var find func(*pkg) *pkg
	find = func(p *pkg) *pkg {
		if head[p] == nil || head[p] == p {
			return p
		}
		head[p] = find(head[p])
		return head[p]
	}
	byFamily := map[string]*pkg{}
	for _, p := range m.packages {
		if !p.isOwnPlugin() || p.isModule() {
			continue
		}
		if first := byFamily[p.Family]; first != nil && p.Family != "" {
			head[find(p)] = find(first)
		} else {
			byFamily[p.Family] = p
		}
		for _, name := range p.File.Backstage.PluginPackages {
			if q := m.byName[name]; q != nil && q.isOwnPlugin() && !q.isModule() {
				head[find(q)] = find(p)
			}
		}
	}
	groups := map[*pkg][]*pkg{}
	for _, p := range m.packages {
		if p.isOwnPlugin() && !p.isModule() {
			groups[find(p)] = append(groups[find(p)], p)
		}
	}
	families := map[*pkg][]*pkg{}
	for _, group := range groups {
		for _, p := range group {
			families[p] = group
		}
	}
	return families
}

// checkID reports a pluginId that is missing where the plugin's other packages
// have one, or that is another one.
func (m *model) checkID(p *pkg, family []*pkg) {
	id := p.File.Backstage.PluginID
	want := familyID(p, family)
	switch {
	case m.sameID[p] != nil:
		m.structureFinding(p, p.at("pluginId"), "pluginId", fmt.Sprintf("%s has the pluginId %q, which is that of %s", p.Name(), id, m.sameID[p].Name()),
			fmt.Sprintf("Write %q, or another id that is free", p.told()))
	case id == "" && want != "":
		m.structureFinding(p, p.at(), "pluginId", fmt.Sprintf("%s has no backstage.pluginId; the other packages of the plugin have %q", p.Name(), want),
			fmt.Sprintf(`Add "pluginId": "%s"`, want))
	case m.checkSourceID(p):
	case id != "" && want != "" && id != want && !m.repairAccepts(p):
		m.structureFinding(p, p.at("pluginId"), "pluginId", fmt.Sprintf("%s has the pluginId %q; the other packages of the plugin have %q", p.Name(), id, want),
			fmt.Sprintf("Write %q", want))
	}
}

// sameIDs notes plugins that have the id of another plugin of the same role: one
// of them would take the other's routes, configuration and database. The one
// whose source or name tells the id keeps it.
func (m *model) sameIDs() {
	m.sameID = map[*pkg]*pkg{}
	owner := map[string]*pkg{}
	for _, p := range m.packages {
		id := p.File.Backstage.PluginID
		if ids, certain := m.sourceIDs(p); certain && !slices.Contains(ids, id) {
			continue // a finding of its own; the ID is not the one that runs
		}
		if id == "" || p.is != "frontend-plugin" && p.is != "backend-plugin" || p.isModule() || !p.certain && !p.roleFits() {
			continue
		}
		key := p.is + " " + id
		switch other := owner[key]; {
		case other == nil:
			owner[key] = p
		case m.ownsID(p) && m.ownsID(other):
			// Both make it: that is how they are meant, as entry points of one plugin.
		case m.ownsID(p) || p.told() == id && other.told() != id && !m.ownsID(other):
			owner[key], m.sameID[other] = p, p
		default:
			m.sameID[p] = other
		}
	}
}

// ownsID reports whether a package's source makes what has its pluginId.
func (m *model) ownsID(p *pkg) bool {
	ids, _ := m.sourceIDs(p)
	return slices.Contains(ids, p.File.Backstage.PluginID)
}

// familyID is the id that the other packages of the family have: the one that
// the names tell if any has it, else the most frequent. "" if none has any.
func familyID(p *pkg, family []*pkg) string {
	count := map[string]int{}
	for _, other := range family {
		if id := other.File.Backstage.PluginID; id != "" {
			count[id]++
		}
	}
	if p.ID != "" && count[p.ID] > 0 {
		return p.ID
	}
	best := ""
	for _, other := range family { // in order, so that ties are stable
		if id := other.File.Backstage.PluginID; count[id] > count[best] {
			best = id
		}
	}
	if len(family) < 2 || count[best] < 2 {
		return ""
	}
	return best
}

// told is what the name tells of the plugin's id.
func (p *pkg) told() string {
	if p.ID != "" {
		return p.ID
	}
	if _, base, ok := strings.Cut(p.Name(), "/"); ok {
		return base
	}
	return p.Name()
}

func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(s))
}
