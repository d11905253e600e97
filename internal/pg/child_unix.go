//go:build unix

package pg

import (
	"errors"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"

	"github.com/portalctl/portalctl/internal/fault"
)

// asUser makes the command run as another user.
func asUser(cmd *exec.Cmd, name string) error {
	if name == "" {
		return nil
	}
	uid, gid, err := lookup(name)
	if err != nil {
		return err
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: gid}}
	return nil
}

func lookup(name string) (uid, gid uint32, err error) {
	u, err := user.Lookup(name)
	if err != nil {
		return 0, 0, fault.New("there is no user %s", name)
	}
	id, err1 := strconv.ParseUint(u.Uid, 10, 32)
	group, err2 := strconv.ParseUint(u.Gid, 10, 32)
	return uint32(id), uint32(group), errors.Join(err1, err2)
}

func chown(path, name string) error {
	uid, gid, err := lookup(name)
	if err != nil {
		return err
	}
	return os.Chown(path, int(uid), int(gid))
}

// sigQuit: postgres ends at once, without a checkpoint.
const sigQuit = syscall.SIGQUIT
