package snapshot

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strconv"
)

// dumpRows counts the rows of every table in a pg_dump -Fc -Z0 that passes
// through Write: the copy that is stored is what is counted, and the server
// scans no table twice. The format is that of pg_backup_archiver.c and
// pg_backup_custom.c: a table of contents, then blocks of length-prefixed
// pieces. Whatever is not understood makes rows() say that nothing is known.
type dumpRows struct {
	head    []byte // until the table of contents is complete
	tryAt   int
	intSize int
	tables  map[int64]uint32 // the table of an entry, by dump ID
	found   map[uint32]int64 // by the table's OID

	state  dumpState
	field  [16]byte // a number that two writes share
	have   int
	left   int64 // of a piece
	lines  int64
	tail   [len(copyEnd)]byte // the last bytes of the block
	table  uint32
	counts bool // the block is a table's
	large  bool // the block is of large objects
	broken error
}

type dumpState int

const (
	inHead dumpState = iota
	atBlock
	atBlockID
	atObject // of a block of large objects
	atLength
	inPiece
)

// copyEnd is what pg_dump writes after a table's rows. A row is a line: COPY
// writes a newline of the data as \n.
const copyEnd = "\\.\n\n\n"

const (
	blockData  = 1
	blockBlobs = 3
	maxContent = 64 << 20 // of the table of contents
)

var (
	errShort  = errors.New("incomplete")
	errFormat = errors.New("not the format that is known")
)

// Write never fails: a dump that is not understood is a dump all the same.
func (d *dumpRows) Write(b []byte) (int, error) {
	n := len(b)
	if d.broken == nil && d.state == inHead {
		d.head = append(d.head, b...)
		b = nil
		if len(d.head) >= d.tryAt {
			b = d.begin()
		}
	}
	d.feed(b)
	return n, nil
}

// begin reads the table of contents, if it is complete, and returns what
// follows it.
func (d *dumpRows) begin() []byte {
	rest, err := d.contents(d.head)
	switch {
	case err == nil:
		d.state, d.head = atBlock, nil
		return rest
	case errors.Is(err, errShort) && len(d.head) < maxContent:
		d.tryAt = max(64<<10, 2*len(d.head))
	default:
		d.broken, d.head = err, nil
	}
	return nil
}

// rows are the counts by the OID of the table, once the whole dump has passed;
// ok is false when they are not known.
func (d *dumpRows) rows() (byOID map[uint32]int64, ok bool) {
	if d.broken == nil && d.state == inHead {
		d.feed(d.begin())
	}
	if d.broken != nil || d.state != atBlock || len(d.found) != len(d.tables) {
		return nil, false
	}
	return d.found, true
}

func (d *dumpRows) feed(b []byte) {
	for len(b) > 0 && d.broken == nil {
		switch d.state {
		case atBlock:
			d.counts, d.large = b[0] == blockData, b[0] == blockBlobs
			if !d.counts && !d.large {
				d.broken = errFormat
				return
			}
			b, d.state = b[1:], atBlockID
		case inPiece:
			n := min(d.left, int64(len(b)))
			d.piece(b[:n])
			b, d.left = b[n:], d.left-n
			if d.left == 0 {
				d.state = atLength
			}
		default:
			var v int64
			var ok bool
			if v, b, ok = d.number(b); ok {
				d.take(v)
			}
		}
	}
}

// number reads a sign byte and the size's bytes, least significant first.
func (d *dumpRows) number(b []byte) (v int64, rest []byte, ok bool) {
	need := 1 + d.intSize
	src := b
	if d.have > 0 || len(b) < need {
		n := copy(d.field[d.have:need], b)
		d.have += n
		b = b[n:]
		if d.have < need {
			return 0, b, false
		}
		src, d.have = d.field[:need], 0
	} else {
		b = b[need:]
	}
	if d.intSize == 4 {
		v = int64(binary.LittleEndian.Uint32(src[1:]))
	} else {
		for i := need - 1; i > 0; i-- {
			v = v<<8 | int64(src[i])
		}
	}
	if src[0] != 0 {
		v = -v
	}
	return v, b, true
}

// take takes a number where the state says what it is.
func (d *dumpRows) take(v int64) {
	switch d.state {
	case atBlockID:
		d.lines, d.tail = 0, [len(copyEnd)]byte{}
		d.table, d.counts = d.tables[v], d.counts && d.tables[v] != 0
		d.state = atLength
		if d.large {
			d.state = atObject
		}
	case atObject:
		d.state = atLength
		if v == 0 {
			d.state = atBlock
		}
	case atLength:
		switch {
		case v < 0:
			d.broken = errFormat
		case v > 0:
			d.state, d.left = inPiece, v
		case d.large:
			d.state = atObject
		default:
			d.state = atBlock
			d.end()
		}
	}
}

func (d *dumpRows) piece(b []byte) {
	if !d.counts {
		return
	}
	d.lines += int64(bytes.Count(b, []byte{'\n'}))
	if n := len(d.tail); len(b) >= n {
		copy(d.tail[:], b[len(b)-n:])
	} else {
		copy(d.tail[:], d.tail[len(b):])
		copy(d.tail[n-len(b):], b)
	}
}

// end is the end of a block.
func (d *dumpRows) end() {
	if !d.counts {
		return
	}
	if _, twice := d.found[d.table]; twice || string(d.tail[:]) != copyEnd {
		d.broken = errFormat
		return
	}
	d.found[d.table] = d.lines - int64(bytes.Count([]byte(copyEnd), []byte{'\n'}))
}

// contents reads the head and the table of contents.
func (d *dumpRows) contents(src []byte) (rest []byte, err error) {
	r := &headReader{src: src}
	if magic := r.bytes(5); r.err == nil && string(magic) != "PGDMP" {
		return nil, errFormat
	}
	major, minor := r.byte(), r.byte()
	r.byte() // the revision
	r.intSize = int(r.byte())
	offset := int(r.byte())
	format := r.byte()
	// 1.12 is PostgreSQL 9.0's, 1.16 that of 17 and 18.
	if r.err == nil && (major != 1 || minor < 12 || minor > 16 || format != 1 || r.intSize < 4 || r.intSize > 8 || offset > 8) {
		return nil, errFormat
	}
	if minor >= 15 {
		if r.byte() != 0 && r.err == nil { // the algorithm: none
			return nil, errFormat
		}
	} else if r.number() != 0 && r.err == nil { // the level
		return nil, errFormat
	}
	for range 7 { // the time
		r.number()
	}
	for range 3 { // the database, the server's version, pg_dump's
		r.text()
	}
	tables := map[int64]uint32{}
	for n := r.number(); n > 0 && r.err == nil; n-- {
		id, dumper := r.number(), r.number()
		r.text() // the catalog's OID
		oid := r.text()
		r.text() // the tag
		kind := r.text()
		r.number()        // the section
		for range 3 + 2 { // SQL to create, to drop and to copy; schema, tablespace
			r.text()
		}
		if minor >= 14 {
			r.text() // the access method
		}
		if minor >= 16 {
			r.number() // the kind of relation
		}
		r.text() // the owner
		r.text() // WITH OIDS, once
		for r.text() != "" {
			// what it depends on, up to an empty text
		}
		r.bytes(1 + offset)
		if r.err == nil && dumper != 0 && kind == "TABLE DATA" {
			v, err := strconv.ParseUint(oid, 10, 32)
			if err != nil || v == 0 {
				return nil, errFormat
			}
			tables[id] = uint32(v)
		}
	}
	if r.err != nil {
		return nil, r.err
	}
	d.intSize, d.tables, d.found = r.intSize, tables, map[uint32]int64{}
	return src[r.at:], nil
}

// headReader reads a table of contents that may not be complete.
type headReader struct {
	src     []byte
	at      int
	intSize int
	err     error
}

func (r *headReader) bytes(n int) []byte {
	if r.err == nil && (n < 0 || n > maxContent) {
		r.err = errFormat
	}
	if r.err == nil && len(r.src)-r.at < n {
		r.err = errShort
	}
	if r.err != nil {
		return nil
	}
	r.at += n
	return r.src[r.at-n : r.at]
}

func (r *headReader) byte() byte {
	b := r.bytes(1)
	if r.err != nil {
		return 0
	}
	return b[0]
}

func (r *headReader) number() int64 {
	b := r.bytes(1 + r.intSize)
	if r.err != nil {
		return 0
	}
	var v int64
	for i := r.intSize; i > 0; i-- {
		v = v<<8 | int64(b[i])
	}
	if b[0] != 0 {
		return -v
	}
	return v
}

// text is a text; NULL has the length -1.
func (r *headReader) text() string {
	n := r.number()
	if n == -1 {
		return ""
	}
	return string(r.bytes(int(n)))
}
