package rollback

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// usersOf are the processes, other than this one, that have a SQLite file or its
// log open, as far as this user may see them. SQLite itself does not know of a
// connection that is idle outside WAL mode.
func usersOf(path string) []string {
	var out []string
	var infos []os.FileInfo
	names := map[string]bool{}
	for _, side := range append([]string{""}, sides...) {
		if info, err := os.Stat(path + side); err == nil {
			infos = append(infos, info)
			names[filepath.Base(path)+side] = true
		}
	}
	processes, _ := filepath.Glob("/proc/[0-9]*")
	for _, process := range processes {
		pid, err := strconv.Atoi(filepath.Base(process))
		if err != nil || pid == os.Getpid() {
			continue
		}
		files, _ := os.ReadDir(filepath.Join(process, "fd"))
		for _, f := range files {
			name := filepath.Join(process, "fd", f.Name())
			// A container has the folder elsewhere, and the name is the same.
			if target, err := os.Readlink(name); err != nil || !names[filepath.Base(target)] {
				continue
			}
			if info, err := os.Stat(name); err == nil && slices.ContainsFunc(infos, func(other os.FileInfo) bool { return os.SameFile(info, other) }) {
				command, _ := os.ReadFile(filepath.Join(process, "comm"))
				out = append(out, fmt.Sprintf("process %d (%s)", pid, strings.TrimSpace(string(command))))
				break
			}
		}
	}
	return out
}
