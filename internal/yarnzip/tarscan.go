package yarnzip

import (
	"io"
	"math"
	"strings"

	"github.com/portalctl/portalctl/internal/jstext"
)

// maxMeta is node-tar's maxMetaEntrySize: a longer pax header or long name is
// skipped.
const maxMeta = 1 << 20

// tarEntry is an entry that the parser hands on. Its body is read with
// tarScan.body before the next call of next.
type tarEntry struct {
	path, linkpath string
	typ            string
	mode           int64
	size           int64
}

// tarScan mirrors the state machine of node-tar 6 (Parse) over a tar stream:
// a header that it does not like is skipped alone, so that what follows it,
// be it a body, is read as headers; a body that the stream cuts short is kept
// as far as it goes.
type tarScan struct {
	in      *window
	zipped  bool // the stream comes out of gzip
	ex, gex *pax
	// remain and blocks are what is left of the current body: bytes, and
	// bytes with the padding.
	remain, blocks int64
	sawNull, eof   bool
}

// next is the next entry, or io.EOF. What the caller left of the body of the
// last one is skipped.
func (t *tarScan) next() (tarEntry, error) {
	if err := t.body(nil); err != nil {
		return tarEntry{}, err
	}
	for !t.eof {
		b, err := t.in.peek(blockSize)
		if err != nil {
			return tarEntry{}, err
		}
		if len(b) < blockSize {
			break
		}
		h, err := parseHeader(b, t.ex, t.gex)
		if err != nil {
			return tarEntry{}, err
		}
		t.in.advance(blockSize)
		if e, ok, err := t.header(h); ok || err != nil {
			return e, err
		}
	}
	t.eof = true
	return tarEntry{}, io.EOF
}

// header takes one header block; ok means that it begins an entry to hand on.
func (t *tarScan) header(h header) (e tarEntry, ok bool, err error) {
	if h.null {
		t.eof = t.sawNull
		t.sawNull = true
		return e, false, nil
	}
	t.sawNull = false
	isLink := h.typ == typeLink || h.typ == typeSymlink
	if !h.valid || h.path == "" || isLink != (h.linkpath != "") {
		return e, false, nil
	}
	if h.size < 0 {
		// Yarn may fail, hang or skip it, as what comes behind it has it.
		return e, false, unsupported("an entry has a negative size")
	}
	t.remain = h.size
	t.blocks = (min(t.remain, math.MaxInt64/4) + blockSize - 1) / blockSize * blockSize
	switch h.typ {
	case typePax, typeOldPax, typeGlobalPax, typeLongLink, typeLongPath, typeOldLongPath:
		if h.size > maxMeta {
			return e, false, t.body(nil)
		}
		if h.size > 0 {
			return e, false, t.meta(h.typ)
		}
		return e, false, nil
	}
	e = tarEntry{path: h.path, linkpath: h.linkpath, typ: h.typ, mode: jstext.ToInt(h.mode.n), size: t.remain}
	if t.ex != nil {
		if t.ex.path.set {
			e.path = t.ex.path.text
		}
		if t.ex.linkpath.set {
			e.linkpath = t.ex.linkpath.text
		}
	}
	if t.gex != nil && t.gex.linkpath.set {
		e.linkpath = t.gex.linkpath.text
	}
	t.ex = nil
	return e, true, nil
}

// meta reads the body of a pax header or a long name. One that the stream
// cuts short has no effect.
func (t *tarScan) meta(typ string) error {
	raw := make([]byte, 0, t.remain)
	start := t.in.off
	err := t.body(func(b []byte) error {
		raw = append(raw, b...)
		return nil
	})
	if err != nil || t.blocks > 0 {
		return err
	}
	text := t.decodeChunks(raw, start)
	switch typ {
	case typePax, typeOldPax:
		t.ex = mergePax(text, t.ex)
	case typeGlobalPax:
		t.gex = mergePax(text, t.gex)
	default:
		ex := pax{}
		if t.ex != nil {
			ex = *t.ex
		}
		name := paxText{set: true, text: jstext.CutNUL(text)}
		if typ == typeLongLink {
			ex.linkpath = name
		} else {
			ex.path = name
		}
		t.ex = &ex
	}
	return nil
}

// zlibChunk is how much Node's zlib hands on at a time.
const zlibChunk = 16 << 10

// decodeChunks decodes a body that begins at offset start of the stream.
// node-tar decodes it chunk by chunk, as zlib hands them on: a character that
// lies across two chunks is lost.
func (t *tarScan) decodeChunks(raw []byte, start int64) string {
	first := int(zlibChunk - start%zlibChunk)
	if !t.zipped || len(raw) <= first {
		return jstext.DecodeUTF8(raw)
	}
	var s strings.Builder
	for n := first; len(raw) > 0; n = zlibChunk {
		n = min(n, len(raw))
		s.WriteString(jstext.DecodeUTF8(raw[:n]))
		raw = raw[n:]
	}
	return s.String()
}

// body reads what is left of the current body and passes it on to each, in
// pieces; each may be nil. At the end of the stream it stops early.
func (t *tarScan) body(each func([]byte) error) error {
	for t.blocks > 0 {
		b, err := t.in.some(t.blocks)
		if err != nil {
			return err
		}
		if len(b) == 0 {
			t.eof = true
			return nil
		}
		if n := min(int64(len(b)), t.remain); n > 0 {
			if each != nil {
				if err := each(b[:n]); err != nil {
					return err
				}
			}
			t.remain -= n
		}
		t.blocks -= int64(len(b))
		t.in.advance(len(b))
	}
	return nil
}
