package rollback

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/snapshot"
)

// checkDumps refuses a damaged dump before anything is touched: reading the
// files takes a hundredth of what restoring them does.
func (r *run) checkDumps(ctx context.Context) error {
	for _, t := range r.Targets {
		r.Progress(Event{Target: t.Name(), Stage: "check"})
		if err := checkDump(ctx, r.Dir, t.Dump); err != nil {
			return err
		}
	}
	return reached(ctx, "checked")
}

func checkDump(ctx context.Context, dir string, want snapshot.File) error {
	name := filepath.Join(dir, want.Name)
	f, err := os.Open(name)
	if err != nil {
		return unreadableDump(err, name)
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, snapshot.Interruptible(ctx, f)); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fault.Wrap(err, fault.Pos{File: name}, "the dump cannot be read")
	}
	if hex.EncodeToString(sum.Sum(nil)) != want.SHA256 {
		return damaged(name)
	}
	return nil
}

func damaged(name string) error {
	return fault.At(fault.Pos{File: name}, "the dump is not the file that was written").
		WithNext("Nothing was changed. Use another copy of the snapshot; portalctl snapshot verify says what is damaged")
}

// dumpReader decodes a dump. What is wrong with the file is kept in err: the
// program that reads the stream sees no more than its end.
type dumpReader struct {
	run    *run
	ctx    context.Context
	target *Target
	name   string
	file   *os.File
	zstd   *zstd.Decoder
	stored int64 // bytes of the file that were read
	whole  bool
	err    error
}

// openDump opens the dump of t, to be restored: what is read is reported. The
// decoder checks zstd's own checksum.
func (r *run) openDump(ctx context.Context, t *Target) (*dumpReader, error) {
	d := &dumpReader{run: r, ctx: ctx, target: t, name: filepath.Join(r.Dir, t.Dump.Name)}
	var err error
	if d.file, err = os.Open(d.name); err != nil {
		return nil, unreadableDump(err, d.name)
	}
	if d.zstd, err = zstd.NewReader(counter{d}, zstd.WithDecoderConcurrency(1)); err != nil {
		_ = d.file.Close()
		return nil, damaged(d.name)
	}
	return d, nil
}

func unreadableDump(err error, name string) error {
	return fault.Wrap(err, fault.Pos{File: name}, "the dump cannot be read").WithNext("Copy the whole folder of the snapshot")
}

type counter struct{ d *dumpReader }

func (c counter) Read(b []byte) (int, error) {
	n, err := c.d.file.Read(b)
	c.d.stored += int64(n)
	return n, err
}

func (d *dumpReader) Read(b []byte) (int, error) {
	if d.err != nil {
		return 0, d.err
	}
	n, err := d.zstd.Read(b)
	d.run.Progress(Event{Target: d.target.Name(), Stage: "restore", Done: d.stored, Total: d.target.Dump.Size})
	switch {
	case errors.Is(err, io.EOF):
		d.whole = true
	case err != nil:
		d.err = fault.Wrap(err, fault.Pos{File: d.name}, "the dump cannot be decoded").
			WithNext("Use another copy of the snapshot")
	default:
		d.err = reached(d.ctx, "restoring "+d.target.Name())
	}
	return n, err
}

// stopped is why the reading of a dump ended before what came of it counts, nil
// where it did not: the user's interruption, or a fault of the file.
func (d *dumpReader) stopped() error {
	return cmp.Or(d.ctx.Err(), d.err)
}

// restored is how pg_restore ended that had the dump to read: err is its own word,
// next what to do about that.
func (d *dumpReader) restored(err error, next string) error {
	if stopped := d.stopped(); stopped != nil {
		return stopped
	}
	switch {
	case err != nil:
		return fault.Wrap(err, fault.Pos{}, "%s could not be restored", d.target.Name()).WithNext("%s", next)
	case !d.whole:
		return fault.At(fault.Pos{File: d.name}, "pg_restore stopped reading before the end").WithNext(nextVerify)
	}
	return nil
}

func (d *dumpReader) close() {
	d.zstd.Close()
	_ = d.file.Close()
}
