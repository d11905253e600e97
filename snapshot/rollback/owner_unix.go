//go:build !windows

package rollback

import (
	"os"
	"syscall"

	"github.com/portalctl/portalctl/internal/fault"
)

// sameOwner gives name the owner of path: a restore that root runs must leave
// a file that the portal can write.
func sameOwner(path, name string) error {
	info, err := os.Stat(path)
	if err != nil {
		return nil // there is no live file to be like
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok || os.Geteuid() != 0 {
		return nil
	}
	if err := os.Chown(name, int(s.Uid), int(s.Gid)); err != nil {
		return fault.Wrap(err, fault.Pos{File: name}, "cannot be given the owner of %s", path)
	}
	return nil
}
