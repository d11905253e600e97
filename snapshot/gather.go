package snapshot

import (
	"io"
	"time"
)

// gathering reads a program's pipe in large pieces. pg_dump writes 4 kB at a
// time, and a reader that is faster wakes for each of them, and wakes pg_dump:
// on an idle machine that costs more than the compression. So after a short
// read it waits for as long as a fast server needs to fill half the pipe.
type gathering struct {
	r     io.Reader
	size  int // of the pipe, 0 if not known: then nothing is waited for
	buf   []byte
	at, n int
	short bool
	err   error
	// sleep is time.Sleep; reads counts for tests.
	sleep func(time.Duration)
	reads int
}

// gatherTime is how long pg_dump may take to fill a pipe of 1 MB.
const gatherTime = 2 * time.Millisecond

func (g *gathering) Read(b []byte) (int, error) {
	if g.at == g.n {
		if g.err != nil {
			return 0, g.err
		}
		g.fill()
	}
	if g.at < g.n {
		n := copy(b, g.buf[g.at:g.n])
		g.at += n
		return n, nil
	}
	return 0, g.err
}

func (g *gathering) fill() {
	if g.buf == nil {
		g.buf = make([]byte, max(g.size, 128<<10))
		if g.sleep == nil {
			g.sleep = time.Sleep
		}
	}
	if g.short && g.size > 0 {
		g.sleep(time.Duration(int64(gatherTime) * int64(g.size) >> 20))
	}
	g.at = 0
	g.n, g.err = g.r.Read(g.buf)
	g.reads++
	g.short = g.n < g.size/2
}
