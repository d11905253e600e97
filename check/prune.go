package check

import (
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// prune takes out of a lock what nothing asks for. On Classic that is for
// options.Prune alone, and needs the package.json files to know who asks.
//
// Where the lock is not in line with the package.json files, nothing goes: what
// looks like an orphan may be what the next install builds on.
func (m *model) prune(lock *yarnlock.Lock) (yarnlock.Pruned, bool) {
	if lock.Kind == yarnlock.Classic && (!m.opts.Prune || m.in.Project == nil) {
		return yarnlock.Pruned{}, false
	}
	g := newGraph(m.in, lock)
	if len(g.Missing()) > 0 || !m.inLine(lock) {
		return yarnlock.Pruned{}, false
	}
	return lock.Prune(g.Roots(), g.Resolver()), true
}
