//go:build !windows

package yarncli

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// alive: a killed process may stay as a zombie, where nobody reaps orphans.
func alive(pid int) bool {
	if b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat"); err == nil {
		_, after, _ := strings.Cut(string(b), ") ")
		return !strings.HasPrefix(after, "Z")
	}
	return syscall.Kill(pid, 0) == nil
}
