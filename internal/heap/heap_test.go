package heap

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/metrics"
	"testing"
	"time"
)

// TestBegin runs in a process of its own: what Begin waits for are the first
// collections.
func TestBegin(t *testing.T) {
	const child = "PORTALCTL_TEST_BEGIN"
	if os.Getenv(child) == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestBegin$", "-test.v")
		cmd.Env = append(os.Environ(), "GOGC=", "GOMEMLIMIT=", child+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	Begin()
	wait(t, "the first collection to begin at once", func() bool { return collections() == 1 })
	if got := goal(); got < first/2 {
		t.Errorf("the collection after it comes at %d MB of heap", got>>20)
	}
	wait(t, "the block to be given back", func() bool { return held() < first/2 })
	wait(t, "Go's own goal to be back", func() bool { runtime.GC(); return goal() < first/2 })
}

// wait is over when is says so, which takes a clean-up that runs beside.
func wait(t *testing.T, what string, is func() bool) {
	t.Helper()
	for range 10_000 {
		if is() {
			return
		}
		runtime.Gosched()
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("waited for %s: %d collections, the next at %d MB", what, collections(), goal()>>20)
}

// TestHandsOff: a person's own settings of the collector stand.
func TestHandsOff(t *testing.T) {
	const child = "PORTALCTL_TEST_GOAL"
	if os.Getenv(child) != "" {
		Begin()
		fmt.Println("goal", goal())
		return
	}
	for setting, off := range map[string]bool{"": false, "GOGC=100": true, "GOMEMLIMIT=8GiB": true} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestHandsOff$")
		cmd.Env = append(os.Environ(), "GOGC=", "GOMEMLIMIT=", child+"=1", setting)
		out, err := cmd.Output()
		var got uint64
		if _, e := fmt.Sscanf(string(out), "goal %d", &got); err != nil || e != nil {
			t.Fatalf("%s: %v, %v in %q", setting, err, e, out)
		}
		if (got < first/2) != off {
			t.Errorf("%q: the first collection comes at %d MB of heap", setting, got>>20)
		}
	}
}

// goal is the size of the heap at which the next collection ends, in bytes.
func goal() uint64 { return metric("/gc/heap/goal:bytes") }

// held is the size of all objects of the heap, in bytes.
func held() uint64 { return metric("/memory/classes/heap/objects:bytes") }

func collections() uint64 { return metric("/gc/cycles/total:gc-cycles") }

func metric(name string) uint64 {
	sample := []metrics.Sample{{Name: name}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
