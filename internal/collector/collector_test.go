package collector

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

func TestBegin(t *testing.T) {
	t.Setenv("GOGC", "")
	if percent() > 100 {
		afterFirst(t) // the package has begun once already, when it was initialised
	}
	before := debug.SetGCPercent(50)
	defer debug.SetGCPercent(before)
	begin()
	if got := percent(); got <= 100 {
		t.Fatalf("before the first collection: %d", got)
	}
	afterFirst(t)

	t.Setenv("GOGC", "70")
	debug.SetGCPercent(70)
	begin()
	if got := percent(); got != 70 {
		t.Errorf("GOGC=70 became %d", got)
	}
}

// afterFirst collects until the default holds.
func afterFirst(t *testing.T) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for percent() != 100 {
		if time.Now().After(deadline) {
			t.Fatalf("after the first collection: %d", percent())
		}
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
}

func percent() uint64 {
	sample := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
