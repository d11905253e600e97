package pg

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// addMemory keeps content in a file that has no name. ok is false where the
// system cannot.
func (p *Private) addMemory(name string, content []byte) (path string, ok bool, err error) {
	if _, err := os.Stat("/proc/self/fd"); err != nil || p.dir != "" {
		return "", false, nil
	}
	fd, err := unix.MemfdCreate("portalctl-"+name, unix.MFD_CLOEXEC)
	if err != nil {
		return "", false, nil
	}
	f := os.NewFile(uintptr(fd), name)
	if err := f.Chmod(0o600); err != nil {
		f.Close()
		return "", false, nil
	}
	if _, err := f.Write(content); err != nil {
		f.Close()
		return "", false, err
	}
	p.files = append(p.files, f)
	// exec.Cmd gives ExtraFiles the numbers from 3 on.
	return fmt.Sprintf("/proc/self/fd/%d", 2+len(p.files)), true, nil
}
