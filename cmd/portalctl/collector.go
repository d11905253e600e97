package main

import (
	"os"
	"runtime"
	"runtime/debug"
)

// lateCollector puts off the first garbage collection until the heap has some
// 32 MB: most commands end before, and collecting would be a fifth of their
// work. After it Go's default holds, so that large jobs stay small. GOGC wins.
func lateCollector() {
	if os.Getenv("GOGC") != "" {
		return
	}
	const first, normal = 800, 100 // per cent; Go's first goal is 4 MB at 100
	debug.SetGCPercent(first)
	// What nobody holds is cleaned up by the first collection.
	runtime.AddCleanup(new([64]byte), func(int) { debug.SetGCPercent(normal) }, 0)
}
