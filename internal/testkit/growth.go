package testkit

import (
	"runtime"
	"testing"
	"time"
)

// Linear fails when work on n things costs far more than eight times what it
// costs on an eighth of them: 8 is what a linear algorithm takes, 64 a quadratic
// one. What is compared is the process's CPU time, so that a busy machine does
// not matter, and of several tries the best counts. prepare is not measured. The
// test must not run beside others of its package. The race detector's own costs
// would be measured with it: there the test is skipped, as SkipRace says.
func Linear(t testing.TB, n int, prepare func(n int) (work func())) {
	t.Helper()
	SkipRace(t)
	const parts, limit, tries = 8, 24, 5
	small, large := prepare(n/parts), prepare(n)
	var ratio float64
	for range tries {
		ratio = float64(cost(large)) / float64(max(cost(small), time.Microsecond))
		if ratio < limit {
			t.Logf("%d times the work costs %.1f times as much", parts, ratio)
			return
		}
	}
	t.Errorf("%d times the work costs %.0f times as much: it does not grow with the size of what is given, but faster", parts, ratio)
}

// cost is what the work costs. The clock of CPU time moves in steps: work that ends
// within a few of them is done again and again, and its mean counts.
func cost(work func()) time.Duration {
	const enough, most = 10 * time.Millisecond, 1000
	runtime.GC()
	before := cpuTime()
	for n := time.Duration(1); ; n++ {
		work()
		if spent := cpuTime() - before; spent >= enough || n == most {
			return spent / n
		}
	}
}
