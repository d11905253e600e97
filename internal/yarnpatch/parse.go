package yarnpatch

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/portalctl/portalctl/internal/jstext"
)

// fileDiff is one file's part of a patch, as parsePatchLines has it. A nil
// string is JavaScript's null.
type fileDiff struct {
	exclusivity              *string
	diffFrom, diffTo         *string
	oldMode, newMode         *string
	deletedMode, newFileMode *string
	renameFrom, renameTo     *string
	before, after            *string
	from, to                 *string
	hunks                    []*hunk
	hasHunks                 bool
}

type span struct{ start, length int }

// hunk is a "@@" section; parts are runs of lines of one kind.
type hunk struct {
	original, patched span
	parts             []*part
}

type part struct {
	kind  string // context, deletion or insertion
	lines []string
	// noNewline: the last line of the file has no newline.
	noNewline bool
}

// lineParser mirrors parsePatchLines.
type lineParser struct {
	diffs []*fileDiff
	cur   *fileDiff
	hunk  *hunk
	part  *part
	inner bool // in the hunks of a file
}

// parse is parsePatchFile: the effects of a patch, in its order.
func parse(text string) ([]effect, error) {
	lines := strings.Split(unixLines(text), "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	p := lineParser{cur: &fileDiff{}}
	for i, line := range lines {
		if err := p.line(line); err != nil {
			return nil, fmt.Errorf("line %d of the patch: %w", i+1, err)
		}
	}
	p.endFile()
	for _, d := range p.diffs {
		for _, h := range d.hunks {
			if err := h.verify(); err != nil {
				return nil, err
			}
		}
	}
	return interpret(p.diffs)
}

func (p *lineParser) line(s string) error {
	if !p.inner {
		if !strings.HasPrefix(s, "@@") {
			return p.header(s)
		}
		p.inner = true
		p.cur.hasHunks = true
	}
	kind := "context" // an empty line is one
	if s != "" {
		switch s[0] {
		case '@':
			p.endHunk()
			h, err := parseHunkHeader(s)
			p.hunk = h
			return err
		case '-':
			kind = "deletion"
		case '+':
			kind = "insertion"
		case ' ':
		case '\\':
			return p.pragma(s)
		default:
			p.inner = false
			p.endFile()
			return p.header(s)
		}
		s = s[1:]
	}
	if p.hunk == nil {
		return errors.New("a line of a hunk comes before the hunk's header")
	}
	if p.part != nil && p.part.kind != kind {
		p.endPart()
	}
	if p.part == nil {
		p.part = &part{kind: kind}
	}
	p.part.lines = append(p.part.lines, s)
	return nil
}

func (p *lineParser) pragma(s string) error {
	if !strings.HasPrefix(s, `\ No newline at end of file`) {
		return fmt.Errorf("unknown pragma %q", s)
	}
	if p.part == nil {
		return errors.New("a pragma has no line that it is about")
	}
	p.part.noNewline = true
	return nil
}

func (p *lineParser) endPart() {
	p.hunk.parts = append(p.hunk.parts, p.part)
	p.part = nil
}

func (p *lineParser) endHunk() {
	if p.hunk == nil {
		return
	}
	if p.part != nil {
		p.endPart()
	}
	p.cur.hunks = append(p.cur.hunks, p.hunk)
	p.hunk = nil
}

func (p *lineParser) endFile() {
	p.endHunk()
	p.diffs = append(p.diffs, p.cur)
	p.cur = &fileDiff{}
}

// headerFields are the lines of a header that have a value behind a prefix.
var headerFields = []struct {
	prefix string
	skip   int // of the value
	field  func(*fileDiff) **string
}{
	{"old mode ", 9, func(d *fileDiff) **string { return &d.oldMode }},
	{"new mode ", 9, func(d *fileDiff) **string { return &d.newMode }},
	{"deleted file mode ", 18, func(d *fileDiff) **string { return &d.deletedMode }},
	{"new file mode ", 14, func(d *fileDiff) **string { return &d.newFileMode }},
	{"rename from ", 12, func(d *fileDiff) **string { return &d.renameFrom }},
	{"rename to ", 10, func(d *fileDiff) **string { return &d.renameTo }},
	{"semver exclusivity ", 19, func(d *fileDiff) **string { return &d.exclusivity }},
	{"--- ", 6, func(d *fileDiff) **string { return &d.from }},
	{"+++ ", 6, func(d *fileDiff) **string { return &d.to }},
}

func (p *lineParser) header(s string) error {
	if rest, ok := strings.CutPrefix(s, "diff --git "); ok {
		if p.cur.diffFrom != nil && *p.cur.diffFrom != "" {
			p.endFile()
		}
		from, to, ok := diffPaths(rest)
		if !ok {
			return fmt.Errorf("bad diff line %q", s)
		}
		p.cur.diffFrom, p.cur.diffTo = &from, &to
		return nil
	}
	if rest, ok := strings.CutPrefix(s, "index "); ok {
		if before, after, ok := indexHashes(rest); ok {
			p.cur.before, p.cur.after = &before, &after
		}
		return nil
	}
	for _, f := range headerFields {
		if strings.HasPrefix(s, f.prefix) {
			value := jstext.Trim(s[min(f.skip, len(s)):])
			*f.field(p.cur) = &value
			return nil
		}
	}
	return nil
}

// diffPaths matches /^a\/(.*?) b\/(.*?)\s*$/.
func diffPaths(s string) (from, to string, ok bool) {
	s, ok = strings.CutPrefix(s, "a/")
	if !ok {
		return "", "", false
	}
	from, to, ok = strings.Cut(s, " b/")
	return from, jstext.TrimEnd(to), ok
}

// indexHashes matches /(\w+)\.\.(\w+)/.
func indexHashes(s string) (before, after string, ok bool) {
	for at := 0; ; {
		i := strings.Index(s[at:], "..")
		if i < 0 {
			return "", "", false
		}
		i += at
		start, end := i, i+2
		for start > 0 && isWord(s[start-1]) {
			start--
		}
		for end < len(s) && isWord(s[end]) {
			end++
		}
		if start < i && end > i+2 {
			return s[start:i], s[i+2 : end], true
		}
		at = i + 1
	}
}

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// parseHunkHeader matches /^@@ -(\d+)(,(\d+))? \+(\d+)(,(\d+))? @@.*/.
func parseHunkHeader(s string) (*hunk, error) {
	var h hunk
	rest, ok := strings.CutPrefix(jstext.Trim(s), "@@ -")
	if ok {
		h.original, rest, ok = parseSpan(rest)
	}
	if ok {
		rest, ok = strings.CutPrefix(rest, " +")
	}
	if ok {
		h.patched, rest, ok = parseSpan(rest)
	}
	if !ok || !strings.HasPrefix(rest, " @@") {
		return nil, fmt.Errorf("bad hunk header %q", s)
	}
	return &h, nil
}

// parseSpan reads "start,length"; the length is 1 if it is not there, and the
// start at least 1.
func parseSpan(s string) (sp span, rest string, ok bool) {
	first, rest := digits(s)
	sp.length = 1
	if r, found := strings.CutPrefix(rest, ","); found {
		if second, r := digits(r); second != "" {
			sp.length, _ = strconv.Atoi(second)
			rest = r
		}
	}
	n, err := strconv.Atoi(first)
	sp.start = max(n, 1)
	return sp, rest, err == nil
}

func digits(s string) (num, rest string) {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return s[:n], s[n:]
}

// verify is verifyHunkIntegrity.
func (h *hunk) verify() error {
	var original, patched int
	for _, p := range h.parts {
		if p.kind != "insertion" {
			original += len(p.lines)
		}
		if p.kind != "deletion" {
			patched += len(p.lines)
		}
	}
	if original != h.original.length || patched != h.patched.length {
		return fmt.Errorf("a hunk has %d and %d lines, its header says %d and %d",
			original, patched, h.original.length, h.patched.length)
	}
	return nil
}
