package yarnpatch

import (
	"crypto/sha512"
	"encoding/hex"
	"strconv"

	"github.com/portalctl/portalctl/internal/jstext"
)

// cacheVersion is patchUtils' CACHE_VERSION.
const cacheVersion = "3"

// hashOf is makePatchHash before it is cut to 6 digits: the SHA-512 of the
// cache version and of JSON.stringify of every effect without its exclusivity.
func hashOf(sources []effects) string {
	h := sha512.New()
	buf := []byte(cacheVersion)
	for _, s := range sources {
		for i := range s.list {
			buf = s.list[i].appendJSON(buf)
			h.Write(buf)
			buf = buf[:0]
		}
	}
	h.Write(buf)
	return hex.EncodeToString(h.Sum(nil))
}

func (e *effect) appendJSON(b []byte) []byte {
	b = append(b, `{"type":`...)
	b = jstext.AppendJSON(b, e.kind)
	switch e.kind {
	case kindRename:
		b = jstext.AppendJSON(append(b, `,"fromPath":`...), e.from)
		b = jstext.AppendJSON(append(b, `,"toPath":`...), e.path)
	case kindMode:
		b = jstext.AppendJSON(append(b, `,"path":`...), e.path)
		b = appendInt(append(b, `,"oldMode":`...), e.oldMode)
		b = appendInt(append(b, `,"newMode":`...), e.mode)
	case kindPatch:
		b = jstext.AppendJSON(append(b, `,"path":`...), e.path)
		b = append(b, `,"hunks":[`...)
		for i, h := range e.hunks {
			b = h.appendJSON(comma(b, i))
		}
		b = appendNullable(append(b, `],"beforeHash":`...), e.before)
		b = appendNullable(append(b, `,"afterHash":`...), e.after)
	default:
		b = append(b, `,"hunk":`...)
		if len(e.hunks) == 0 {
			b = append(b, "null"...)
		} else {
			b = e.hunks[0].appendJSON(b)
		}
		b = jstext.AppendJSON(append(b, `,"path":`...), e.path)
		b = appendInt(append(b, `,"mode":`...), e.mode)
		b = appendNullable(append(b, `,"hash":`...), e.after)
	}
	return append(b, '}')
}

func (h *hunk) appendJSON(b []byte) []byte {
	b = h.original.appendJSON(append(b, `{"header":{"original":`...))
	b = h.patched.appendJSON(append(b, `,"patched":`...))
	b = append(b, `},"parts":[`...)
	for i, p := range h.parts {
		b = append(comma(b, i), `{"type":`...)
		b = jstext.AppendJSON(b, p.kind)
		b = append(b, `,"lines":[`...)
		for j, l := range p.lines {
			b = jstext.AppendJSON(comma(b, j), l)
		}
		b = append(b, `],"noNewlineAtEndOfFile":`...)
		b = append(strconv.AppendBool(b, p.noNewline), '}')
	}
	return append(b, "]}"...)
}

func (s span) appendJSON(b []byte) []byte {
	b = appendInt(append(b, `{"start":`...), s.start)
	b = appendInt(append(b, `,"length":`...), s.length)
	return append(b, '}')
}

func appendInt(b []byte, n int) []byte { return strconv.AppendInt(b, int64(n), 10) }

func comma(b []byte, i int) []byte {
	if i > 0 {
		b = append(b, ',')
	}
	return b
}

func appendNullable(b []byte, s *string) []byte {
	if s == nil {
		return append(b, "null"...)
	}
	return jstext.AppendJSON(b, *s)
}
