package collector

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/metrics"
	"testing"
)

func TestBegin(t *testing.T) {
	Begin()
	if got := goal(); got < ballast*3/2 {
		t.Errorf("the first collection comes at %d MB of heap, before %d MB are used", got>>20, (ballast/2)>>20)
	}
	// Nobody holds the ballast: after the first collection Go's own goal is back.
	runtime.GC()
	if got := goal(); got > ballast {
		t.Errorf("after the first collection the next comes at %d MB", got>>20)
	}
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
		if (got < ballast) != off {
			t.Errorf("%q: the first collection comes at %d MB of heap", setting, got>>20)
		}
	}
}

// goal is the size of the heap at which the next collection ends, in bytes.
func goal() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/goal:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
