package dbportal

import (
	"syscall"
	"testing"
)

// Chains are portals for a test of many points. Each point takes one, alone, and
// gives back what it left: the next point starts from there.
type Chains struct{ portals chan *Portal }

// Several is how many chains a test has.
const Several = 3

// NewChains makes no portal yet.
func NewChains(schemas bool) *Chains {
	c := &Chains{make(chan *Portal, Several)}
	for range Several {
		c.portals <- &Portal{Schemas: schemas}
	}
	return c
}

// Take makes the portal when it is first wanted. t is the whole test, which the
// portal's server lives for, sub the point's.
func (c *Chains) Take(t, sub testing.TB) *Portal {
	sub.Helper()
	p := <-c.portals
	sub.Cleanup(func() { c.portals <- p })
	if p.Cluster == nil {
		p = Taken(t, p.Schemas)
	}
	p.T = sub
	return p
}

// Endings are the ways in which a run is ended: at once, or by a signal that it
// hears. These are one thing to a restore (one context that signal.NotifyContext
// ends) and to rollback.sh (one trap), so that the points take turns with them.
var Endings = map[string][]syscall.Signal{"killed": {syscall.SIGKILL}, "told": {syscall.SIGTERM, syscall.SIGINT}}
