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

// Read gives the regular files that want chooses, by their path below the
// package's folder. The first of several entries of one path counts; files that
// are larger than the limit are an error.
func Read(ctx context.Context, r io.Reader, want func(name string) bool, lim Limits) (map[string][]byte, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errInvalid, err)
	}
	defer z.Close()
	all := &bounded{ctx: ctx, r: z, left: lim.Unpacked}
	t := tar.NewReader(all)
	files := map[string][]byte{}
	kept := int64(0)
	for n := 0; ; n++ {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, broken(ctx, err)
		}
		if n >= lim.Entries {
			return nil, fmt.Errorf("%w: more than %d entries", errTooLarge, lim.Entries)
		}
		name := inside(h.Name)
		if h.Typeflag != tar.TypeReg || name == "" || files[name] != nil || !want(name) {
			continue
		}
		if kept += h.Size; h.Size > lim.File || kept > lim.Kept {
			return nil, fmt.Errorf("%w: %s has %d bytes", errTooLarge, name, h.Size)
		}
		// The header's size is a promise that costs its maker nothing.
		text, err := io.ReadAll(io.LimitReader(t, h.Size))
		if err != nil {
			return nil, broken(ctx, err)
		}
		if text == nil {
			text = []byte{}
		}
		files[name] = text
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
