package testkit

import (
	"testing"
	"time"
)

// Wait waits until left says "". There is no limit but the test's own: shortly
// before that, what is left becomes the test's failure instead of a panic.
func Wait(t testing.TB, left func() string) {
	t.Helper()
	const pause, margin = 10 * time.Millisecond, 15 * time.Second
	var end time.Time
	if own, ok := t.(interface{ Deadline() (time.Time, bool) }); ok {
		if deadline, ok := own.Deadline(); ok {
			end = deadline.Add(-margin)
		}
	}
	for {
		what := left()
		if what == "" {
			return
		}
		if !end.IsZero() && time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
		time.Sleep(pause)
	}
}
