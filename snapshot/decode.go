package snapshot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"

	"github.com/portalctl/portalctl/internal/pg"
)

// decode reads a compressed file to its end. A dump goes through pg_restore,
// which reads all of it and writes nothing.
func (s *Snapshot) decode(ctx context.Context, in io.Reader, name string, f File, tools *pg.Tools, read *atomic.Int64) error {
	dec, err := newDecoder(in)
	if err != nil {
		return err
	}
	defer dec.Close()
	var raw atomic.Int64
	content := &counted{r: dec, n: &raw, also: read}
	if strings.HasSuffix(name, ".dump.zst") && tools != nil {
		err = s.walk(ctx, tools, content)
	} else {
		_, err = io.Copy(io.Discard, content)
	}
	if err != nil {
		return err
	}
	if raw.Load() != f.RawSize {
		return fmt.Errorf("its content has %d bytes instead of %d", raw.Load(), f.RawSize)
	}
	return nil
}

// maxWindow limits what a decoder may take for one file, in bytes; ours need 8
// MB.
const maxWindow = 64 << 20

func newDecoder(r io.Reader) (*zstd.Decoder, error) {
	return zstd.NewReader(r, zstd.WithDecoderConcurrency(2), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
}

// walk has pg_restore read a dump: table of contents and every block.
func (s *Snapshot) walk(ctx context.Context, tools *pg.Tools, content io.Reader) error {
	copyErr, waitErr, err := feed(ctx, pg.Command{Path: tools.Path("pg_restore"), Args: []string{"--file=" + os.DevNull}}, content)
	if err != nil {
		return err
	}
	if copyErr != nil && waitErr != nil && !errors.Is(copyErr, zstd.ErrCRCMismatch) && !errors.Is(copyErr, io.ErrUnexpectedEOF) {
		return waitErr // it closed the pipe, and knows why
	}
	return errors.Join(copyErr, waitErr)
}

// feed runs a program to its end with content on its standard input. copyErr is of
// reading content and handing it over, waitErr the program's; with err it did not
// start.
func feed(ctx context.Context, c pg.Command, content io.Reader) (copyErr, waitErr, err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	defer w.Close()
	widenPipe(w)
	c.Stdin = r
	child, err := pg.Start(ctx, c)
	r.Close()
	if err != nil {
		return nil, nil, err
	}
	_, copyErr = io.CopyBuffer(onlyWriter{w}, content, make([]byte, 1<<20))
	w.Close()
	return copyErr, child.Wait(), nil
}

// onlyWriter hides what else a file can do: splice needs files on both sides.
type onlyWriter struct{ io.Writer }

// Interruptible is a reader that ends with the context.
func Interruptible(ctx context.Context, r io.Reader) io.Reader { return &interruptible{ctx, r} }

type interruptible struct {
	ctx context.Context
	r   io.Reader
}

func (i *interruptible) Read(b []byte) (int, error) {
	if err := i.ctx.Err(); err != nil {
		return 0, err
	}
	return i.r.Read(b)
}
