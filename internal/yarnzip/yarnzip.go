// Package yarnzip computes, without Yarn, the checksum that Yarn Berry writes
// into yarn.lock for an npm package: the SHA-512 of the zip that Yarn would
// make of the registry's tarball. The zip itself is never stored anywhere.
//
// What is mirrored, all of it from Yarn's own bundle (4.0 to 4.18 agree):
//
//   - tgzUtils.convertToZip: the worker's tar parser (node-tar 6), the paths it
//     strips, skips and prefixes (tarscan.go, tarheader.go, pax.go);
//   - ZipFS, the file system in a zip that the tar entries are written to,
//     with its symlinks and its errors (tree.go, resolve.go);
//   - libzip as ZipFS drives it: the bytes of the archive (zip.go);
//   - PatchFetcher, for Yarn's builtin compat patches (patched.go and the
//     package yarnpatch).
//
// Memory is bounded whatever the tarball holds: see Limits.
package yarnzip

import (
	"bytes"
	"context"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"io"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/yarnpatch"
)

// Stored is the cache key of Yarn 4 with compressionLevel 0, its default: a
// zip whose entries are all stored. It is the only one supported so far; the
// others (`10`, which is compressionLevel mixed, and `8` of Yarn 3) deflate.
const Stored = "10c0"

// Checksum is ChecksumAt of a tarball in memory, unpatched, under DefaultLimits.
func Checksum(ctx context.Context, tgz []byte, name, cacheKey string) (string, error) {
	return ChecksumAt(ctx, bytes.NewReader(tgz), int64(len(tgz)), name, cacheKey, nil, DefaultLimits())
}

// ChecksumAt is the value of a lock entry's checksum field, "<cacheKey>/<hex>",
// for the package name (with its scope) whose tarball of size bytes lies in tgz,
// for example an open file; with a patch, for the package that Yarn makes of it:
// the lock entry whose resolution is name@patch:name@npm%3A…. The caller has
// verified tgz against the registry's integrity: a checksum of anything else
// means nothing. errors.Is tells ErrUnsupported, ErrArchive and ErrLimit apart.
//
// As a rule the tarball is decompressed once, with one file at a time in
// memory. One that has a file of more than lim.Buffer is read twice, and one
// that replaces a file it had before a third time, into a Spool.
func ChecksumAt(ctx context.Context, tgz io.ReaderAt, size int64, name, cacheKey string, patch *yarnpatch.Patch, lim Limits) (string, error) {
	if cacheKey != Stored {
		return "", fault.Wrap(ErrUnsupported, fault.Pos{}, "checksum of %s: cache key %q is not known, only %q is", name, cacheKey, Stored).
			WithNext("let the repository's own Yarn write the lockfile: --lockfile yarn")
	}
	img := &image{ctx: ctx, tgz: tgz, size: size, lim: lim}
	defer img.close()
	d, err := digestOf(img, name, patch)
	if err != nil {
		return "", about(err, name)
	}
	return cacheKey + "/" + hex.EncodeToString(d[:]), nil
}

type digest = [sha512.Size]byte

func digestOf(img *image, name string, patch *yarnpatch.Patch) (digest, error) {
	if patch != nil {
		return patchedDigest(img, name, patch)
	}
	d, err := onePass(img, name)
	if errors.Is(err, errAgain) {
		return twoPasses(img, name)
	}
	return d, err
}

// onePass hashes every entry when it is made. Nothing that may still change
// then is in its local header.
func onePass(img *image, name string) (digest, error) {
	z := newZipHash(img)
	t := newTree(img.lim)
	t.emit = func(e *entry) error {
		err := z.local(e)
		if !e.isSymlink() {
			e.body.data = nil
		}
		return err
	}
	if err := t.unpack(img, name); err != nil {
		return digest{}, err
	}
	return z.finish(t.entries)
}

// twoPasses first sees what there is, and then hashes it.
func twoPasses(img *image, name string) (digest, error) {
	t := newTree(img.lim)
	if err := t.unpack(img, name); err != nil {
		return digest{}, err
	}
	if t.scattered {
		if err := img.spill(); err != nil {
			return digest{}, err
		}
	}
	return t.hash(img)
}

// hash is the hash of the zip of t.
func (t *tree) hash(img *image) (digest, error) {
	z := newZipHash(img)
	for _, e := range t.entries {
		if e.removed {
			continue
		}
		if err := z.local(e); err != nil {
			return digest{}, err
		}
	}
	return z.finish(t.entries)
}
