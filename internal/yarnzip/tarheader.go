package yarnzip

import (
	"bytes"

	"github.com/portalctl/portalctl/internal/jstext"
)

const blockSize = 512

// number is a numeric header field; ok is false where node-tar has null.
type number struct {
	n  float64
	ok bool
}

// header is what node-tar's Header makes of a block.
type header struct {
	path     string
	linkpath string
	typ      string // one character, as a rule
	mode     number
	size     int64
	// null: the block is all zero. Two in a row end the archive.
	null bool
	// valid is false for a block that node-tar skips with a warning: a wrong
	// sum, or a number it cannot read.
	valid bool
}

// Types of entries that matter here.
const (
	typeFile        = "0"
	typeLink        = "1"
	typeSymlink     = "2"
	typeDir         = "5"
	typePax         = "x"
	typeOldPax      = "X"
	typeGlobalPax   = "g"
	typeLongLink    = "K"
	typeLongPath    = "L"
	typeOldLongPath = "N"
)

// parseHeader mirrors Header.decode of node-tar 6, in its order: what the pax
// records say of path and size is applied before the type is looked at, and
// the ustar prefix after it.
func parseHeader(b []byte, ex, gex *pax) (header, error) {
	var h header
	var ok bool
	if h.mode, ok = decNumber(b[100:108]); !ok {
		return h, nil
	}
	size, ok := decNumber(b[124:136])
	if !ok {
		return h, nil
	}
	cksum, ok := decNumber(b[148:160])
	if !ok || !readable(b[108:116]) || !readable(b[116:124]) || !readable(b[136:148]) {
		return h, nil
	}
	h.path = decString(b[0:100])
	if ex != nil {
		if err := ex.check(); err != nil {
			return h, err
		}
		if ex.path.set {
			h.path = ex.path.text
		}
		ex.applySize(&size)
	}
	if gex != nil {
		if err := gex.check(); err != nil {
			return h, err
		}
		gex.applySize(&size)
	}
	if h.typ = decString(b[156:157]); h.typ == "" {
		h.typ = typeFile
	}
	if h.typ == typeFile && h.path != "" && h.path[len(h.path)-1] == '/' {
		h.typ = typeDir
	}
	if h.typ == typeDir {
		size.n = 0
	}
	h.size = jstext.ToInt(size.n)
	h.linkpath = decString(b[157:257])
	if string(b[257:265]) == "ustar\x0000" && !h.ustar(b) {
		return h, nil
	}
	sum := blockSum(b)
	h.valid = cksum.ok && cksum.n == float64(sum)
	h.null = !cksum.ok && sum == 8*' '
	return h, nil
}

// ustar applies the prefix of a POSIX header. It reports whether node-tar
// could read all its numbers.
func (h *header) ustar(b []byte) bool {
	if !readable(b[329:337]) || !readable(b[337:345]) {
		return false
	}
	if b[475] != 0 {
		h.path = decString(b[345:500]) + "/" + h.path
		return true
	}
	// The xstar variant: the last bytes of the prefix are two times.
	if prefix := decString(b[345:475]); prefix != "" {
		h.path = prefix + "/" + h.path
	}
	return readable(b[476:488]) && readable(b[488:500])
}

// blockSum is the sum of a header's bytes, those of the sum itself counted as
// blanks.
func blockSum(b []byte) int {
	sum := 8 * int(' ')
	for _, c := range b[:148] {
		sum += int(c)
	}
	for _, c := range b[156:blockSize] {
		sum += int(c)
	}
	return sum
}

func decString(b []byte) string {
	// What lies behind a NUL is dropped unless a line ends there: see cutNUL.
	if i := bytes.IndexByte(b, 0); i >= 0 && len(bytes.Trim(b[i:], "\x00")) == 0 {
		return jstext.DecodeUTF8(b[:i])
	}
	return jstext.CutNUL(jstext.DecodeUTF8(b))
}

// readable reports whether node-tar reads b as a number or null, rather than
// give up on the header.
func readable(b []byte) bool {
	if b[0]&0x80 == 0 {
		return true
	}
	_, ok := decBase256(b)
	return ok
}

// decNumber reads an octal or a base-256 field. ok is false where node-tar
// gives up on the header.
func decNumber(b []byte) (n number, ok bool) {
	if b[0]&0x80 != 0 {
		n.n, n.ok = decBase256(b)
		return n, n.ok
	}
	n.n, n.ok = jstext.ParseInt(b, 8)
	return n, true
}

// decBase256 mirrors large-numbers.parse, its floating-point sums included.
func decBase256(b []byte) (float64, bool) {
	var n float64
	switch b[0] {
	case 0x80:
		place := 1.0
		for i := len(b) - 1; i > 0; i-- {
			n += float64(b[i]) * place
			place *= 256
		}
	case 0xFF:
		place := 1.0
		flipped := false
		for i := len(b) - 1; i >= 0; i-- {
			c := b[i]
			switch {
			case flipped:
				c = ^c
			case c != 0:
				flipped = true
				c = -c
			}
			n -= float64(c) * place
			place *= 256
		}
	default:
		return 0, false
	}
	return n, n <= jstext.MaxSafe && n >= -jstext.MaxSafe
}
