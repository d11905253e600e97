package yarnzip

import "io"

// window is the part of a stream that is looked at before it is passed over.
type window struct {
	r   io.Reader // nil once it came to its end
	buf []byte    // what was read and not yet passed over
	own []byte    // the memory that buf lies in
	off int64     // of buf in the stream
}

const windowSize = 64 << 10

func newWindow(r io.Reader) *window {
	return &window{r: r, own: make([]byte, windowSize)}
}

// peek is the next n bytes, fewer only at the end of the stream.
func (w *window) peek(n int) ([]byte, error) {
	for len(w.buf) < n && w.r != nil {
		if err := w.fill(); err != nil {
			return nil, err
		}
	}
	return w.buf[:min(n, len(w.buf))], nil
}

// some is between 1 and limit bytes, none only at the end of the stream.
func (w *window) some(limit int64) ([]byte, error) {
	for len(w.buf) == 0 && w.r != nil {
		if err := w.fill(); err != nil {
			return nil, err
		}
	}
	return w.buf[:min(limit, int64(len(w.buf)))], nil
}

// fill reads more; at the end of the stream it drops the reader.
func (w *window) fill() error {
	kept := copy(w.own, w.buf)
	n, err := w.r.Read(w.own[kept:])
	w.buf = w.own[:kept+n]
	if err == io.EOF {
		w.r = nil
		return nil
	}
	return err
}

func (w *window) advance(n int) {
	w.buf = w.buf[n:]
	w.off += int64(n)
}

// drain reads what is left.
func (w *window) drain() error {
	for w.r != nil {
		w.buf = nil
		if err := w.fill(); err != nil {
			return err
		}
	}
	return nil
}
