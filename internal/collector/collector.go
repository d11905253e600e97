// Package collector makes memory cheap for commands that end before much of it
// is used: the first garbage collection is put off, and on Linux the heap
// begins on huge pages. It is imported for that effect alone, by main.
package collector

import (
	"os"
	"runtime"
	"runtime/debug"
)

// A package that imports so little is initialised before the hundreds of large
// ones that come with osv-scanner: in main, three collections would have been
// paid for already.
func init() { begin() }

// begin changes nothing for who has set GOGC.
func begin() {
	if os.Getenv("GOGC") != "" {
		return
	}
	debug.SetGCPercent(-1) // not while huge has its block
	huge(16 << 20)
	late()
}

// late puts off the first garbage collection until the heap has some 32 MB:
// most commands end before, and collecting would be a fifth of their work.
// After it Go's default holds, so that large jobs stay small.
func late() {
	const first, normal = 800, 100 // per cent; Go's first goal is 4 MB at 100
	debug.SetGCPercent(first)
	// What nobody holds is cleaned up by the first collection.
	runtime.AddCleanup(new([64]byte), func(int) { debug.SetGCPercent(normal) }, 0)
}
