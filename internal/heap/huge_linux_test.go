package heap

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"testing"
)

func TestAdvise(t *testing.T) {
	if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage/enabled"); err != nil {
		t.Skip("this kernel has no huge pages")
	}
	advise(huge)
	if got := advised(t); got < huge/2 {
		t.Errorf("%d MB are marked for huge pages, want %d", got>>20, huge>>20)
	}
}

// advised is how much of the process's memory is marked for huge pages, in bytes.
func advised(t *testing.T) (sum uint64) {
	t.Helper()
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var size uint64
	for s := bufio.NewScanner(f); s.Scan(); {
		fields := strings.Fields(s.Text())
		switch {
		case len(fields) == 3 && fields[0] == "Size:":
			kb, err := strconv.ParseUint(fields[1], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			size = kb << 10
		case len(fields) > 1 && fields[0] == "VmFlags:":
			for _, flag := range fields[1:] {
				if flag == "hg" {
					sum += size
				}
			}
		}
	}
	return sum
}
