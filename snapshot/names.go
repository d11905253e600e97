package snapshot

import (
	"strings"
	"time"
)

// The databases (or schemas, or files) that a rollback makes stand beside the
// live one and carry its name with a suffix and the rollback's time, UTC: what is
// being restored, and what was replaced.
const (
	BesideSuffix = "__restoring_"
	FailedSuffix = "__failed_"
	StampLayout  = "20060102_150405"
)

// LeftByRestore takes a name that a rollback has made apart: its suffix and its
// time. ok is false for other names.
func LeftByRestore(name string) (suffix, stamp string, ok bool) {
	at := max(len(name)-len(StampLayout), 0)
	name, stamp = name[:at], name[at:]
	if _, err := time.Parse(StampLayout, stamp); err != nil {
		return "", "", false
	}
	for _, suffix := range []string{BesideSuffix, FailedSuffix} {
		if strings.HasSuffix(name, suffix) {
			return suffix, stamp, true
		}
	}
	return "", "", false
}
