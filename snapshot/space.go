package snapshot

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// space refuses a folder that cannot hold the dumps. They take a fifth to a
// tenth of what the server has; less than a sixth free is too little to begin.
func (s *Survey) space() {
	free, ok := freeSpace(s.in.Dir)
	switch {
	case !ok:
	case free < s.Size/6:
		s.refuse("space", s.in.Dir, "Free some space, or name another folder with --dir", "%s free, the databases have %s and the snapshot may need a sixth of that", Bytes(free), Bytes(s.Size))
	case free < s.Size/2:
		s.warn("space", s.in.Dir, "", "%s free for a snapshot of %s of databases", Bytes(free), Bytes(s.Size))
	}
}

// serverSpace looks at the disk of a server on this machine: a restore makes a
// second copy of each database beside it.
func (s *Survey) serverSpace(u *unit, dir string) {
	if dir == "" {
		return
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return // a container's folder
	}
	if free, ok := freeSpace(dir); ok && free < u.Size {
		s.refuse("space", u.Title(), "Free some space on the server", "a restore would not work: it needs %s beside the database, the server has %s free", Bytes(u.Size), Bytes(free))
	}
}

// freeSpace is what a user may still write below dir, which need not be there
// yet, in bytes.
func freeSpace(dir string) (int64, bool) {
	for {
		free, ok := freeAt(dir)
		parent := filepath.Dir(dir)
		if ok || parent == dir {
			return free, ok
		}
		dir = parent
	}
}

// Bytes is a size for people.
func Bytes(n int64) string {
	switch {
	case n >= 10<<30:
		return fmt.Sprintf("%d GB", n>>30)
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
	case n >= 10<<20:
		return fmt.Sprintf("%d MB", n>>20)
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%d kB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}
