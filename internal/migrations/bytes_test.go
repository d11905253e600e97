package migrations

import (
	"runtime"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit"
)

// Code that doubles a text or a list at each turn is given up, and said to be.
func TestGrowingValues(t *testing.T) {
	testkit.SkipRace(t)
	for name, turn := range map[string]string{
		"added":    "s += s",
		"template": "s = `${s}${s}`",
		"joined":   "s = [s, s, s].join(s)",
		"replaced": "s = s.replaceAll('x', s + 'xx')",
		"text":     "s = s.concat(s, s)",
		"list":     "a = a.concat(a)",
		"spread":   "a = [...a, ...a]",
		"pushed":   "a.push(...a)",
		"flat":     "a = a.flatMap(() => a)",
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		m := read("migrations", "a.js", []byte("exports.up = async knex => { let s = 'x'; let a = ['x', 'y']; for (let i = 0; i < 60; i++) { "+turn+"; } await knex.raw(s + a.join('')); };"))
		runtime.ReadMemStats(&after)
		if made := after.TotalAlloc - before.TotalAlloc; len(m.Doubts) == 0 || made > 512<<20 {
			t.Errorf("%s: %v, %d MB", name, m.Doubts, made>>20)
		}
	}
}
