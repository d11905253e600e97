// Package collector makes memory cheap for commands that end before much of it
// is used: the first garbage collection is put off, and on Linux the heap
// begins on huge pages. It is imported for that effect alone, by main.
package collector

import (
	"runtime"
	"syscall"
)

const (
	// ballast is what the heap seems to hold until the first collection. At
	// GOGC=100 that comes when the heap has doubled, so it is also what a
	// command may use before: most end with less, and each collection that the
	// initialisation of some 600 packages would bring costs a twentieth of them.
	ballast = 40 << 20
	// huge is how much of the heap is on huge pages.
	huge = 32 << 20
)

// Importing only what the runtime itself needs, the package is initialised
// before nearly all others: what those put on the heap is on huge pages too.
// runtime/debug, whose SetGCPercent would be the plain way to put a collection
// off, is initialised after half of them.
func init() {
	// Who tunes the heap by hand gets what was asked for.
	for _, name := range []string{"GOGC", "GOMEMLIMIT"} {
		if value, _ := syscall.Getenv(name); value != "" {
			return
		}
	}
	begin()
}

// begin has the heap grow from ballast bytes that are never touched, hence no
// memory, and gives them back: Go's next memory is taken from there.
func begin() {
	held := make([]byte, ballast)
	advise(huge)
	runtime.GC() // counts the ballast; there is hardly anything else to look at
	runtime.KeepAlive(held)
}
