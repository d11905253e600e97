package osv

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"time"
)

// The index file, little endian: magic; SHA-256 of the zip's central
// directory; size and modification time of the zip; newest record; counts; the
// entries; the postings; CRC-32C of all before it.
const (
	indexMagic   = "portalctl osv 1\n"
	indexHeadLen = len(indexMagic) + sha256.Size + 8*7
	entryLen     = 8 + 4 + 4 + 4 + 2
	postingLen   = 8 + 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var errIndex = errors.New("the name index is damaged")

// identity is what an index was built of.
type identity struct {
	digest  [sha256.Size]byte
	size    int64
	modTime int64 // Unix nanoseconds
}

// writeIndex puts the index beside the database: to a file of its own that is
// renamed, so that nobody reads half of one.
func writeIndex(file string, id identity, x *index) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*.tmp")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			tmp.Close()
			os.Remove(tmp.Name())
		}
	}()
	check := crc32.New(castagnoli)
	w := bufio.NewWriterSize(io.MultiWriter(tmp, check), 256<<10)
	le := binary.LittleEndian
	b := append(make([]byte, 0, indexHeadLen), indexMagic...)
	b = append(b, id.digest[:]...)
	for _, n := range []int64{id.size, id.modTime, x.newest.UnixNano(), int64(x.npm), int64(x.foreign), int64(len(x.entries)), int64(len(x.names))} {
		b = le.AppendUint64(b, uint64(n))
	}
	w.Write(b)
	for _, e := range x.entries {
		b = le.AppendUint64(b[:0], uint64(e.offset))
		b = le.AppendUint32(le.AppendUint32(le.AppendUint32(b, e.packed), e.size), e.crc)
		w.Write(le.AppendUint16(b, e.method))
	}
	for _, p := range x.names {
		w.Write(le.AppendUint32(le.AppendUint64(b[:0], p.hash), p.entry))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if _, err := tmp.Write(le.AppendUint32(nil, check.Sum32())); err != nil {
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), file)
}

// readIndex is errIndex for a file that is damaged, of another version of
// portalctl, or of another database.
func readIndex(file string, id identity) (*index, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	r := &checkedReader{r: bufio.NewReaderSize(f, 256<<10), h: crc32.New(castagnoli)}
	head := make([]byte, indexHeadLen)
	if !r.full(head) || string(head[:len(indexMagic)]) != indexMagic {
		return nil, errIndex
	}
	le := binary.LittleEndian
	rest := head[len(indexMagic):]
	var of identity
	copy(of.digest[:], rest)
	rest = rest[sha256.Size:]
	field := func(i int) int64 { return int64(le.Uint64(rest[8*i:])) }
	of.size, of.modTime = field(0), field(1)
	x := &index{newest: time.Unix(0, field(2)).UTC(), npm: int(field(3)), foreign: int(field(4))}
	entries, names := field(5), field(6)
	const most = 1 << 31
	if of != id || entries < 0 || names < 0 || entries > most || names > most ||
		info.Size() != int64(indexHeadLen)+entries*entryLen+names*postingLen+4 {
		return nil, errIndex
	}
	x.entries = make([]entry, entries)
	b := make([]byte, max(entryLen, postingLen))
	for i := range x.entries {
		if !r.full(b[:entryLen]) {
			return nil, errIndex
		}
		x.entries[i] = entry{
			offset: int64(le.Uint64(b)), packed: le.Uint32(b[8:]), size: le.Uint32(b[12:]),
			crc: le.Uint32(b[16:]), method: le.Uint16(b[20:]),
		}
	}
	x.names = make([]posting, names)
	for i := range x.names {
		if !r.full(b[:postingLen]) {
			return nil, errIndex
		}
		p := posting{le.Uint64(b), le.Uint32(b[8:])}
		if int64(p.entry) >= entries {
			return nil, errIndex
		}
		x.names[i] = p
	}
	want := r.h.Sum32()
	if !r.full(b[:4]) || le.Uint32(b) != want {
		return nil, errIndex
	}
	return x, nil
}

type checkedReader struct {
	r io.Reader
	h hash.Hash32
}

func (c *checkedReader) full(b []byte) bool {
	if _, err := io.ReadFull(c.r, b); err != nil {
		return false
	}
	c.h.Write(b)
	return true
}
