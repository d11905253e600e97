package snapshot

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/portalctl/portalctl/internal/fault"
)

// Decompress writes the content of a compressed file of a snapshot to a new
// file of mode 0600.
func Decompress(ctx context.Context, from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return fault.Wrap(fault.Cause(err), fault.Pos{File: from}, "cannot be read")
	}
	defer in.Close()
	dec, err := newDecoder(Interruptible(ctx, in))
	if err != nil {
		return err
	}
	defer dec.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fault.Wrap(fault.Cause(err), fault.Pos{File: to}, "cannot be made")
	}
	_, err = io.Copy(out, dec)
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		_ = os.Remove(to)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fault.Wrap(fault.Cause(err), fault.Pos{File: from}, "cannot be decoded")
	}
	return nil
}
