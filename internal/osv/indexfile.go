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
	"time"

	"github.com/portalctl/portalctl/internal/atomicfile"
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

// newChecksum is CRC-32C, which processors compute themselves.
func newChecksum() hash.Hash32 { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) }

var errIndex = errors.New("the name index is damaged")

// identity is what an index was built of.
type identity struct {
	digest  [sha256.Size]byte
	size    int64
	modTime int64 // Unix nanoseconds
}

// writeIndex puts the index beside the database.
func writeIndex(file string, id identity, x *index) error {
	return atomicfile.CacheFrom(file, func(to io.Writer) error { return x.encode(to, id) })
}

func (x *index) encode(to io.Writer, id identity) error {
	check := newChecksum()
	w := bufio.NewWriterSize(io.MultiWriter(to, check), 256<<10)
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
	_, err := to.Write(le.AppendUint32(nil, check.Sum32()))
	return err
}

// readIndex opens an index. It is errIndex for a file that is damaged, of
// another version of portalctl, or of another database.
func readIndex(file string, id identity) (x *index, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errIndex
	}
	head := make([]byte, indexHeadLen)
	if _, err := f.ReadAt(head, 0); err != nil || string(head[:len(indexMagic)]) != indexMagic {
		return nil, errIndex
	}
	le := binary.LittleEndian
	rest := head[len(indexMagic):]
	var of identity
	copy(of.digest[:], rest)
	rest = rest[sha256.Size:]
	field := func(i int) int64 { return int64(le.Uint64(rest[8*i:])) }
	of.size, of.modTime = field(0), field(1)
	t := &indexTables{f: f, entries: field(5), names: field(6)}
	const most = 1 << 31
	if of != id || t.entries < 0 || t.names < 0 || t.entries > most || t.names > most || info.Size() != t.end()+4 {
		return nil, errIndex
	}
	check := newChecksum()
	if _, err := io.CopyBuffer(check, onlyReader{io.NewSectionReader(f, 0, t.end())}, make([]byte, 64<<10)); err != nil {
		return nil, err
	}
	var want [4]byte
	if _, err := f.ReadAt(want[:], t.end()); err != nil || le.Uint32(want[:]) != check.Sum32() {
		return nil, errIndex
	}
	return &index{newest: time.Unix(0, field(2)).UTC(), npm: int(field(3)), foreign: int(field(4)), file: t}, nil
}

// indexTables reads the tables of an index where they are: an audit needs a
// hundredth of them. A file is replaced and never changed, so that what was
// checked is what is read.
type indexTables struct {
	f              *os.File
	entries, names int64
}

func (t *indexTables) postings() int64 { return int64(indexHeadLen) + t.entries*entryLen }
func (t *indexTables) end() int64      { return t.postings() + t.names*postingLen }

func (t *indexTables) entry(n uint32) (entry, error) {
	var b [entryLen]byte
	if int64(n) >= t.entries {
		return entry{}, errIndex
	}
	if _, err := t.f.ReadAt(b[:], int64(indexHeadLen)+int64(n)*entryLen); err != nil {
		return entry{}, err
	}
	le := binary.LittleEndian
	return entry{
		offset: int64(le.Uint64(b[:])), packed: le.Uint32(b[8:]), size: le.Uint32(b[12:]), crc: le.Uint32(b[16:]), method: le.Uint16(b[20:]),
	}, nil
}

// find goes through the postings once; both lists are sorted.
func (t *indexTables) find(hashes []uint64) ([]posting, error) {
	r := bufio.NewReaderSize(io.NewSectionReader(t.f, t.postings(), t.names*postingLen), 64<<10)
	var b [postingLen]byte
	var out []posting
	for range t.names {
		if len(hashes) == 0 {
			break
		}
		if _, err := io.ReadFull(r, b[:]); err != nil {
			return nil, err
		}
		p := posting{binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint32(b[8:])}
		for len(hashes) > 0 && hashes[0] < p.hash {
			hashes = hashes[1:]
		}
		if len(hashes) > 0 && hashes[0] == p.hash {
			out = append(out, p)
		}
	}
	return out, nil
}
