package snapshot

import (
	"strings"
	"time"
)

// leftByRestore tells from a name that a rollback made the database (or schema)
// and what it is: "__failed_" is what was replaced, "__restoring_" what an
// interrupted one was making. snapshot/rollback gives the names.
func leftByRestore(name string) (what string) {
	const stamp = "20060102_150405"
	at := len(name) - len(stamp)
	if at < 0 {
		return ""
	}
	if _, err := time.Parse(stamp, name[at:]); err != nil {
		return ""
	}
	for _, suffix := range []string{"__failed_", "__restoring_"} {
		if strings.HasSuffix(name[:at], suffix) {
			return suffix
		}
	}
	return ""
}
