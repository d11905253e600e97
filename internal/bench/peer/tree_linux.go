package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// watchTree samples the memory of all processes below this one, until the
// returned function is called: the peak of their sum, in bytes. The small
// process that notes times is not counted.
func watchTree() (peak func() int64) {
	end, result := make(chan struct{}), make(chan int64)
	go func() {
		var most int64
		for {
			select {
			case <-end:
				result <- most
				return
			case <-time.After(30 * time.Millisecond):
				most = max(most, treeRSS())
			}
		}
	}()
	return func() int64 { close(end); return <-result }
}

func treeRSS() int64 {
	parent, rss := map[int]int{}, map[int]int64{}
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, f := range files {
		src, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		var pid int
		text := string(src)
		_, _ = fmt.Sscan(text, &pid)
		fields := strings.Fields(text[strings.LastIndex(text, ")")+1:])
		if len(fields) < 22 {
			continue
		}
		var ppid int
		var pages int64
		_, _ = fmt.Sscan(fields[1], &ppid)
		_, _ = fmt.Sscan(fields[21], &pages)
		parent[pid], rss[pid] = ppid, pages*int64(os.Getpagesize())
	}
	var sum int64
	for pid := range parent {
		depth, at := 0, pid
		for ; at > 1 && at != os.Getpid() && depth < 20; depth++ {
			at = parent[at]
		}
		if at != os.Getpid() || depth < 2 {
			continue
		}
		// The server of the benchmark is a child of ours as well.
		if name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid)); strings.HasPrefix(string(name), "postgres") {
			continue
		}
		sum += rss[pid]
	}
	return sum
}
