package trust

import (
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"strings"

	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/relock"
	"github.com/portalctl/portalctl/internal/yarnlock"
	"github.com/portalctl/portalctl/internal/yarnzip"
)

// unpacking is how many tarballs are unpacked at a time.
const unpacking = 4

// checksummer computes the checksums that Yarn would write, or knows them of an
// earlier run.
type checksummer struct {
	registry *registry.Client
	known    *yarnzip.Cache
	slots    chan struct{}
}

func newChecksummer(r *registry.Client, dir string) *checksummer {
	return &checksummer{r, &yarnzip.Cache{Dir: dir}, make(chan struct{}, unpacking)}
}

// close lets go of the cache.
func (s *checksummer) close() {
	if s != nil {
		_ = s.known.Close() // each checksum was written when it was known
	}
}

// differs compares a Berry checksum with that of the archive that Yarn makes of
// the registry's tarball. A checksum says nothing about what a registry has
// when the archive itself is committed (.yarn/cache): Yarn believes both.
// unknown says that it cannot be told: the archive is compressed, or the
// registry does not give the tarball, or not one with its own hash.
func (s *checksummer) differs(ctx context.Context, name string, a asked, m *relock.Manifest) (differs, unknown bool, err error) {
	key, _, _ := strings.Cut(a.entry.Checksum, "/")
	if s == nil || a.lock.Kind != yarnlock.Berry || key != yarnzip.Stored || !a.fresh {
		return false, false, nil
	}
	kept := yarnzip.Key{Name: name, Version: a.version, CacheKey: key}
	if pins(m.Integrity) {
		kept.Integrity = m.Integrity
	}
	if sum, ok := s.known.Get(kept); ok {
		return sum != a.entry.Checksum, false, nil
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return false, false, ctx.Err()
	}
	tgz, err := s.registry.Tarball(ctx, name, a.version, registry.Dist{Tarball: m.Tarball, Integrity: m.Integrity, Shasum: m.Shasum})
	if err != nil {
		for _, known := range []error{registry.ErrNotFound, registry.ErrAuth, registry.ErrIntegrity, registry.ErrInvalid} {
			if errors.Is(err, known) {
				return false, true, nil
			}
		}
		return false, false, err
	}
	defer tgz.Close()
	sum, err := yarnzip.ChecksumAt(ctx, tgz, tgz.Size(), name, key, nil, yarnzip.DefaultLimits())
	if err != nil {
		return false, ctx.Err() == nil, ctx.Err()
	}
	// What cannot be kept is downloaded again next time, no more.
	_ = s.known.Put(kept, sum)
	return sum != a.entry.Checksum, false, nil
}

// pins reports whether an integrity admits one content alone, whoever serves it:
// a single SHA-512. SHA-1 can be made to fit two tarballs, and of several hashes
// either is believed, so a checksum kept under those could be of the other tarball.
func pins(integrity string) bool {
	text, ok := strings.CutPrefix(integrity, "sha512-")
	raw, err := base64.StdEncoding.DecodeString(text)
	return ok && err == nil && len(raw) == sha512.Size && len(text) == base64.StdEncoding.EncodedLen(sha512.Size)
}
