package yarnlock

import (
	"strings"
	"unsafe"

	"github.com/portalctl/portalctl/internal/fault"
)

// Parse reads a lock. Errors are *fault.Error with the place in file. The
// model aliases src, which must not change any more.
func Parse(file string, src []byte) (*Lock, error) {
	p := newParser(file, unsafe.String(unsafe.SliceData(src), len(src)))
	if err := p.parse(); err != nil {
		return nil, err
	}
	return p.lock, nil
}

// ParseMerged is ParseIndented where a descriptor may be in several
// entries, as in a lock that git has merged, and the last one answers for it as
// it does for Yarn.
func ParseMerged(file string, src []byte) (*Lock, error) {
	p := newParser(file, unindented(string(src)))
	p.twins = true
	if err := p.parse(); err != nil {
		return nil, err
	}
	return p.lock, nil
}

// unindented is a lock without the spaces that each of its lines begins with;
// blank lines and comments may have fewer. Lines keep their numbers.
func unindented(src string) string {
	indent := -1
	for line := range strings.Lines(src) {
		text := strings.TrimLeft(line, " ")
		if strings.TrimSpace(text) == "" || text[0] == '#' {
			continue
		}
		n := len(line) - len(text)
		if indent < 0 {
			indent = n
		}
		if indent == 0 || n < indent {
			return src
		}
	}
	if indent < 0 {
		return src
	}
	var b strings.Builder
	b.Grow(len(src))
	for line := range strings.Lines(src) {
		n := 0
		for n < indent && line[n] == ' ' {
			n++
		}
		b.WriteString(line[n:])
	}
	return b.String()
}

// ParseIndented is Parse for what is only read: all lines may be indented. To Yarn
// that is the same YAML, which its next install writes anew (seen with Yarn 4.4.1).
func ParseIndented(file string, src []byte) (*Lock, error) {
	if text := unindented(string(src)); len(text) < len(src) {
		src = []byte(text)
	}
	return Parse(file, src)
}

func newParser(file, src string) *parser {
	return &parser{src: src, lock: &Lock{File: file, src: src, eol: "\n"}}
}

func (p *parser) parse() error {
	if err := p.checkText(); err != nil {
		return err
	}
	if err := p.head(); err != nil {
		return err
	}
	if err := p.rest(); err != nil {
		return err
	}
	p.lock.tail = p.lock.src[p.gap:]
	p.lock.wasEmpty = len(p.lock.Entries) == 0
	return nil
}

// head reads all that stands before the first entry.
func (p *parser) head() error {
	l := p.lock
	if hasPrefix(p.src, "\ufeff") {
		p.eol = len("\ufeff")
	}
	kind, version, err := p.detect()
	if err != nil {
		return err
	}
	l.Kind, l.Version = kind, version
	l.eol = endOfLine(p.src, kind)

	if err := p.next(); err != nil {
		return err
	}
	l.firstGap = l.eol + l.eol
	if kind == Berry {
		l.firstGap = l.eol
		if err := p.metadata(); err != nil {
			return err
		}
	} else {
		// The comments at the top are the header.
		p.prev = headComments(p.src)
	}
	// Some 300 bytes a descriptor and 400 an entry in Berry, half of that in
	// Classic: room for most.
	room := len(p.src)
	if kind == Classic {
		room *= 2
	}
	l.keys = make(map[Descriptor]*Entry, room/280+8)
	l.Entries = make([]*Entry, 0, room/380+8)
	l.header = p.src[:p.prev]
	p.gap = p.prev
	return nil
}

// rest reads the entries up to the end.
func (p *parser) rest() error {
	entry := p.classicEntry
	if p.lock.Kind == Berry {
		entry = p.berryEntry
	}
	for !p.done {
		if p.indent != 0 {
			return p.fail(p.at, "bad indentation: %d spaces where the next entry should start", p.indent).WithNext("%s", nextRewrite)
		}
		e, err := entry()
		if err != nil {
			return err
		}
		e.end = p.prev
		if err := p.add(e); err != nil {
			return err
		}
	}
	return nil
}

// add makes e the lock's last entry.
func (p *parser) add(e *Entry) error {
	l := p.lock
	e.gap = l.src[p.gap:e.start]
	p.gap = e.end
	if len(l.Entries) == 0 {
		l.firstGap, e.gap = e.gap, l.eol
	}
	if err := p.index(e); err != nil {
		return err
	}
	l.Entries = append(l.Entries, e)
	return nil
}

// index registers e's keys; a descriptor in two entries is an error, because
// one of them would silently win.
func (p *parser) index(e *Entry) error {
	before := len(p.lock.keys)
	for _, k := range e.Keys {
		p.lock.keys[k] = e
	}
	if len(p.lock.keys)-before == len(e.Keys) || p.twins {
		return nil
	}
	seen := map[Descriptor]bool{}
	for _, other := range p.lock.Entries {
		for _, k := range other.Keys {
			if p.lock.keys[k] == e {
				return p.badEntry(e, "%s is also in the entry at line %d", brief(k.String()), other.Line)
			}
		}
	}
	for _, k := range e.Keys {
		if seen[k] {
			return p.badEntry(e, "%s is twice in this key", brief(k.String()))
		}
		seen[k] = true
	}
	return nil
}

// detect tells Classic from Berry: by Classic's comment, else by __metadata,
// else by how the first field is written.
func (p *parser) detect() (Kind, int, error) {
	const mark = "# yarn lockfile v"
	off := 0
	if hasPrefix(p.src, "\ufeff") {
		off = len("\ufeff")
	}
	for off < len(p.src) {
		line, _, _ := strings.Cut(p.src[off:], "\n")
		text := strings.TrimRight(line, " \r")
		switch {
		case hasPrefix(text, mark) && text != mark+"1":
			return 0, 0, p.fail(off, "lockfile version %s, which no known Yarn writes this way", brief(text[len(mark):])).WithNext("%s", nextRewrite)
		case hasPrefix(text, mark):
			return Classic, 1, nil
		case hasPrefix(text, "__metadata:"), hasPrefix(text, `"__metadata":`):
			return Berry, 0, nil
		case hasPrefix(text, "  ") && text[2] != ' ' && text[2] != '#':
			if name, rest, ok := strings.Cut(text[2:], " "); ok && rest != "" && !strings.HasSuffix(name, ":") {
				return Classic, 1, nil
			}
			return Berry, 0, nil
		}
		off += len(line) + 1
	}
	return Berry, 0, nil
}

// headComments is the length of the comment lines that src starts with.
func headComments(src string) int {
	end := 0
	if hasPrefix(src, "\ufeff") {
		end = len("\ufeff")
	}
	for end < len(src) && src[end] == '#' {
		n := strings.IndexByte(src[end:], '\n')
		if n < 0 {
			return len(src)
		}
		end += n + 1
	}
	return end
}

// endOfLine is the line end that Yarn would write: Yarn 1 takes the first
// (getEolFromFile), Berry the more frequent (normalizeLineEndings).
func endOfLine(src string, kind Kind) string {
	if kind == Classic {
		if i := strings.IndexByte(src, '\n'); i > 0 && src[i-1] == '\r' {
			return "\r\n"
		}
		return "\n"
	}
	if crlf := strings.Count(src, "\r\n"); crlf > 0 && crlf > strings.Count(src, "\n")-crlf {
		return "\r\n"
	}
	return "\n"
}

// New is an empty Berry lock, as Yarn starts one.
func New(file string, version int, cacheKey string) (*Lock, error) {
	if version < minVersion || version > MaxVersion {
		return nil, fault.New("lockfile version %d is not between %d and %d", version, minVersion, MaxVersion)
	}
	l := &Lock{File: file, Kind: Berry, eol: "\n", firstGap: "\n", keys: map[Descriptor]*Entry{}}
	l.header = berryHeader + "__metadata:\n"
	l.SetVersion(version)
	if cacheKey != "" {
		l.SetCacheKey(cacheKey)
	}
	return l, nil
}

func containsMetadata(header string) bool { return strings.Contains(header, "__metadata:") }
