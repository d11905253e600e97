package published

import (
	"context"
	"errors"
	"io"

	"github.com/portalctl/portalctl/internal/capability"
	"github.com/portalctl/portalctl/internal/npmtar"
)

// profileFormat is the first line of cached profiles. It changes with what is read
// of a package.
const profileFormat = "portalctl profile 1\n"

// profileBounds admit packages of any size that is real: files are read one at a
// time, and capability has limits of its own for what it reads of them.
var profileBounds = npmtar.Limits{Unpacked: 512 << 20, Kept: 512 << 20, File: capability.MaxFile, Entries: 100_000}

// Profiles reads what published packages reach. It is safe for concurrent use.
type Profiles struct {
	Registry Registry
	// CacheDir is where profiles are kept, "" for nowhere.
	CacheDir string

	known memory[capability.Profile]
}

// Read is what the code of exactly that version reaches. Its tarball is read within
// bounds and not kept, its profile is. The error is a fault of the registry, with
// registry.ErrNotFound where it lacks the version, or *Broken for a tarball that
// cannot be read.
func (r *Profiles) Read(ctx context.Context, name, version string) (*capability.Profile, error) {
	at, err := Exactly(ctx, r.Registry, name, version)
	if err != nil {
		return nil, err
	}
	cache := Cache{Dir: r.CacheDir, Format: profileFormat, Ext: ".profile"}
	return r.known.of(at, cache, func(*capability.Profile) bool { return true }, func() (*capability.Profile, error) { return r.read(ctx, at) })
}

func (r *Profiles) read(ctx context.Context, at Found) (*capability.Profile, error) {
	var reader capability.Reader
	err := at.tarball(ctx, r.Registry, func(src io.Reader) error {
		more, err := npmtar.Each(ctx, src, capability.Wanted, profileBounds, func(name string, size int64, text []byte) {
			if ctx.Err() == nil {
				reader.File(name, size, text)
			}
		})
		if err == nil && more {
			reader.Unread("the tarball", "something lies behind its end")
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return reader.Profile(), nil
}

// IsBroken reports whether an error is a tarball that cannot be read.
func IsBroken(err error) bool { return errors.As(err, new(*Broken)) }
