package yarnzip

import (
	"bufio"
	"context"
	"errors"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
)

// unzipReader decompresses a tarball as Node's zlib.Unzip does: any number of
// gzip members behind one another, then zero bytes and after them anything.
// Other bytes behind a member must be a further member. What does not begin
// with the gzip magic is passed on as it is (a plain tar).
type unzipReader struct {
	ctx  context.Context
	in   *bufio.Reader
	gz   *gzip.Reader // nil for a plain tar
	left int64        // of Limits.Unpacked
	lim  int64

	table *unzipTable
}

// unzipTable is the memory of an unzipReader, some 140 KB, which the next one
// uses again.
type unzipTable struct {
	in *bufio.Reader
	gz *gzip.Reader
}

var unzipTables sync.Pool

// close gives the memory up; the reader is not used afterwards.
func (u *unzipReader) close() {
	u.table.in.Reset(nil) // it must not hold the tarball
	unzipTables.Put(u.table)
	u.table, u.in, u.gz = nil, nil, nil
}

func newUnzip(ctx context.Context, tgz io.ReaderAt, size int64, lim Limits) (*unzipReader, error) {
	t, _ := unzipTables.Get().(*unzipTable)
	if t == nil {
		t = &unzipTable{in: bufio.NewReaderSize(nil, 64<<10), gz: new(gzip.Reader)}
	}
	t.in.Reset(io.NewSectionReader(tgz, 0, size))
	u := &unzipReader{ctx: ctx, in: t.in, table: t, left: lim.Unpacked, lim: lim.Unpacked}
	magic, err := u.in.Peek(2)
	if err != nil {
		if errors.Is(err, io.EOF) {
			return nil, malformed("it is empty")
		}
		return nil, err
	}
	if magic[0] != 0x1f || magic[1] != 0x8b {
		return u, nil
	}
	if err = t.gz.Reset(u.in); err != nil {
		return nil, gzipError(err)
	}
	u.gz = t.gz
	u.gz.Multistream(false)
	return u, nil
}

func (u *unzipReader) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := u.read(p)
	if u.left -= int64(n); u.left < 0 {
		return 0, overLimit("it unpacks to more than %d bytes", u.lim)
	}
	return n, err
}

func (u *unzipReader) read(p []byte) (int, error) {
	if u.gz == nil {
		return u.in.Read(p)
	}
	n, err := u.gz.Read(p)
	if err == nil {
		return n, nil
	}
	if err != io.EOF {
		return n, gzipError(err)
	}
	next, err := u.in.Peek(1)
	if err != nil {
		return n, err
	}
	if next[0] == 0 {
		return n, io.EOF
	}
	if err := u.gz.Reset(u.in); err != nil {
		return n, gzipError(err)
	}
	u.gz.Multistream(false)
	return n, nil
}

// gzipError keeps the errors of the file beneath apart from those of the data.
func gzipError(err error) error {
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return malformed("its gzip data end too early")
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader), errors.As(err, new(flate.CorruptInputError)):
		return malformed("its gzip data are damaged (%v)", err)
	}
	return err
}
