package yarnzip

import (
	"context"
	"encoding/binary"
	"io"
)

// image is the tar stream within a tarball, to be scanned once and then read
// in pieces. It lies in memory if it is small; else it is decompressed again
// for every pass, or lies in a temporary file once spill was called.
type image struct {
	ctx  context.Context
	tgz  io.ReaderAt
	size int64
	lim  Limits

	zipped bool
	mem    []byte // the stream, if inMem
	inMem  bool
	file   *Spool

	// The pass under way of an image that is neither.
	pass *unzipReader
	at   int64
	buf  []byte
}

func openImage(ctx context.Context, tgz io.ReaderAt, size int64, lim Limits) (*image, error) {
	img := &image{ctx: ctx, tgz: tgz, size: size, lim: lim}
	u, err := newUnzip(ctx, tgz, size, lim)
	if err != nil {
		return nil, err
	}
	img.zipped = u.gz != nil
	hint := img.sizeHint()
	if hint > lim.Buffer {
		return img, nil
	}
	// One byte more than hinted: Read tells the end only when there is room.
	img.mem = make([]byte, 0, max(hint, 512)+1)
	for {
		if len(img.mem) == cap(img.mem) {
			img.mem = append(img.mem, 0)[:len(img.mem)]
		}
		n, err := u.Read(img.mem[len(img.mem):cap(img.mem)])
		img.mem = img.mem[:len(img.mem)+n]
		if err == io.EOF {
			img.inMem = true
			return img, nil
		}
		if err != nil {
			return nil, err
		}
		if int64(len(img.mem)) > lim.Buffer {
			img.mem = nil
			return img, nil
		}
	}
}

// sizeHint is about how much the tarball unpacks to: what its last gzip member
// says. It may be wrong.
func (img *image) sizeHint() int64 {
	if !img.zipped {
		return img.size
	}
	var tail [4]byte
	if _, err := img.tgz.ReadAt(tail[:], max(img.size-4, 0)); err != nil && err != io.EOF {
		return 0
	}
	return int64(binary.LittleEndian.Uint32(tail[:]))
}

// scan is the stream from its beginning. finish reads it to its end, so that
// damage behind the archive does not go unseen.
func (img *image) scan() (w *window, finish func() error, err error) {
	if img.inMem {
		return &window{buf: img.mem}, func() error { return nil }, nil
	}
	u, err := newUnzip(img.ctx, img.tgz, img.size, img.lim)
	if err != nil {
		return nil, nil, err
	}
	w = newWindow(u)
	return w, func() error {
		for w.r != nil {
			w.buf = nil
			if err := w.fill(); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// spill puts the stream into a temporary file, unless it lies in memory, so
// that pieces can be read in any order.
func (img *image) spill() error {
	if img.inMem {
		return nil
	}
	u, err := newUnzip(img.ctx, img.tgz, img.size, img.lim)
	if err != nil {
		return err
	}
	img.file = &Spool{Limit: img.lim.Buffer, Dir: img.lim.TempDir}
	_, err = io.CopyBuffer(img.file, u, make([]byte, windowSize))
	return err
}

func (img *image) close() {
	if img.file != nil {
		// Nothing is lost with a file that cannot be removed.
		_ = img.file.Close()
	}
}

// copyRange writes n bytes of the stream, from off on, to w. Unless the image
// lies in memory or was spilled, the ranges asked for must ascend.
func (img *image) copyRange(w io.Writer, off, n int64) error {
	if img.inMem {
		_, err := w.Write(img.mem[off : off+n])
		return err
	}
	if img.buf == nil {
		img.buf = make([]byte, windowSize)
	}
	if img.file != nil {
		_, err := io.CopyBuffer(w, io.NewSectionReader(img.file, off, n), img.buf)
		return err
	}
	if img.pass == nil {
		u, err := newUnzip(img.ctx, img.tgz, img.size, img.lim)
		if err != nil {
			return err
		}
		img.pass, img.at = u, 0
	}
	if err := img.take(io.Discard, off-img.at); err != nil {
		return err
	}
	return img.take(w, n)
}

func (img *image) take(w io.Writer, n int64) error {
	for n > 0 {
		b := img.buf[:min(int64(len(img.buf)), n)]
		m, err := img.pass.Read(b)
		if m > 0 {
			if _, err := w.Write(b[:m]); err != nil {
				return err
			}
		}
		n -= int64(m)
		img.at += int64(m)
		if err != nil && n > 0 {
			return err
		}
	}
	return nil
}
