package collector

import (
	"runtime"
	"runtime/metrics"
	"testing"
)

func TestBegin(t *testing.T) {
	begin()
	if got := goal(); got < ballast*3/2 {
		t.Errorf("the first collection comes at %d MB of heap, before %d MB are used", got>>20, (ballast/2)>>20)
	}
	// Nobody holds the ballast: after the first collection Go's own goal is back.
	runtime.GC()
	if got := goal(); got > ballast {
		t.Errorf("after the first collection the next comes at %d MB", got>>20)
	}
}

// goal is the size of the heap at which the next collection ends, in bytes.
func goal() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/goal:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
