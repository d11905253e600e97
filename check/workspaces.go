package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/depgraph"
	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/relock"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/workspace"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// Yarn 2 and later write the workspaces into the lock, too: name, folder,
// dependencies, peers, bin. An entry that is not what package.json says is
// YN0028 of "yarn install --immutable".

// lockedWorkspaces compares the workspaces of a project with those of a lock.
type lockedWorkspaces struct {
	// entry is what the lock has at a workspace's folder, whatever its name.
	entry map[*pkg]*yarnlock.Entry
	// left are entries of folders that are not workspaces.
	left []*yarnlock.Entry
	// moved is the entry of a workspace that was in another folder.
	moved map[*pkg]*yarnlock.Entry
	// names are those of workspaces that came or went, new and old: who asks for
	// them follows from that.
	names map[string]bool
}

// lockedWorkspaces is nil where the lock has no workspaces to compare.
func (m *model) lockedWorkspaces(lock *yarnlock.Lock) *lockedWorkspaces {
	if m.in.Project == nil || lock.Kind != yarnlock.Berry {
		return nil
	}
	l := &lockedWorkspaces{entry: map[*pkg]*yarnlock.Entry{}, moved: map[*pkg]*yarnlock.Entry{}, names: map[string]bool{}}
	byRel := map[string]*pkg{}
	for _, p := range m.packages {
		byRel[p.Rel] = p
	}
	for _, e := range lock.Entries {
		if !e.IsWorkspace() {
			continue
		}
		if p := byRel[workspaceFolder(e)]; p != nil {
			l.entry[p] = e
		} else {
			l.left = append(l.left, e)
		}
	}
	for _, p := range m.packages {
		e := l.entry[p]
		if e != nil && !l.renamed(p) {
			continue
		}
		l.names[p.Name()] = true
		if e != nil {
			l.names[e.Resolution.Name] = true
			continue
		}
		if i := slices.IndexFunc(l.left, func(e *yarnlock.Entry) bool { return e.Resolution.Name == p.Name() }); i >= 0 {
			l.moved[p] = l.left[i]
			l.left = slices.Delete(l.left, i, i+1)
		}
	}
	for _, e := range l.left {
		l.names[e.Resolution.Name] = true
	}
	return l
}

// renamed reports whether the lock knows a workspace under another name. Yarn
// makes up a name for one that has none.
func (l *lockedWorkspaces) renamed(p *pkg) bool {
	return p.File.Name != "" && l.entry[p].Resolution.Name != p.File.Name
}

// strange reports whether none of the workspaces is in the lock: it is another
// project's, or one that no install has completed.
func (l *lockedWorkspaces) strange() bool {
	for p := range l.entry {
		if !l.renamed(p) {
			return false
		}
	}
	return true
}

// inLine reports whether a lock has the workspaces as their package.json files
// are, but for those that went and that nobody asks for.
func (m *model) inLine(lock *yarnlock.Lock) bool {
	l := m.lockedWorkspaces(lock)
	return l == nil || !slices.ContainsFunc(m.packages, func(p *pkg) bool {
		e := l.entry[p]
		return e == nil || l.renamed(p) || len(m.entryDiffers(lock, p, e)) > 0 ||
			slices.ContainsFunc(p.File.AllDeps(), func(d pkgjson.Dep) bool { return l.names[d.Name] })
	})
}

// workspaceNames reports workspaces that came, or have another name or folder in
// the lock, and ranges that lead to one that went. It reports whether there are any.
func (m *model) workspaceNames(l *lockedWorkspaces) bool {
	gone := m.asksGone(l)
	var list []finding.Finding
	for _, p := range m.packages {
		e, message := l.entry[p], ""
		switch was := l.moved[p]; {
		case e != nil && l.renamed(p):
			if gone[e.Resolution.Name] {
				continue // who asks for the old name is the first to be told
			}
			message = fmt.Sprintf("yarn.lock has %s under its old name, %s", p.title(), e.Resolution.Name)
		case e != nil:
			continue
		case was != nil:
			message = fmt.Sprintf("yarn.lock has %s in its old folder, %s", p.title(), workspaceFolder(was))
		default:
			message = "yarn.lock does not have " + p.title()
		}
		list = append(list, finding.Finding{Rule: ruleStale, Pos: p.File.NamePos, Name: cmp.Or(p.Name(), p.Rel), Key: "workspace " + p.Rel,
			Message: message, Next: m.nextInstall(), Fixes: inLockOnly})
	}
	return m.addOrOne(list, "names", "yarn.lock does not have %d workspaces by their names and folders") || len(gone) > 0
}

// title is a workspace with its folder, for messages.
func (p *pkg) title() string {
	if p.Name() == "" {
		return "the workspace " + p.Rel
	}
	return fmt.Sprintf("the workspace %s (%s)", p.Name(), p.Rel)
}

// addOrOne adds findings of forgotten installs: one for each workspace, or, where
// there are many, one for all: one command mends them.
func (m *model) addOrOne(list []finding.Finding, key, message string) (shown bool) {
	var places []cause
	for _, f := range list {
		places = append(places, at(f.Pos))
	}
	if len(list) <= mostMissing {
		for i, f := range list {
			shown = m.add(f, places[i]) || shown
		}
		return shown
	}
	f := list[0]
	f.Name, f.Key, f.Message = "yarn.lock", key, fmt.Sprintf(message, len(list))
	texts := make([]string, len(list))
	for i, one := range list {
		texts[i] = fmt.Sprintf("%s:%d: %s", one.Pos.File, one.Pos.Line, one.Message)
	}
	listAll(&f, "workspaces", texts)
	return m.add(f, places...)
}

func workspaceFolder(e *yarnlock.Entry) string {
	rel, _ := e.Resolution.Workspace()
	return rel
}

// asksGone reports ranges of workspaces that lead to a workspace that the lock
// still has and the project does not. It returns the names whose finding is shown.
func (m *model) asksGone(l *lockedWorkspaces) map[string]bool {
	gone := map[string]bool{}
	report := func(e depgraph.Edge, is string) {
		ws := m.graph.Workspace(e.From)
		if ws == nil || gone[e.Name+" "+ws.Rel] {
			return
		}
		gone[e.Name+" "+ws.Rel] = true
		shown := m.add(finding.Finding{Rule: ruleStale, Pos: e.Pos, Name: e.Name, Key: "gone " + ws.Rel,
			Message: fmt.Sprintf("%s asks for %s@%s, and %s", ws.Name, e.Name, e.Range, is),
			Next:    fmt.Sprintf("Ask for a workspace that is there, or bring the folder back; then run %s", m.install()), Fixes: []finding.Fix{finding.FixManifest}}, at(e.Pos))
		if shown {
			gone[e.Name] = true
		}
	}
	for _, n := range m.graph.Workspaces() {
		for _, e := range m.graph.Out(n) {
			to := m.graph.Entry(e.To)
			if to == nil || !to.IsWorkspace() || m.graph.Workspace(e.To) != nil {
				continue
			}
			if p := m.byName[to.Resolution.Name]; p == nil || l.moved[p] != to {
				report(e, m.becameOf(l, to))
			}
		}
	}
	for _, e := range m.graph.Missing() {
		if spec.Workspace.In(e.Range) && m.byName[e.Name] == nil {
			report(e, "no workspace of the project has that name")
		}
	}
	return gone
}

// becameOf says what became of a workspace that only the lock has.
func (m *model) becameOf(l *lockedWorkspaces, e *yarnlock.Entry) string {
	for _, p := range m.packages {
		if l.entry[p] == e {
			return fmt.Sprintf("%s is called %s now", p.Rel, p.Name())
		}
	}
	return fmt.Sprintf("%s is not there any more", workspaceFolder(e))
}

// entriesDiffer reports workspaces whose entry is not what package.json says. It
// reports whether there are any.
func (m *model) entriesDiffer(l *lockedWorkspaces, missing map[cause]bool) bool {
	var list []finding.Finding
	for _, p := range m.packages {
		e := l.entry[p]
		if e == nil || l.renamed(p) {
			continue
		}
		diff := slices.DeleteFunc(m.entryDiffers(m.in.Lock, p, e), func(d difference) bool {
			return l.names[d.name] || missing[at(d.pos)]
		})
		if len(diff) == 0 {
			continue
		}
		pos := p.File.NamePos
		var said, keys []string
		for _, d := range diff {
			if pos == p.File.NamePos && d.pos.Line > 0 {
				pos = d.pos
			}
			said, keys = append(said, d.text), append(keys, d.name)
		}
		list = append(list, finding.Finding{Rule: ruleStale, Pos: pos, Name: cmp.Or(p.Name(), p.Rel), Key: "entry " + strings.Join(keys, " "),
			Message: fmt.Sprintf("yarn.lock does not have %s as its package.json is: %s", p.title(), english.Some(said, 3)), Next: m.nextInstall(), Fixes: inLockOnly})
	}
	return m.addOrOne(list, "entries", "yarn.lock does not have %d workspaces as their package.json files are")
}

// difference is one field of a workspace that the lock has otherwise.
type difference struct {
	name, text string
	pos        fault.Pos // in package.json; zero for what is not there any more
}

// entryDiffers compares the entry of a workspace with its package.json.
func (m *model) entryDiffers(lock *yarnlock.Lock, p *pkg, e *yarnlock.Entry) []difference {
	want := relock.WorkspaceFields(p.File)
	place := map[string]fault.Pos{}
	for _, d := range p.File.AllDeps() {
		place[d.Name] = d.Pos
	}
	peers := map[string]fault.Pos{}
	for _, d := range p.File.Deps(pkgjson.PeerDependencies) {
		peers[d.Name] = d.Pos
	}
	list := depsDiffer(lock, "", e.Dependencies, want.Dependencies, place)
	list = append(list, depsDiffer(lock, "the peer ", e.PeerDependencies, want.PeerDependencies, peers)...)
	if !sameText(e.DependenciesMeta, want.DependenciesMeta) {
		list = append(list, difference{"dependenciesMeta", "another dependenciesMeta", fieldPos(p.Workspace, "dependenciesMeta")})
	}
	if !sameText(e.PeerDependenciesMeta, want.PeerDependenciesMeta) {
		list = append(list, difference{"peerDependenciesMeta", "another peerDependenciesMeta", fieldPos(p.Workspace, "peerDependenciesMeta")})
	}
	if !sameText(e.Bin, want.Bin) {
		list = append(list, difference{"bin", "another bin", fieldPos(p.Workspace, "bin")})
	}
	return list
}

// sameText compares lists whose order has no meaning.
func sameText[T any](a, b []T) bool {
	texts := func(list []T) []string {
		out := make([]string, len(list))
		for i, x := range list {
			out[i] = fmt.Sprint(x)
		}
		slices.Sort(out)
		return out
	}
	return len(a) == len(b) && (len(a) == 0 || slices.Equal(texts(a), texts(b)))
}

func fieldPos(ws *workspace.Workspace, name string) fault.Pos {
	if doc := ws.File.Doc(); doc != nil {
		if v, ok := doc.Get(name); ok {
			return v.Pos()
		}
	}
	return fault.Pos{}
}

// depsDiffer compares ranges as they are written. Yarn 2 and 3 leave npm: out, and
// the first releases of the Backstage plugin wrote what they made of backstage:^.
func depsDiffer(lock *yarnlock.Lock, what string, have, want []yarnlock.Dep, place map[string]fault.Pos) []difference {
	bound := func(d yarnlock.Dep) bool { return spec.Backstage.In(d.Range) }
	made := !slices.ContainsFunc(have, bound)
	var list []difference
	locked := make(map[string]string, len(have))
	for _, d := range have {
		locked[d.Name] = d.Range
	}
	for _, d := range want {
		was, ok := locked[d.Name]
		delete(locked, d.Name)
		switch to, from := spec.Bare(d.Range), spec.Bare(was); {
		case !ok:
			list = append(list, difference{d.Name, fmt.Sprintf("it lacks %s%s %s", what, d.Name, to), place[d.Name]})
		case was == d.Range, made && bound(d), lock.Version < yarnlock.Yarn4 && from == to:
		default:
			list = append(list, difference{d.Name, fmt.Sprintf("it has %s%s %s instead of %s", what, d.Name, from, to), place[d.Name]})
		}
	}
	for _, d := range have {
		if _, ok := locked[d.Name]; ok {
			list = append(list, difference{d.Name, fmt.Sprintf("it still has %s%s", what, d.Name), fault.Pos{}})
		}
	}
	return list
}
