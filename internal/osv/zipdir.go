package osv

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"strings"

	"github.com/klauspost/compress/flate"
)

// The fields of the zip format that a database uses, from PKWARE's APPNOTE:
// archive/zip would hold 250,000 entries in memory, which costs more than all
// else that an audit does.
const (
	sigLocal  = 0x04034b50
	sigHeader = 0x02014b50
	sigEnd    = 0x06054b50
	sigEnd64  = 0x06064b50
	sigFind64 = 0x07064b50

	localLen  = 30
	headerLen = 46
	endLen    = 22
	find64Len = 20
	end64Len  = 56

	stored   = 0
	deflated = 8
)

// maxRecord bounds one record, unpacked; the largest of 2026 has 1 MB.
const maxRecord = 32 << 20

var (
	errZip      = errors.New("is not a whole zip file")
	errZipEntry = errors.New("the zip file holds an entry that does not unpack")
)

// entry is one record in the zip file.
type entry struct {
	offset       int64 // of the local header
	packed, size uint32
	crc          uint32
	method       uint16
}

// directory says where the central directory lies.
type directory struct {
	offset, size int64
	entries      int64
}

// findDirectory reads the end of a zip file.
func findDirectory(f io.ReaderAt, size int64) (directory, error) {
	tail := min(size, 1<<16+endLen+find64Len)
	buf := make([]byte, tail)
	if _, err := f.ReadAt(buf, size-tail); err != nil && err != io.EOF {
		return directory{}, err
	}
	le := binary.LittleEndian
	for i := len(buf) - endLen; i >= 0; i-- {
		end := buf[i:]
		if le.Uint32(end) != sigEnd || int(le.Uint16(end[20:]))+endLen != len(end) {
			continue
		}
		d := directory{entries: int64(le.Uint16(end[10:])), size: int64(le.Uint32(end[12:])), offset: int64(le.Uint32(end[16:]))}
		stop := size - int64(len(end))
		if i >= find64Len && le.Uint32(buf[i-find64Len:]) == sigFind64 {
			at := int64(le.Uint64(buf[i-find64Len+8:]))
			end64 := make([]byte, end64Len)
			if at < 0 || at > size-end64Len {
				return directory{}, errZip
			}
			if _, err := f.ReadAt(end64, at); err != nil {
				return directory{}, errZip
			}
			if le.Uint32(end64) != sigEnd64 {
				return directory{}, errZip
			}
			d = directory{entries: int64(le.Uint64(end64[32:])), size: int64(le.Uint64(end64[40:])), offset: int64(le.Uint64(end64[48:]))}
			stop = at
		}
		if d.entries < 0 || d.size < 0 || d.offset < 0 || d.offset > stop || d.offset+d.size != stop || d.entries > d.size/headerLen {
			return directory{}, errZip
		}
		return d, nil
	}
	return directory{}, errZip
}

// digest is a hash of the directory. It stands for the whole file: the
// directory names each record with the checksum of its content.
func (d directory) digest(f io.ReaderAt) ([sha256.Size]byte, error) {
	var out [sha256.Size]byte
	h := sha256.New()
	if _, err := io.CopyBuffer(h, onlyReader{io.NewSectionReader(f, d.offset, d.size)}, make([]byte, 256<<10)); err != nil {
		return out, err
	}
	copy(out[:], h.Sum(nil))
	return out, nil
}

// onlyReader hides WriterTo, so that a copy keeps to its buffer.
type onlyReader struct{ io.Reader }

// each calls use for every record; folders and other files are left out.
func (d directory) each(f io.ReaderAt, use func(entry) error) error {
	r := bufio.NewReaderSize(io.NewSectionReader(f, d.offset, d.size), 256<<10)
	le := binary.LittleEndian
	var head [headerLen]byte
	var rest []byte
	count := int64(0)
	for ; ; count++ {
		if _, err := io.ReadFull(r, head[:]); err == io.EOF {
			break
		} else if err != nil || le.Uint32(head[:]) != sigHeader {
			return errZip
		}
		name, extra := int(le.Uint16(head[28:])), int(le.Uint16(head[30:]))
		n := name + extra + int(le.Uint16(head[32:]))
		if cap(rest) < n {
			rest = make([]byte, n)
		}
		rest = rest[:n]
		if _, err := io.ReadFull(r, rest); err != nil {
			return errZip
		}
		if !strings.HasSuffix(string(rest[:name]), ".json") {
			continue
		}
		e := entry{
			offset: int64(le.Uint32(head[42:])), packed: le.Uint32(head[20:]), size: le.Uint32(head[24:]),
			crc: le.Uint32(head[16:]), method: le.Uint16(head[10:]),
		}
		if err := e.zip64(rest[name : name+extra]); err != nil {
			return err
		}
		encrypted := le.Uint16(head[8:])&1 != 0
		if encrypted || e.method != stored && e.method != deflated || e.size > maxRecord || e.packed > maxRecord || e.offset >= d.offset {
			return errZipEntry
		}
		if err := use(e); err != nil {
			return err
		}
	}
	if count != d.entries {
		return errZip
	}
	return nil
}

// zip64 reads the fields that did not fit into 32 bits.
func (e *entry) zip64(extra []byte) error {
	const none = 1<<32 - 1
	if e.size != none && e.packed != none && e.offset != none {
		return nil
	}
	le := binary.LittleEndian
	for len(extra) >= 4 {
		id, n := le.Uint16(extra), int(le.Uint16(extra[2:]))
		extra = extra[4:]
		if n > len(extra) {
			return errZip
		}
		if id != 1 {
			extra = extra[n:]
			continue
		}
		body := extra[:n]
		next := func() (uint64, bool) {
			if len(body) < 8 {
				return 0, false
			}
			v := le.Uint64(body)
			body = body[8:]
			return v, true
		}
		for _, field := range []*uint32{&e.size, &e.packed} {
			if *field != none {
				continue
			}
			v, ok := next()
			if !ok || v > maxRecord {
				return errZipEntry
			}
			*field = uint32(v)
		}
		if e.offset == none {
			v, ok := next()
			if !ok || v > 1<<62 {
				return errZip
			}
			e.offset = int64(v)
		}
		return nil
	}
	return errZip
}

// unpacker unpacks records; it is used again and again.
type unpacker struct {
	in    bytes.Reader
	flate io.ReadCloser
	raw   []byte
	out   []byte
}

// read is a record's text, valid until the next call.
func (u *unpacker) read(f io.ReaderAt, e entry) ([]byte, error) {
	// The local header's name and extra field are not known yet; most are short.
	const guess = 128
	u.raw = grow(u.raw, localLen+guess+int(e.packed))
	n, err := f.ReadAt(u.raw, e.offset)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if n < localLen {
		return nil, errZip
	}
	head := u.raw[:n]
	start := localLen + int(binary.LittleEndian.Uint16(head[26:])) + int(binary.LittleEndian.Uint16(head[28:]))
	if short := start + int(e.packed) - len(u.raw); short > 0 {
		u.raw = grow(u.raw, start+int(e.packed))
		if n, _ = f.ReadAt(u.raw, e.offset); n < len(u.raw) {
			return nil, errZip
		}
	}
	return u.unpack(u.raw[:n], e)
}

// unpack is the text of the record whose local header block starts with.
func (u *unpacker) unpack(block []byte, e entry) ([]byte, error) {
	le := binary.LittleEndian
	if len(block) < localLen || le.Uint32(block) != sigLocal {
		return nil, errZip
	}
	start := localLen + int(le.Uint16(block[26:])) + int(le.Uint16(block[28:]))
	if start+int(e.packed) > len(block) {
		return nil, errZip
	}
	packed := block[start : start+int(e.packed)]
	if e.method == stored {
		if e.packed != e.size || crc32.ChecksumIEEE(packed) != e.crc {
			return nil, errZipEntry
		}
		return packed, nil
	}
	u.in.Reset(packed)
	if u.flate == nil {
		u.flate = flate.NewReader(&u.in)
	} else if err := u.flate.(flate.Resetter).Reset(&u.in, nil); err != nil {
		return nil, err
	}
	u.out = grow(u.out, int(e.size))
	if _, err := io.ReadFull(u.flate, u.out); err != nil {
		return nil, errZipEntry
	}
	var more [1]byte
	if n, _ := u.flate.Read(more[:]); n != 0 || crc32.ChecksumIEEE(u.out) != e.crc {
		return nil, errZipEntry
	}
	return u.out, nil
}

func grow(b []byte, n int) []byte {
	if cap(b) < n {
		return make([]byte, n, n+n/4)
	}
	return b[:n]
}
