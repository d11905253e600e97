package httpfetch

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/klauspost/compress/gzip"
)

var errEncoding = errors.New("the body has an encoding that was not asked for")

// readAll reads a body of at most limit bytes, gzip undone. A body shorter
// than announced, or a gzip stream without its end, is io.ErrUnexpectedEOF.
func readAll(resp *http.Response, limit int64) ([]byte, error) {
	defer resp.Body.Close()
	var body io.Reader = resp.Body
	size := resp.ContentLength
	switch strings.ToLower(resp.Header.Get("Content-Encoding")) {
	case "", "identity":
		if size > limit {
			return nil, ErrTooLarge
		}
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(body)
		if err != nil {
			return nil, truncated(err)
		}
		defer z.Close()
		body, size = z, size*4
	default:
		return nil, errEncoding
	}
	var b bytes.Buffer
	// Announced sizes are only hints: a liar must send what it takes.
	b.Grow(int(min(max(size, 512), 1<<20, limit)) + bytes.MinRead)
	n, err := b.ReadFrom(io.LimitReader(body, limit+1))
	if err != nil {
		return nil, truncated(err)
	}
	if n > limit {
		return nil, ErrTooLarge
	}
	return b.Bytes(), nil
}

// truncated turns an end in the middle into io.ErrUnexpectedEOF.
func truncated(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// streamBody enforces the limit and explains errors. net/http checks the
// announced length.
type streamBody struct {
	body io.ReadCloser
	left int64
	url  string
	ctx  context.Context
	done func()
	err  error
}

func (s *streamBody) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	if int64(len(p)) > s.left+1 {
		p = p[:s.left+1]
	}
	n, err := s.body.Read(p)
	if int64(n) > s.left {
		n, err = int(s.left), ErrTooLarge
	}
	s.left -= int64(n)
	if err != nil && err != io.EOF {
		err = explain(s.url, 1, cause(s.ctx, err))
	}
	s.err = err
	return n, err
}

// Close may be called more than once.
func (s *streamBody) Close() error {
	if s.done == nil {
		return nil
	}
	err := s.body.Close()
	s.done()
	s.done = nil
	if s.err == nil {
		s.err = errClosed
	}
	return err
}

var errClosed = errors.New("read after close")
