package yarnzip

import (
	"crypto/sha512"
	"encoding/binary"
	"hash"
	"math"
)

// What libzip writes for Yarn. The time is 1984-06-22 21:50:00 UTC, Yarn's
// SAFE_TIME in MS-DOS form.
const (
	dosTime = 0xAE40
	dosDate = 0x08D6

	versionMadeBy = 0x033F // Unix, version 6.3
	versionStored = 10
	versionDir    = 20
	versionZip64  = 45
	flagUTF8      = 1 << 11
)

// zipHash is the SHA-512 of the zip that libzip would write, all of it stored.
type zipHash struct {
	h   hash.Hash
	img *image
	off int64
	buf []byte // scratch
}

func newZipHash(img *image) *zipHash { return &zipHash{h: sha512.New(), img: img} }

// Write counts what goes by; it never fails.
func (z *zipHash) Write(p []byte) (int, error) {
	z.off += int64(len(p))
	return z.h.Write(p)
}

// local writes the local header of e and its contents.
func (z *zipHash) local(e *entry) error {
	if z.off > math.MaxUint32 || e.body.n > math.MaxUint32 {
		return unsupported("its zip has more than 4 GiB")
	}
	e.offset = uint32(z.off)
	b := append(z.buf[:0], "PK\x03\x04"...)
	b = appendCommon(b, e)
	b = append(b, e.name...)
	z.buf = b
	_, _ = z.Write(b)
	if e.body.inline {
		_, _ = z.Write(e.body.data)
		return nil
	}
	if e.body.n == 0 {
		return nil
	}
	return z.img.copyRange(z, e.body.off, e.body.n)
}

// finish writes what comes behind the entries.
func (z *zipHash) finish(entries []*entry) (sum [sha512.Size]byte, err error) {
	start, count := z.off, 0
	for _, e := range entries {
		if e.removed {
			continue
		}
		if !e.timed {
			return sum, unsupported("Yarn puts the time of day into the zip of this package")
		}
		z.central(e)
		count++
	}
	z.end(start, count)
	return [sha512.Size]byte(z.h.Sum(nil)), nil
}

// appendCommon appends the fields that the local and the central header share.
func appendCommon(b []byte, e *entry) []byte {
	le := binary.LittleEndian
	version, flags := uint16(versionStored), uint16(0)
	if e.isDir() {
		version = versionDir
	}
	if !isASCII(e.name) && !cp437(e.name) {
		flags = flagUTF8
	}
	b = le.AppendUint16(b, version)
	b = le.AppendUint16(b, flags)
	b = le.AppendUint16(b, 0) // stored
	b = le.AppendUint16(b, dosTime)
	b = le.AppendUint16(b, dosDate)
	b = le.AppendUint32(b, e.body.crc)
	b = le.AppendUint32(b, uint32(e.body.n))
	b = le.AppendUint32(b, uint32(e.body.n))
	b = le.AppendUint16(b, uint16(len(e.name)))
	return le.AppendUint16(b, 0) // no extra field
}

func (z *zipHash) central(e *entry) {
	le := binary.LittleEndian
	b := append(z.buf[:0], "PK\x01\x02"...)
	b = le.AppendUint16(b, versionMadeBy)
	b = appendCommon(b, e)
	b = le.AppendUint16(b, 0) // no comment
	b = le.AppendUint16(b, 0) // disk
	b = le.AppendUint16(b, 0) // internal attributes
	b = le.AppendUint32(b, uint32(e.mode)<<16)
	b = le.AppendUint32(b, e.offset)
	b = append(b, e.name...)
	z.buf = b
	_, _ = z.Write(b)
}

// end writes the end records. libzip turns to zip64 for the number of entries
// alone.
func (z *zipHash) end(start int64, count int) {
	le := binary.LittleEndian
	size := z.off - start
	b := z.buf[:0]
	if count > math.MaxUint16 || start > math.MaxUint32 {
		at := z.off
		b = append(b, "PK\x06\x06"...)
		b = le.AppendUint64(b, 44)
		b = le.AppendUint16(b, versionZip64)
		b = le.AppendUint16(b, versionZip64)
		b = le.AppendUint32(b, 0)
		b = le.AppendUint32(b, 0)
		b = le.AppendUint64(b, uint64(count))
		b = le.AppendUint64(b, uint64(count))
		b = le.AppendUint64(b, uint64(size))
		b = le.AppendUint64(b, uint64(start))
		b = append(b, "PK\x06\x07"...)
		b = le.AppendUint32(b, 0)
		b = le.AppendUint64(b, uint64(at))
		b = le.AppendUint32(b, 1)
	}
	short := uint16(min(count, math.MaxUint16))
	b = append(b, "PK\x05\x06"...)
	b = le.AppendUint32(b, 0)
	b = le.AppendUint16(b, short)
	b = le.AppendUint16(b, short)
	b = le.AppendUint32(b, uint32(min(size, math.MaxUint32)))
	b = le.AppendUint32(b, uint32(min(start, math.MaxUint32)))
	b = le.AppendUint16(b, 0) // no comment
	z.buf = b
	_, _ = z.Write(b)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// cp437 mirrors _zip_guess_encoding for names that are valid UTF-8: a control
// character other than tab, newline or return makes libzip take the name for
// CP437 and leave it unflagged.
func cp437(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' && c != '\n' && c != '\r' {
			return true
		}
	}
	return false
}
