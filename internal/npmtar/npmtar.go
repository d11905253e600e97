// Package npmtar reads chosen files of an npm tarball within bounds: of what it
// unpacks to, of its files, of what is kept. A tarball is a stranger's.
package npmtar

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// Limits bound what reading a tarball costs.
type Limits struct {
	// Unpacked is the most that it may unpack to, Kept the most that the chosen
	// files may have together, File the most that one of them may have; in bytes.
	Unpacked, Kept, File int64
	// Entries is the most files and folders that it may have.
	Entries int
}

// Default is far beyond what packages of a portal have: the largest unpack to
// 60 MB, and have declarations of 2 MB.
var Default = Limits{Unpacked: 512 << 20, Kept: 48 << 20, File: 16 << 20, Entries: 100_000}

var (
	// errTooLarge: a limit is passed.
	errTooLarge = errors.New("the tarball is too large")
	// errInvalid: it is not a tarball, or a broken one.
	errInvalid = errors.New("the tarball cannot be read")
)

// Read gives the files that want chooses, by their path below the package's folder.
// The last of several entries of one path counts, as npm and Yarn write one over the
// other; files that are larger than the limit are an error.
func Read(ctx context.Context, r io.Reader, want func(name string) bool, lim Limits) (map[string][]byte, error) {
	files := map[string][]byte{}
	_, err := walk(ctx, r, lim, func(h *tar.Header, name string, text func() ([]byte, error)) (err error) {
		if !isFile(h) || !want(name) {
			return nil
		}
		if h.Size > lim.File {
			return fmt.Errorf("%w: %s has %d bytes", errTooLarge, name, h.Size)
		}
		files[name], err = text()
		return err
	})
	if err != nil {
		return nil, err
	}
	return files, nil
}

// Each shows every file of the tarball as package managers would unpack it, one at a
// time and also where several have one path. The text is nil of those that want
// refuses and of those that are larger than the limit. more says that something is
// left behind the end of the archive, which one reader may see and another not.
func Each(ctx context.Context, r io.Reader, want func(name string) bool, lim Limits, take func(name string, size int64, text []byte)) (more bool, err error) {
	return walk(ctx, r, lim, func(h *tar.Header, name string, text func() ([]byte, error)) error {
		if !isFile(h) {
			return nil
		}
		if h.Size > lim.File || !want(name) {
			take(name, h.Size, nil)
			return nil
		}
		got, err := text()
		if err == nil {
			take(name, h.Size, got)
		}
		return err
	})
}

// isFile tells what becomes a file: node-tar unpacks a contiguous one as any other.
func isFile(h *tar.Header) bool { return h.Typeflag == tar.TypeReg || h.Typeflag == tar.TypeCont }

// walk visits the entries below the package's folder.
func walk(ctx context.Context, r io.Reader, lim Limits, visit func(h *tar.Header, name string, text func() ([]byte, error)) error) (more bool, err error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return false, fmt.Errorf("%w: %w", errInvalid, err)
	}
	defer z.Close()
	all := &bounded{ctx: ctx, r: z, left: lim.Unpacked}
	t := tar.NewReader(all)
	kept := int64(0)
	for n := 0; ; n++ {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			more, err := rest(all)
			return more, broken(ctx, err)
		}
		if err != nil {
			return false, broken(ctx, err)
		}
		if n >= lim.Entries {
			return false, fmt.Errorf("%w: more than %d entries", errTooLarge, lim.Entries)
		}
		name := inside(h.Name)
		if name == "" {
			continue
		}
		err = visit(h, name, func() ([]byte, error) {
			if kept += h.Size; kept > lim.Kept {
				return nil, fmt.Errorf("%w: %s has %d bytes", errTooLarge, name, h.Size)
			}
			// The header's size is a promise that costs its maker nothing.
			text, err := io.ReadAll(io.LimitReader(t, h.Size))
			if text == nil {
				text = []byte{}
			}
			return text, err
		})
		if err != nil {
			return false, broken(ctx, err)
		}
	}
}

// rest reports whether anything but zeros follows.
func rest(r io.Reader) (bool, error) {
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		for _, c := range buf[:n] {
			if c != 0 {
				return true, nil
			}
		}
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
}

// inside is a path below the package's folder, whatever that is called ("package"
// mostly); "" for what does not lie below one.
func inside(name string) string {
	name = path.Clean("/" + strings.ReplaceAll(name, `\`, "/"))
	_, rest, ok := strings.Cut(strings.TrimPrefix(name, "/"), "/")
	if !ok {
		return ""
	}
	return rest
}

func broken(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, errTooLarge):
		return err
	}
	return fmt.Errorf("%w: %w", errInvalid, err)
}

// bounded ends a stream that is longer than it may be, or that nobody waits for
// any more.
type bounded struct {
	ctx  context.Context
	r    io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	if b.left <= 0 {
		return 0, fmt.Errorf("%w: it unpacks to more than the limit", errTooLarge)
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
