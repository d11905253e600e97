package check

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"

	"github.com/portalctl/portalctl/internal/depgraph"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/workspace"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

var inLockOnly = []finding.Fix{finding.FixLock}

// stale is the rule lockfile-stale: what "yarn install --immutable" would
// refuse, as far as it can be told without the network.
func (m *model) stale() {
	switch {
	case m.in.LockErr != nil:
		m.conflict()
	case m.in.Lock == nil && foreign(m.in.Project) != "":
		// What its package manager says of its own lock is for that one to judge.
		m.unknown = append(m.unknown, finding.Unknown{Rule: ruleStale, Reason: "this is a repository of " + foreign(m.in.Project) + ", whose lock portalctl does not read",
			Next: "Rules about package.json files, plugins and the backend are judged all the same"})
	case m.in.Lock == nil:
		m.add(finding.Finding{Rule: ruleStale, Pos: fault.Pos{File: "package.json"}, Name: "yarn.lock",
			Message: "there is no yarn.lock: every install may get other versions", Next: "Run yarn install, and commit yarn.lock", Fixes: inLockOnly})
	case len(m.in.Lock.Entries) == 0 && (m.in.Lock.Kind == yarnlock.Berry || len(m.graph.Missing()) > 0):
		// Yarn lists the workspaces at least. A Yarn 1 lock may have nothing to say.
		m.add(finding.Finding{Rule: ruleStale, Pos: fault.Pos{File: m.in.Lock.File, Line: 1, Col: 1}, Name: "yarn.lock",
			Message: "the lock is empty: it decides no version", Next: "Run yarn install, and commit yarn.lock", Fixes: inLockOnly})
	default:
		m.mismatches()
		missing := m.missing()
		m.orphans(missing)
	}
}

func foreign(p *workspace.Project) string {
	if p == nil {
		return ""
	}
	name, _ := p.Manager()
	return name
}

func (m *model) conflict() {
	f := finding.Finding{Rule: ruleStale, Name: "yarn.lock", Message: m.in.LockErr.Error(), Next: fault.NextOf(m.in.LockErr), Fixes: inLockOnly}
	var e *fault.Error
	if errors.As(m.in.LockErr, &e) {
		f.Pos, f.Message = e.Pos, e.What
	}
	m.add(f)
}

// mismatches are entries whose key, resolution and version do not belong
// together, as a merge by hand leaves them.
func (m *model) mismatches() {
	first := map[string]*yarnlock.Entry{}
	for _, e := range m.in.Lock.Entries {
		if m.in.Lock.Kind == yarnlock.Berry {
			id := e.Resolution.String()
			if other := first[id]; other != nil {
				m.add(finding.Finding{Rule: ruleStale, Pos: m.in.Lock.Pos(e), Name: e.Keys[0].Name, Key: "twice " + id,
					Message: fmt.Sprintf("two entries resolve to %s, this one and that of line %d: Yarn writes one, and refuses this lock with --immutable", id, other.Line),
					Next:    m.nextInstall(), Fixes: inLockOnly})
				continue
			}
			first[id] = e
		}
		if why := mismatch(m.in.Lock.Kind, e); why != "" {
			m.add(finding.Finding{Rule: ruleStale, Pos: m.in.Lock.Pos(e), Name: e.Keys[0].Name, Key: e.Keys[0].String(),
				Message: fmt.Sprintf("the entry of %s %s", e.Keys[0], why),
				Next:    "Restore the entry from version control, or remove it and run yarn install", Fixes: inLockOnly}, entry(m.graph.Node(e)))
		}
	}
}

func mismatch(kind yarnlock.Kind, e *yarnlock.Entry) string {
	if kind == yarnlock.Classic {
		return classicMismatch(e)
	}
	for _, k := range e.Keys {
		if plainRange(k.Range) {
			if e.Resolution.Name != k.Name || e.Resolution.Is(spec.Patch) {
				return "resolves to another package, " + e.Resolution.String()
			}
			continue
		}
		name := k.Name
		if alias, ok := k.Alias(); ok {
			name = alias.Name
		}
		if e.Resolution.Name != name {
			return "resolves to another package, " + e.Resolution.String()
		}
		want, patch := k.PatchSource()
		have, patched := e.Resolution.Parsed().PatchSource()
		if patch != patched || patch && exact(want.Range) && want != have {
			return "resolves to something else, " + e.Resolution.String()
		}
	}
	if version, ok := e.Resolution.Version(); ok {
		if version != e.Version {
			return fmt.Sprintf("has version %s, but resolves to %s", e.Version, e.Resolution)
		}
	}
	return ""
}

// plainRange reports whether a range is npm: and a version range or tag, as
// nearly all are; the rest has to be taken apart.
func plainRange(rng string) bool {
	return spec.NPM.In(rng) && strings.IndexByte(rng, '@') < 0
}

// exact reports whether a range names one version.
func exact(rng string) bool {
	_, err := semrange.ParseVersion(spec.Bare(rng))
	return err == nil && spec.NPM.In(rng)
}

// classicMismatch compares an entry with the tarball that it names, where the
// address has the form of registries: …/<name>/-/<base>-<version>.tgz. One key
// that leads there is enough: where resolutions replace a package, Yarn 1 writes
// the replaced key and the alias or address that took its place into one entry.
func classicMismatch(e *yarnlock.Entry) string {
	u, err := url.Parse(e.Resolved)
	if err != nil || e.Resolved == "" {
		return ""
	}
	before, file, ok := strings.Cut(u.Path, "/-/")
	if !ok || !strings.HasSuffix(file, ".tgz") {
		return ""
	}
	leads := false
	for _, k := range e.Keys {
		name := k.Name
		if at, ok := spec.NPM.Cut(k.Range); ok {
			name = spec.ParseClassicKey(at).Name
		} else if strings.ContainsAny(k.Range, ":/") {
			return "" // an address of the project's own choice
		}
		leads = leads || strings.HasSuffix(before+"/", "/"+name+"/")
	}
	if !leads {
		return "resolves to another package, " + tarball(u.Path)
	}
	if base := path.Base(file); !strings.HasSuffix(base, "-"+e.Version+".tgz") {
		return fmt.Sprintf("has version %s, but resolves to %s", e.Version, base)
	}
	return ""
}

// tarball is the package and file of a tarball's path: the host is nobody's
// business in a report.
func tarball(p string) string {
	before, file, _ := strings.Cut(p, "/-/")
	name := path.Base(before)
	if scope := path.Base(path.Dir(before)); strings.HasPrefix(scope, "@") {
		name = scope + "/" + name
	}
	return name + " (" + path.Base(file) + ")"
}

// label is a package of the graph as messages name it: a workspace by its
// name, others with their version.
func (m *model) label(n depgraph.Node) string { return label(m.graph, n) }

func label(g *depgraph.Graph, n depgraph.Node) string {
	if v := g.Version(n); v != "" {
		return g.Name(n) + "@" + v
	}
	return g.Name(n)
}
