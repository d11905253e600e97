package osv

import (
	"cmp"
	"context"
	"errors"
	"io"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// ecosystemNPM is OSV's word for the public npm registry.
const ecosystemNPM = "npm"

// index says which records name a package.
type index struct {
	newest  time.Time // the latest modified of all records
	npm     int       // records about an npm package
	foreign int       // records about none

	// The two tables are in memory, or else in the file that they are kept in.
	// names lists, sorted, the hash of each name with the number of an entry.
	// Two names of one hash do no harm: names are compared before the engine.
	entries []entry
	names   []posting
	file    *indexTables
}

type posting struct {
	hash  uint64
	entry uint32
}

// hashName is FNV-1a, 64 bits.
func hashName(name string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(name) {
		h ^= uint64(name[i])
		h *= 1099511628211
	}
	return h
}

// find is the postings of hashes, which are sorted.
func (x *index) find(hashes []uint64) ([]posting, error) {
	if x.file != nil {
		return x.file.find(hashes)
	}
	var out []posting
	for _, h := range hashes {
		at, _ := slices.BinarySearchFunc(x.names, h, func(p posting, h uint64) int { return cmp.Compare(p.hash, h) })
		for ; at < len(x.names) && x.names[at].hash == h; at++ {
			out = append(out, x.names[at])
		}
	}
	return out, nil
}

func (x *index) entry(n uint32) (entry, error) {
	if x.file != nil {
		return x.file.entry(n)
	}
	return x.entries[n], nil
}

func (x *index) close() {
	if x != nil && x.file != nil {
		x.file.f.Close()
	}
}

func (x *index) sort() {
	slices.SortFunc(x.names, func(a, b posting) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.entry, b.entry))
	})
	x.names = slices.Compact(x.names)
}

// note takes what a record says into the index.
func (x *index) note(number uint32, r record) error {
	at, err := time.Parse(time.RFC3339, r.modified)
	if err != nil {
		return errRecord
	}
	if at.After(x.newest) {
		x.newest = at
	}
	if len(r.names) == 0 {
		x.foreign++
		return nil
	}
	x.npm++
	for _, name := range r.names {
		x.names = append(x.names, posting{hashName(name), number})
	}
	return nil
}

// batch is how many bytes of the zip file are read at once.
const batch = 1 << 20

// buildIndex reads every record of a zip file once, on all processors.
func buildIndex(ctx context.Context, f io.ReaderAt, d directory) (*index, error) {
	x := &index{entries: make([]entry, 0, d.entries)}
	err := d.each(f, func(e entry) error {
		x.entries = append(x.entries, e)
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	// Records lie one behind the other: each read takes many of them.
	slices.SortFunc(x.entries, func(a, b entry) int { return cmp.Compare(a.offset, b.offset) })
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	pool := sync.Pool{New: func() any { return &part{} }}
	for first := 0; first < len(x.entries) && ctx.Err() == nil; {
		last, end := first+1, x.end(first, d)
		for last < len(x.entries) && x.end(last, d)-x.entries[first].offset <= batch {
			end = x.end(last, d)
			last++
		}
		from, to := first, last
		g.Go(func() error {
			p := pool.Get().(*part)
			defer pool.Put(p)
			if err := p.scan(ctx, f, x.entries[from:to], uint32(from), end); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			x.merge(&p.index)
			return nil
		})
		first = last
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return nil, err
	}
	x.sort()
	return x, nil
}

// end is where the record ends at the latest: at the next one.
func (x *index) end(i int, d directory) int64 {
	if i+1 < len(x.entries) {
		return x.entries[i+1].offset
	}
	return d.offset
}

func (x *index) merge(p *index) {
	x.names = append(x.names, p.names...)
	x.npm += p.npm
	x.foreign += p.foreign
	if p.newest.After(x.newest) {
		x.newest = p.newest
	}
}

// part is the work on a stretch of the file.
type part struct {
	index
	block []byte
	unpacker
	records recordReader
}

func (p *part) scan(ctx context.Context, f io.ReaderAt, entries []entry, number uint32, end int64) error {
	p.index = index{names: p.names[:0]}
	start := entries[0].offset
	p.block = grow(p.block, int(end-start))
	if n, err := f.ReadAt(p.block, start); n < len(p.block) {
		if err == nil || err == io.EOF {
			err = errZip
		}
		return err
	}
	for i, e := range entries {
		if i%64 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		text, err := p.unpack(p.block[e.offset-start:], e)
		if err != nil {
			return err
		}
		r, err := p.records.scan(text)
		if err != nil {
			return recordError{entryName(p.block[e.offset-start:]), err}
		}
		if err := p.note(number+uint32(i), r); err != nil {
			return recordError{entryName(p.block[e.offset-start:]), err}
		}
	}
	return nil
}

// recordError names the record that is at fault.
type recordError struct {
	name string
	err  error
}

func (e recordError) Error() string { return e.name + " " + e.err.Error() }
func (e recordError) Unwrap() error { return e.err }
