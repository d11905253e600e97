package yarncli

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
)

// link makes at lead to the original. Where the system refuses symlinks
// (Windows without the right to make them) it is a copy.
func (m *mirror) link(ctx context.Context, original, at string) error {
	if !m.noLinks {
		err := os.Symlink(original, at)
		if err == nil || runtime.GOOS != "windows" || errors.Is(err, fs.ErrExist) {
			return err
		}
		m.noLinks = true
	}
	return copyTree(ctx, original, at)
}

// relink repeats a symlink of the project: to the same relative place if that
// exists in the mirror, else to the original's target. A folder with a
// package.json outside the project is made real, since Yarn may take it for a
// workspace and rewrite that file.
func (m *mirror) relink(ctx context.Context, rel string) error {
	original, at := m.original(rel), m.image(rel)
	if m.copied(path.Dir(rel), path.Base(rel)) {
		return copyFile(original, at)
	}
	target, err := filepath.EvalSymlinks(original)
	if err != nil {
		// Dangling, or round in circles: nothing that Yarn could use.
		return nil
	}
	if in, ok := within(m.src, target); ok && m.has(filepath.ToSlash(in)) {
		to, err := filepath.Rel(filepath.Dir(at), m.at(target))
		if err != nil {
			return err
		}
		if m.noLinks {
			return copyTree(ctx, target, at)
		}
		return os.Symlink(to, at)
	}
	if _, err := os.Stat(filepath.Join(target, "package.json")); err == nil || m.real[rel] {
		return m.shallow(ctx, target, at)
	}
	return m.link(ctx, target, at)
}

// has: a path inside the project is not left out of the mirror.
func (m *mirror) has(rel string) bool {
	for ; rel != "."; rel = path.Dir(rel) {
		if ignored(path.Dir(rel), path.Base(rel)) {
			return false
		}
	}
	return true
}

// shallow makes a real folder with a copy of its package.json and links to the
// rest.
func (m *mirror) shallow(ctx context.Context, original, at string) error {
	if err := os.MkdirAll(at, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(original)
	if err != nil {
		return err
	}
	for _, e := range entries {
		from, to := filepath.Join(original, e.Name()), filepath.Join(at, e.Name())
		switch {
		case ignored("", e.Name()):
			continue
		case e.Name() == "package.json":
			err = copyFile(from, to)
		default:
			if _, there := os.Lstat(to); there == nil {
				continue
			}
			err = m.link(ctx, from, to)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// copyFile copies content and permission bits, which count in a packed file:
// dependency.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if cerr := out.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		// Writable for us, so that Yarn can replace it and we can remove it.
		err = os.Chmod(to, info.Mode().Perm()|0o600)
	}
	return err
}

// copyTree copies a file or a folder with everything in it; symlinks stay.
func copyTree(ctx context.Context, from, to string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		if !info.Mode().IsRegular() {
			return nil // a socket or a device is not part of a package
		}
		return copyFile(from, to)
	}
	return filepath.WalkDir(from, func(name string, d fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, name)
		if err != nil {
			return err
		}
		at := filepath.Join(to, rel)
		switch {
		case d.IsDir():
			info, err := d.Info()
			if err != nil {
				return err
			}
			if err := os.MkdirAll(at, 0o700); err != nil {
				return err
			}
			return os.Chmod(at, info.Mode().Perm()|0o700)
		case d.Type()&fs.ModeSymlink != 0:
			target, err := os.Readlink(name)
			if err != nil {
				return err
			}
			return os.Symlink(target, at)
		case d.Type().IsRegular():
			return copyFile(name, at)
		}
		return nil
	})
}
