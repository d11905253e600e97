package txn

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/repofile"
)

// StateHome is the folder of this user's state: XDG base directories, on
// Windows LocalAppData. "" if there is none.
func StateHome(env func(string) string) string {
	// Relative paths are to be ignored, the specification says.
	if dir := env("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return dir
	}
	if dir := env("LocalAppData"); runtime.GOOS == "windows" && dir != "" {
		return dir
	}
	if home := env("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".local", "state")
	}
	return ""
}

type stateKey struct{}

// WithState names the folder of this user's state ([StateHome]) for Commit and
// Recover; without it the process's own environment counts.
func WithState(ctx context.Context, dir string) context.Context {
	return context.WithValue(ctx, stateKey{}, dir)
}

func stateFrom(ctx context.Context) string {
	dir, ok := ctx.Value(stateKey{}).(string)
	if !ok {
		dir = StateHome(os.Getenv)
	}
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, "portalctl", "changes")
}

// key is the name of a root's folder there. The path alone: device numbers
// change when a computer starts again, which is when a journal is needed most.
// That the root still is the same folder, the journal itself knows.
func key(realRoot string) string {
	sum := sha256.Sum256([]byte(realRoot))
	return hex.EncodeToString(sum[:16])
}

// noStateFault: there is no place for the journal. Nothing was written.
func noStateFault(what string, err error) error {
	next := "Set XDG_STATE_HOME to a folder of yours outside the project; portalctl keeps there what it needs to finish or undo a change that is interrupted."
	if err != nil && isDiskFull(err) {
		next = nextFor(err)
	}
	if err == nil {
		return fault.New("%s; nothing was written", what).WithNext("%s", next)
	}
	return fault.Wrap(err, fault.Pos{}, "%s; nothing was written", what).WithNext("%s", next)
}

// outside: a journal that lies in what git tracks could come with a commit. So
// it must be neither below the root nor in the work tree that the root is in.
func (t *tx) outside() error {
	top := repofile.Top(t.realRoot)
	real, err := t.resolved(t.state)
	if err != nil {
		return noStateFault("the folder for the journal of changes could not be looked at", err)
	}
	if rel, err := filepath.Rel(top, real); err == nil && filepath.IsLocal(rel) {
		return noStateFault("the folder for the journal of changes, "+t.state+", lies in the work tree "+top+", where a commit could forge it", nil)
	}
	return nil
}

// resolved is a path without symlinks, as far as it exists.
func (t *tx) resolved(path string) (string, error) {
	rest := ""
	for {
		real, err := t.fs.EvalSymlinks(path)
		switch {
		case err == nil:
			return filepath.Join(real, rest), nil
		case !errors.Is(err, fs.ErrNotExist) || path == filepath.Dir(path):
			return "", err
		}
		rest = filepath.Join(filepath.Base(path), rest)
		path = filepath.Dir(path)
	}
}

// makeState makes the folder of all journals, parents first, each durable
// before the next.
func (t *tx) makeState() error {
	var missing []string
	for dir := t.state; ; dir = filepath.Dir(dir) {
		_, err := t.fs.Lstat(dir)
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrNotExist) || dir == filepath.Dir(dir) {
			return err
		}
		missing = append(missing, dir)
	}
	for i := len(missing) - 1; i >= 0; i-- {
		if err := t.fs.Mkdir(missing[i], 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		if err := t.fs.SyncDir(filepath.Dir(missing[i])); err != nil {
			return err
		}
	}
	return nil
}

// own: the folder is this user's alone.
func (t *tx) own(dir string) error {
	info, err := t.fs.Lstat(dir)
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		return errors.New(dir + " is not a folder")
	}
	if why := private(info); why != "" {
		return errors.New(dir + " " + why)
	}
	return nil
}

// sameRoot: the journal is of the tree that now lies at the root. Where the
// folder is another one, such as a fresh clone, only a staged file under the
// journal's own random name shows that the tree came along.
func (t *tx) sameRoot(j *journal) (bool, error) {
	info, err := t.fs.Lstat(t.realRoot)
	if err != nil {
		return false, err
	}
	if j.Inode == 0 || j.Inode == inode(info) {
		return true, nil
	}
	was := t.journal
	t.journal = j
	defer func() { t.journal = was }()
	for _, e := range j.Files {
		for _, name := range []string{t.staged(e), t.backup(e)} {
			switch _, err := t.fs.Lstat(name); {
			case err == nil:
				return true, nil
			case !errors.Is(err, fs.ErrNotExist):
				return false, err
			}
		}
	}
	return false, nil
}
