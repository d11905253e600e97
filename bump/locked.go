package bump

import (
	"github.com/portalctl/portalctl/internal/depgraph"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/workspace"
	"github.com/portalctl/portalctl/internal/yarnlock"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// LockedAt are the versions that a lock has of the workspaces' own dependencies
// that match; the highest of several. None of the globs means DefaultPattern.
func LockedAt(project *workspace.Project, settings *yarnrc.Settings, lock *yarnlock.Lock, globs []string) map[string]string {
	ps, err := newPatterns(globs)
	if err != nil {
		return nil
	}
	out := map[string]string{}
	g := depgraph.Of(lock, project, settings)
	for _, ws := range g.Workspaces() {
		for _, e := range g.Out(ws) {
			entry := g.Entry(e.To)
			if entry == nil {
				continue
			}
			name, locked, ok := entry.Package()
			if !ok || !ps.match(name) {
				continue
			}
			v, err := semrange.ParseVersion(locked)
			have, herr := semrange.ParseVersion(out[name])
			if err == nil && (herr != nil || v.GreaterThan(have)) {
				out[name] = locked
			}
		}
	}
	return out
}

// lockedVersions is the registry versions of each package in a lock, low to
// high, workspaces and other sources apart.
func lockedVersions(lock *yarnlock.Lock) map[string][]string {
	if lock == nil {
		return nil
	}
	out := yarnlock.Versions(lock.Entries, nil)
	for _, versions := range out {
		semrange.SortText(versions)
	}
	return out
}
