package registry

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"maps"
	"slices"
)

// magic names the format of cache files. Change the number when the format, or
// what is kept of a packument, changes: older files are then fetched anew.
const magic = "portalctl packument 2\n"

var errCorrupt = errors.New("the cache file is damaged")

// A function, so that the table is made when it is first needed.
func checksum(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }

// encodeEntry is the content of a cache file: magic, fields, CRC-32C. JSON
// would take longer to read than the registry to answer.
func encodeEntry(e *cacheEntry, registry, name string) []byte {
	size := 1000 + 30*len(e.p.entries)
	for _, b := range e.p.blocks {
		size += len(b) + 5
	}
	w := append(make([]byte, 0, size), magic...)
	str := func(s string) { w = append(binary.AppendUvarint(w, uint64(len(s))), s...) }
	num := func(n int64) { w = binary.AppendVarint(w, n) }
	for _, s := range []string{registry, name, e.etag, e.modified, e.p.name} {
		str(s)
	}
	num(e.fetched)
	num(int64(len(e.p.DistTags)))
	for _, tag := range slices.Sorted(maps.Keys(e.p.DistTags)) {
		str(tag)
		str(e.p.DistTags[tag])
	}
	num(int64(len(e.p.blocks)))
	for _, b := range e.p.blocks {
		w = append(binary.AppendUvarint(w, uint64(len(b))), b...)
	}
	num(int64(len(e.p.entries)))
	for _, v := range e.p.entries {
		str(v.version)
		num(v.published)
		num(int64(v.block))
		num(int64(v.off))
		size := int64(v.size) << 1
		if v.deprecated {
			size |= 1
		}
		num(size)
	}
	return binary.LittleEndian.AppendUint32(w, checksum(w))
}

type decoder struct {
	rest []byte
	bad  bool
}

func (d *decoder) num() int64 {
	n, size := binary.Varint(d.rest)
	if size <= 0 {
		d.bad, d.rest = true, nil
		return 0
	}
	d.rest = d.rest[size:]
	return n
}

// count is the number of items that follow, each of at least one byte.
func (d *decoder) count() int {
	n := d.num()
	if n < 0 || n > int64(len(d.rest)) {
		d.bad, n = true, 0
	}
	return int(n)
}

func (d *decoder) bytes() []byte {
	n, size := binary.Uvarint(d.rest)
	if size <= 0 || n > uint64(len(d.rest)-size) {
		d.bad, d.rest = true, nil
		return nil
	}
	out := d.rest[size : size+int(n) : size+int(n)]
	d.rest = d.rest[size+int(n):]
	return out
}

func (d *decoder) str() string { return string(d.bytes()) }

// decodeEntry reads a cache file. The packument's blocks are parts of raw.
func decodeEntry(raw []byte, registry, name string) (*cacheEntry, error) {
	end := len(raw) - 4
	if end < len(magic) || string(raw[:len(magic)]) != magic || binary.LittleEndian.Uint32(raw[end:]) != checksum(raw[:end]) {
		return nil, errCorrupt
	}
	d := decoder{rest: raw[len(magic):end]}
	if d.str() != registry || d.str() != name {
		return nil, errCorrupt
	}
	p := &Packument{DistTags: map[string]string{}}
	e := &cacheEntry{etag: d.str(), modified: d.str(), p: p}
	p.name = d.str()
	e.fetched = d.num()
	for range d.count() {
		tag := d.str()
		p.DistTags[tag] = d.str()
	}
	for range d.count() {
		p.blocks = append(p.blocks, d.bytes())
	}
	p.entries = make([]entry, d.count())
	for i := range p.entries {
		v := entry{version: d.str(), published: d.num(), block: d.int32(), off: d.int32()}
		size := d.num()
		v.deprecated, v.size = size&1 == 1, int32(size>>1)
		p.entries[i] = v
	}
	if d.bad || len(d.rest) > 0 || p.check() != nil {
		return nil, errCorrupt
	}
	return e, nil
}

func (d *decoder) int32() int32 {
	n := d.num()
	if n != int64(int32(n)) {
		d.bad = true
	}
	return int32(n)
}
