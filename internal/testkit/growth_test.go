package testkit

import (
	"strconv"
	"sync/atomic"
	"testing"
)

// failed is a test that remembers that it failed.
type failed struct {
	testing.TB
	yes bool
}

func (f *failed) Errorf(string, ...any) { f.yes = true }

func TestLinearTellsAQuadraticAlgorithm(t *testing.T) {
	sink := 0
	grow := func(f *failed, n int, steps func(n int) int) bool {
		Linear(f, n, func(n int) func() {
			return func() {
				for i := range steps(n) {
					sink += i ^ sink
				}
			}
		})
		return f.yes
	}
	if grow(&failed{TB: t}, 4_000_000, func(n int) int { return n }) {
		t.Error("a linear loop was called quadratic")
	}
	if !grow(&failed{TB: t}, 4_000, func(n int) int { return n * n }) {
		t.Error("a quadratic loop was called linear")
	}
	_ = sink
}

// Each number is tried once, those before the end are told in order, and not
// one after the other.
func TestUntil(t *testing.T) {
	var tried atomic.Int32
	start := make(chan struct{})
	got := Until(t, func(t *testing.T, n int) (string, bool) {
		if tried.Add(1); n == 2 {
			close(start)
		}
		<-start // the first waits for the second
		return strconv.Itoa(n), n <= 20
	})
	if len(got) != 20 || tried.Load() < 21 || tried.Load() > 20+width || got[0] != "1" || got[19] != "20" {
		t.Errorf("%q", got)
	}
}
