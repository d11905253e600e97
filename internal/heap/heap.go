// Package heap makes memory cheap for commands that end before much of it
// is used: the first garbage collection that would have work is put off, and on
// Linux the heap goes on from there on huge pages.
package heap

import (
	"os"
	"runtime"
	"runtime/debug"
)

const (
	// first is how large the heap may grow before its first collection, in bytes:
	// most commands end with less.
	first = 40 << 20
	// huge is how much of the heap is on huge pages. They are most of the gain:
	// a check of a portal of 3,000 packages has 2,200 page faults instead of 5,200.
	huge = 32 << 20
)

// Begin puts the first collection off until the heap has first bytes; from then
// on Go collects as ever. What is on huge pages comes from a block that is never
// touched, hence no memory, and given back at once. To see that nobody holds it
// takes a collection, of a heap that has hardly anything else: it runs beside
// the command. What only prints a version does without.
func Begin() {
	// Who tunes the heap by hand gets what was asked for.
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetGCPercent(-1) // else the block brings a collection while it is held
	advise(huge)
	// Without anything else Go collects at GOGC percent of 4 MB.
	debug.SetGCPercent(first / (4 << 20) * 100)
	after(2, func() { debug.SetGCPercent(100) })
	// Together more than the heap may have: it begins. Too large for a stack, and
	// never touched.
	runtime.KeepAlive(make([]byte, first-huge))
}

// after calls do behind the nth collection from now.
func after(n int, do func()) {
	if n == 0 {
		do()
		return
	}
	runtime.AddCleanup(new([16]byte), func(n int) { after(n, do) }, n-1)
}
