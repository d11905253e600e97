package diff3

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // git's name of a blob, not a seal
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/klauspost/compress/zlib"
)

// context is how many lines around a change a diff shows.
const context = 3

// Unified is a diff that git apply reads and that gives back every byte, with git's
// own choice of lines. old nil is a file that is made, new nil one that is deleted; a
// file that git takes for binary becomes a binary patch. name is slashed.
func Unified(name string, old, new []byte) []byte {
	if bytes.Equal(old, new) && (old == nil) == (new == nil) {
		return nil
	}
	var b bytes.Buffer
	from, to := "a/"+name, "b/"+name
	fmt.Fprintf(&b, "diff --git %s %s\n", quote(from), quote(to))
	switch {
	case old == nil:
		b.WriteString("new file mode 100644\n")
	case new == nil:
		b.WriteString("deleted file mode 100644\n")
	}
	if !isPlain(old) || !isPlain(new) {
		fmt.Fprintf(&b, "index %s..%s\nGIT binary patch\n", blobName(old), blobName(new))
		literal(&b, new)
		literal(&b, old)
		return b.Bytes()
	}
	if len(old)+len(new) == 0 {
		fmt.Fprintf(&b, "index %s..%s\n", blobName(old), blobName(new))
		return b.Bytes()
	}
	if old == nil {
		from = "/dev/null"
	}
	if new == nil {
		to = "/dev/null"
	}
	fmt.Fprintf(&b, "--- %s\n+++ %s\n", quote(from), quote(to))
	hunks(&b, split(old), split(new))
	return b.Bytes()
}

// isPlain reports whether a text shows itself as it is: it is UTF-8, and has no
// characters that a terminal would act on or hide. Any other goes as a binary patch,
// which survives all ways; git itself does so for files with a NUL.
func isPlain(text []byte) bool {
	for i, r := range string(text) {
		switch {
		case r == utf8.RuneError && !bytes.HasPrefix(text[i:], []byte("\ufffd")):
			return false
		case r == '\t', r == '\n', r == '\r' && i+1 < len(text) && text[i+1] == '\n':
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == '\u2028', r == '\u2029':
			return false
		}
	}
	return true
}

// quote writes a name as git does: in quotes if it has bytes that are not plain.
func quote(name string) string {
	if strings.IndexFunc(name, func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }) < 0 {
		return name
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range []byte(name) {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func hunks(b *bytes.Buffer, old, new [][]byte) {
	n := numbering{}
	list := diff(number(n, old), number(n, new))
	for len(list) > 0 {
		// Changes with less than twice the context between them share a hunk.
		k := 1
		for k < len(list) && list[k].A-(list[k-1].A+list[k-1].ALen) <= 2*context {
			k++
		}
		first, last := list[0], list[k-1]
		start := max(first.A-context, 0)
		end := min(last.A+last.ALen+context, len(old))
		newStart := first.B - (first.A - start)
		newEnd := last.B + last.BLen + end - (last.A + last.ALen)
		fmt.Fprintf(b, "@@ -%s +%s @@\n", span(start, end-start), span(newStart, newEnd-newStart))
		at := start
		for _, c := range list[:k] {
			put(b, ' ', old[at:c.A])
			put(b, '-', old[c.A:c.A+c.ALen])
			put(b, '+', new[c.B:c.B+c.BLen])
			at = c.A + c.ALen
		}
		put(b, ' ', old[at:end])
		list = list[k:]
	}
}

// span is "first,count" of lines from 1; the count of one is left out, and no lines
// are at the line before.
func span(start, n int) string {
	switch n {
	case 0:
		return fmt.Sprintf("%d,0", start)
	case 1:
		return fmt.Sprint(start + 1)
	}
	return fmt.Sprintf("%d,%d", start+1, n)
}

func put(b *bytes.Buffer, sign byte, lines [][]byte) {
	for _, l := range lines {
		b.WriteByte(sign)
		b.Write(l)
		if l[len(l)-1] != '\n' {
			b.WriteString("\n\\ No newline at end of file\n")
		}
	}
}

// blobName is git's name of a file's content, all zeros for no file.
func blobName(text []byte) string {
	if text == nil {
		return strings.Repeat("0", 2*sha1.Size)
	}
	h := sha1.New() //nolint:gosec // see the import
	fmt.Fprintf(h, "blob %d\x00", len(text))
	h.Write(text)
	return fmt.Sprintf("%x", h.Sum(nil))
}

const base85 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"

// literal is one half of a binary patch: the content, deflated, in base 85, 52 bytes a
// line (git's diff.c, emit_binary_diff_body).
func literal(b *bytes.Buffer, text []byte) {
	fmt.Fprintf(b, "literal %d\n", len(text))
	var deflated bytes.Buffer
	w := zlib.NewWriter(&deflated)
	_, _ = w.Write(text) // a buffer takes all
	_ = w.Close()
	for rest := deflated.Bytes(); len(rest) > 0; {
		line := rest[:min(52, len(rest))]
		rest = rest[len(line):]
		if n := len(line); n <= 26 {
			b.WriteByte('A' + byte(n) - 1)
		} else {
			b.WriteByte('a' + byte(n) - 27)
		}
		for i := 0; i < len(line); i += 4 {
			var word uint32
			for j := range 4 {
				word <<= 8
				if i+j < len(line) {
					word |= uint32(line[i+j])
				}
			}
			var out [5]byte
			for j := 4; j >= 0; j-- {
				out[j] = base85[word%85]
				word /= 85
			}
			b.Write(out[:])
		}
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
}
