package yarnzip

import (
	"context"
	"io"
)

// image is the tar stream within a tarball. It is decompressed anew for every
// pass over it, unless spill was called.
type image struct {
	ctx  context.Context
	tgz  io.ReaderAt
	size int64
	lim  Limits

	zipped bool // the stream comes out of gzip; known once there was a pass
	spool  *Spool
	opened []*unzipReader

	// The pass of copyRange.
	pass io.Reader
	at   int64
	buf  []byte
}

// stream is the tar stream from its beginning.
func (img *image) stream() (io.Reader, error) {
	if img.spool != nil {
		return io.NewSectionReader(img.spool, 0, img.spool.Size()), nil
	}
	u, err := newUnzip(img.ctx, img.tgz, img.size, img.lim)
	if err != nil {
		return nil, err
	}
	img.zipped = u.gz != nil
	img.opened = append(img.opened, u)
	return u, nil
}

// spill decompresses the stream into memory or, beyond Limits.Buffer, into a
// temporary file, so that pieces of it can be read in any order.
func (img *image) spill() error {
	r, err := img.stream()
	if err != nil {
		return err
	}
	spool := &Spool{Limit: img.lim.Buffer, Dir: img.lim.TempDir}
	_, err = io.CopyBuffer(spool, r, make([]byte, windowSize))
	img.spool = spool
	return err
}

func (img *image) close() {
	for _, u := range img.opened {
		u.close()
	}
	img.opened = nil
	if img.spool != nil {
		// Nothing is lost with a file that cannot be removed.
		_ = img.spool.Close()
	}
}

// copyRange writes n bytes of the stream, from off on, to w. Unless the image
// was spilled, the ranges asked for must ascend.
func (img *image) copyRange(w io.Writer, off, n int64) error {
	if img.buf == nil {
		img.buf = make([]byte, windowSize)
	}
	if img.spool != nil {
		_, err := io.CopyBuffer(w, io.NewSectionReader(img.spool, off, n), img.buf)
		return err
	}
	if img.pass == nil {
		r, err := img.stream()
		if err != nil {
			return err
		}
		img.pass = r
	}
	if err := img.take(io.Discard, off-img.at); err != nil {
		return err
	}
	return img.take(w, n)
}

// take passes the next n bytes of the pass on to w.
func (img *image) take(w io.Writer, n int64) error {
	m, err := io.CopyBuffer(w, io.LimitReader(img.pass, n), img.buf)
	img.at += m
	if err == nil && m < n {
		err = io.ErrUnexpectedEOF
	}
	return err
}
