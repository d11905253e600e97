package snapshot

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/portalctl/portalctl/internal/fault"
)

// stored is a file that is written compressed, hashed and synced.
type stored struct {
	file *os.File
	hash hash.Hash
	size int64
	raw  atomic.Int64
}

// effort is how hard a file is compressed: zstd's default level, and before it
// so many bytes at a level that makes them 12 % smaller for 2.5 times the work.
type effort struct {
	well   int64
	window int // of the default level
}

const (
	mostWindow = 8 << 20
	wellWindow = 4 << 20
)

// quickly is the default level alone. The encoder clears twice the window before
// it begins, so that a small database gets a small one; data grows when it is
// written as text.
func quickly(data int64) effort {
	e := effort{window: 1 << 20}
	for e.window < mostWindow && int64(e.window) < 2*data {
		e.window *= 2
	}
	return e
}

// efforts shares the work out. Of what exceeds 32 MB a quarter is compressed
// well, the small databases first, of which a portal has a dozen beside its
// catalog: pg_dump's own zlib is then beaten in size by a sixth, in little more
// than half its work. A small portal's copy is small anyhow, and so is a tiny
// database's.
func efforts(data []int64) []effort {
	const tiny, free = 1 << 20, 32 << 20
	order := make([]int, len(data))
	out := make([]effort, len(data))
	var total int64
	for i, n := range data {
		order[i], out[i] = i, quickly(n)
		total += n
	}
	left := max(total-free, 0) / 4
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(data[a], data[b]) })
	for _, i := range order {
		switch n := data[i]; {
		case n < tiny:
		case n <= left:
			out[i].well, left = math.MaxInt64, left-n
		default:
			out[i].well, left = left, 0
		}
	}
	return out
}

// store compresses all of r into a new file and returns what it is. zstd writes
// a checksum of the content, so that a flipped bit does not decode; zstd -d
// reads it. raw, if not nil, is kept up to date with how much was read.
func store(dir, name string, r io.Reader, how effort, raw *atomic.Int64) (File, error) {
	start := time.Now()
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return File{}, fault.Wrap(err, fault.Pos{File: filepath.Join(dir, name)}, "cannot be made")
	}
	defer f.Close()
	s := &stored{file: f, hash: sha256.New()}
	if err := s.compress(r, how, raw); err != nil {
		return File{}, fault.Wrap(fault.Cause(err), fault.Pos{File: f.Name()}, "cannot be written")
	}
	return File{Name: name, Size: s.size, SHA256: hex.EncodeToString(s.hash.Sum(nil)), RawSize: s.raw.Load(), Seconds: time.Since(start).Seconds()}, nil
}

func (s *stored) compress(r io.Reader, how effort, raw *atomic.Int64) error {
	in := &counted{r: r, n: &s.raw, also: raw}
	if how.well > 0 {
		if err := s.frame(io.LimitReader(in, how.well), zstd.SpeedBetterCompression, wellWindow); err != nil {
			return err
		}
	}
	if s.raw.Load() >= how.well {
		if err := s.frame(in, zstd.SpeedDefault, how.window); err != nil {
			return err
		}
	}
	if err := s.file.Sync(); err != nil {
		return err
	}
	return s.file.Close()
}

// frame compresses all of r. A file of several frames is read as one.
func (s *stored) frame(r io.Reader, level zstd.EncoderLevel, window int) error {
	// One goroutine: pg_dump and the server have the other processors, and
	// handing blocks over costs as much as it gains. WithLowerEncoderMem would
	// double the time.
	enc, err := zstd.NewWriter(s, zstd.WithEncoderLevel(level), zstd.WithWindowSize(window), zstd.WithEncoderCRC(true), zstd.WithEncoderConcurrency(1),
		zstd.WithAllLitEntropyCompression(true)) // assets that are compressed already come as hex digits
	if err != nil {
		return err
	}
	if _, err := enc.ReadFrom(r); err != nil {
		enc.Close()
		return err
	}
	return enc.Close()
}

// Write takes compressed bytes.
func (s *stored) Write(b []byte) (int, error) {
	n, err := s.file.Write(b)
	s.hash.Write(b[:n])
	s.size += int64(n)
	return n, err
}

// counted counts what is read.
type counted struct {
	r       io.Reader
	n, also *atomic.Int64
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n.Add(int64(n))
	if c.also != nil {
		c.also.Add(int64(n))
	}
	return n, err
}

// writeNew writes a small new file and syncs it.
func writeNew(dir, name string, content []byte) error {
	path := filepath.Join(dir, name)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		_, err = f.Write(content)
		err = errors.Join(err, f.Sync(), f.Close())
	}
	if err != nil {
		return fault.Wrap(fault.Cause(err), fault.Pos{File: path}, "cannot be written")
	}
	return nil
}

// isDiskFull reports whether an error is the disk's.
func isDiskFull(err error) bool { return errors.Is(err, syscall.ENOSPC) }
