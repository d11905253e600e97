// Package testkit is what tests of several packages are made of.
package testkit

import (
	"strconv"
	"sync"
	"testing"
)

// width is how many subtests Until and Each have under way. They wait for disks,
// processes and servers, so that it is more than there are processors.
const width = 8

// slots has a place for each that is under way in the whole package. None of Until,
// Each and SideBySide may run inside another: outer loops are parallel tests.
var slots = make(chan struct{}, 2*width)

// Until runs f(1), f(2), f(3), … as subtests side by side, each with what it
// needs of its own, until one says that there are no more, as its n lies past
// the end. It returns the results of those before, in order. A failure ends it
// too.
func Until[T any](t *testing.T, f func(t *testing.T, n int) (result T, more bool)) []T {
	t.Helper()
	return UntilBy(t, width, f)
}

// UntilBy is Until with so many under way. Those past the end run in vain.
func UntilBy[T any](t *testing.T, width int, f func(t *testing.T, n int) (result T, more bool)) []T {
	t.Helper()
	var (
		mu      sync.Mutex
		next    int
		ended   bool
		last    int
		results = map[int]T{}
	)
	take := func() (int, bool) {
		mu.Lock()
		defer mu.Unlock()
		if ended {
			return 0, false
		}
		next++
		return next, true
	}
	var workers sync.WaitGroup
	for range width {
		workers.Go(func() {
			for {
				n, ok := take()
				if !ok {
					return
				}
				var result T
				more := false // stays so when f fails
				slots <- struct{}{}
				t.Run(strconv.Itoa(n), func(t *testing.T) { result, more = f(t, n) })
				<-slots
				mu.Lock()
				if more {
					results[n] = result
				} else if !ended || n < last {
					ended, last = true, n
				}
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	if t.Failed() {
		t.FailNow() // what was gathered has holes
	}
	out := make([]T, 0, last-1)
	for n := 1; n < last; n++ {
		out = append(out, results[n])
	}
	return out
}

// Each runs f for every item as a subtest, side by side.
func Each[T any](t *testing.T, items []T, name func(T) string, f func(t *testing.T, item T)) {
	t.Helper()
	side := SideBySide(t)
	for _, item := range items {
		side.Run(name(item), func(t *testing.T) { f(t, item) })
	}
	side.Wait()
}

// Side runs subtests side by side, for a loop over a table. Wait for it.
type Side struct {
	t     *testing.T
	group sync.WaitGroup
}

// SideBySide is for the subtests of t.
func SideBySide(t *testing.T) *Side { return &Side{t: t} }

// Run begins a subtest, when there is a place for it.
func (s *Side) Run(name string, f func(t *testing.T)) {
	slots <- struct{}{}
	s.group.Go(func() {
		defer func() { <-slots }()
		s.t.Run(name, f)
	})
}

// Wait returns when all have ended.
func (s *Side) Wait() { s.group.Wait() }
