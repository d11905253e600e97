package snapshot

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/portalctl/portalctl/internal/fault"
)

// stored is a file that is written compressed, hashed and synced.
type stored struct {
	name  string
	file  *os.File
	hash  hash.Hash
	size  int64
	raw   atomic.Int64
	start time.Time
}

// effort is how hard a file is compressed.
type effort int

const (
	quick  effort = iota // zstd's default level
	better               // 10 % smaller for nearly three times the work
)

// smallData is how much data may be compressed better: it costs half a second
// at most, and a portal has a dozen small databases beside its catalog.
const smallData = 32 << 20

func effortFor(data int64) effort {
	if data <= smallData {
		return better
	}
	return quick
}

// store compresses all of r into a new file and returns what it is. zstd writes
// a checksum of the content, so that a flipped bit does not decode; zstd -d
// reads it. raw, if not nil, is kept up to date with how much was read.
func store(dir, name string, r io.Reader, how effort, raw *atomic.Int64) (File, error) {
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return File{}, fault.Wrap(err, fault.Pos{File: filepath.Join(dir, name)}, "cannot be made")
	}
	defer f.Close()
	s := &stored{name: name, file: f, hash: sha256.New(), start: time.Now()}
	if err := s.compress(r, how, raw); err != nil {
		return File{}, fault.Wrap(writeCause(err), fault.Pos{File: f.Name()}, "cannot be written")
	}
	return File{Name: name, Size: s.size, SHA256: hex.EncodeToString(s.hash.Sum(nil)), RawSize: s.raw.Load(), Seconds: time.Since(s.start).Seconds()}, nil
}

func writeCause(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

func (s *stored) compress(r io.Reader, how effort, raw *atomic.Int64) error {
	// One goroutine: pg_dump and the server have the other processors, and
	// handing blocks over costs as much as it gains. WithLowerEncoderMem would
	// double the time. A window of 4 MB would save 8 MB of memory for each
	// database at work, and cost half a percent of the size.
	level, window := zstd.SpeedDefault, 8<<20
	if how == better {
		level, window = zstd.SpeedBetterCompression, 4<<20
	}
	enc, err := zstd.NewWriter(s, zstd.WithEncoderLevel(level), zstd.WithWindowSize(window), zstd.WithEncoderCRC(true), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	if _, err := enc.ReadFrom(&counted{r: r, n: &s.raw, also: raw}); err != nil {
		enc.Close()
		return err
	}
	if err := enc.Close(); err != nil {
		return err
	}
	if err := s.file.Sync(); err != nil {
		return err
	}
	return s.file.Close()
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
		return fault.Wrap(writeCause(err), fault.Pos{File: path}, "cannot be written")
	}
	return nil
}

// syncDir makes names in a folder last. Windows has no such thing.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
