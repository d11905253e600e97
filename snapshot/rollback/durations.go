package rollback

import (
	"fmt"
	"time"
)

// about is a duration in milliseconds as a plan says it: rounded up to what a
// person can use.
func about(ms int64) string {
	d := time.Duration(ms) * time.Millisecond
	switch {
	case ms <= 0:
		return "not measured"
	case d < 10*time.Second:
		return fmt.Sprintf("%d s", int64((d+time.Second-1)/time.Second))
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int64((d+9*time.Second)/(10*time.Second))*10)
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int64((d+time.Minute-1)/time.Minute))
	}
	return fmt.Sprintf("%.1f h", d.Hours())
}

// estimate fills in durations that no rehearsal measured. Restoring one stream
// of a catalog database (rows, then 20 indexes) took 25 MB/s of database size
// on two cores; a dump of it, compressed, about four times that; count(*) of
// every table 0.02 of the restore. A slow disk is slower: a rehearsal knows.
func estimate(t *Target) {
	const second = 1000
	if t.Expected.Restore == 0 && t.Bytes > 0 {
		t.Expected.Restore = max(second, t.Bytes*second/(25<<20))
		t.Expected.Measured = "estimate"
	}
	if t.Expected.Compare == 0 {
		t.Expected.Compare = max(second, t.Expected.Restore/20)
	}
	if t.Expected.Dump == 0 && t.Bytes > 0 {
		t.Expected.Dump = max(second, t.Bytes*second/(100<<20))
	}
}
