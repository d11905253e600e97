package yarncli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"
)

// failure is a Yarn that ended with an error.
type failure struct {
	ExitCode int
	// Output are the lines that tell what went wrong: Yarn's errors, or if there
	// are none the last lines that it printed. Secrets are masked.
	Output []string
}

// Error shows the first lines.
func (f *failure) Error() string {
	const most = 4
	lines := f.Output
	more := ""
	if len(lines) > most {
		more = fmt.Sprintf("; and %d more lines", len(lines)-most)
		lines = lines[:most]
	}
	if len(lines) == 0 {
		return fmt.Sprintf("exit code %d, with no output", f.ExitCode)
	}
	return strings.Join(lines, "; ") + more
}

const (
	maxLine   = 2000 // bytes of a line that are kept
	maxErrors = 40
	maxTail   = 40
)

// output takes what Yarn prints, of any length, and keeps its errors and its
// last lines.
type output struct {
	mask          *masker
	scratch, root string // where paths in messages lead, and where they should

	mu      sync.Mutex
	partial []byte
	errors  []string
	tail    []string
}

func newOutput(mask *masker) *output { return &output{mask: mask} }

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for rest := b; len(rest) > 0; {
		line, after, whole := bytes.Cut(rest, []byte("\n"))
		if room := 1<<16 - len(o.partial); len(line) > room {
			line = line[:room]
		}
		o.partial = append(o.partial, line...)
		if whole {
			o.line(o.partial)
			o.partial = o.partial[:0]
		}
		rest = after
	}
	return len(b), nil
}

// line takes one line: an object of Berry's --json, or plain text.
func (o *output) line(b []byte) {
	b = bytes.TrimRight(b, "\r")
	var event struct {
		Type, DisplayName, Data string
	}
	if len(b) > 0 && b[0] == '{' && json.Unmarshal(b, &event) == nil && event.Type != "" {
		text := firstLine(event.Data)
		if event.DisplayName != "" && event.DisplayName != "YN0000" {
			text = event.DisplayName + ": " + text
		}
		// The closing line of every failed run says nothing.
		if event.Type == "error" && !strings.HasPrefix(text, "Failed with errors") {
			o.keepError(text)
		}
		o.keep(text)
		return
	}
	text := string(b)
	if rest, ok := strings.CutPrefix(text, "error "); ok { // Yarn 1
		o.keepError(rest)
	} else if strings.HasPrefix(text, "Usage Error:") || strings.HasPrefix(text, "Internal Error:") {
		o.keepError(text)
	}
	o.keep(text)
}

// firstLine leaves out the stack trace that some errors carry.
func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n    at ")
	return strings.Join(strings.Fields(s), " ")
}

func (o *output) keepError(s string) {
	if len(o.errors) < maxErrors {
		o.errors = append(o.errors, o.clean(s))
	}
}

func (o *output) keep(s string) {
	if s = o.clean(s); s == "" {
		return
	}
	o.tail = append(o.tail, s)
	if len(o.tail) >= 2*maxTail {
		o.tail = append(o.tail[:0], o.tail[len(o.tail)-maxTail:]...)
	}
}

// clean masks before it cuts, so that no half of a secret stays.
func (o *output) clean(s string) string {
	if o.scratch != "" {
		s = strings.ReplaceAll(s, o.scratch, o.root)
	}
	s = o.mask.mask(strings.ToValidUTF8(strings.TrimSpace(s), "\uFFFD"))
	s = printable(s)
	if len(s) > maxLine {
		s = strings.ToValidUTF8(s[:maxLine], "") + "…"
	}
	return s
}

// printable leaves out control characters and the sequences they begin, which
// must not reach a terminal.
func printable(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		switch {
		case r == '\t':
			b.WriteByte(' ')
		case r == 0x1b && strings.HasPrefix(s[i:], "["), r == 0x9b:
			i += len(s[i:]) - len(strings.TrimLeft(s[i:], "[0123456789;:<=>? !\"#$%&'()*+,-./"))
			i = min(i+1, len(s)) // the final letter
		case r < ' ', r >= 0x7f && r < 0xa0:
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func (o *output) failure(code int) *failure {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.partial) > 0 {
		o.line(o.partial)
		o.partial = nil
	}
	f := &failure{ExitCode: code, Output: o.errors}
	if len(f.Output) == 0 {
		f.Output = o.tail[max(0, len(o.tail)-maxTail):]
	}
	return f
}
