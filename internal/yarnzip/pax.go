package yarnzip

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/portalctl/portalctl/internal/jstext"
)

// paxText is the value of a record. node-tar turns a pax value of digits
// alone into a JavaScript number.
type paxText struct {
	set, numeric bool
	text         string
}

func newPaxText(value string) paxText {
	return paxText{set: true, numeric: isNumeric(value), text: value}
}

// falsy: JavaScript's || passes over it.
func (t paxText) falsy() bool {
	return t.text == "" || t.numeric && strings.Trim(t.text, "0") == ""
}

// pax holds the records, of a pax header or of GNU's long names, that bear
// on what ends up in the zip. A nil *pax has none.
type pax struct {
	path, linkpath, size paxText
}

// mergePax mirrors Pax.parse(text, old): records of text override those of
// old, and empty or zero values count as absent.
func mergePax(text string, old *pax) *pax {
	var p pax
	if old != nil {
		p = *old
	}
	text = strings.TrimSuffix(text, "\n")
	for line := range strings.SplitSeq(text, "\n") {
		key, value, ok := paxRecord(line)
		if !ok {
			continue
		}
		switch key {
		case "path":
			p.path = newPaxText(value)
		case "linkpath":
			p.linkpath = newPaxText(value)
		case "size":
			p.size = newPaxText(value)
		}
	}
	for _, t := range []*paxText{&p.path, &p.linkpath, &p.size} {
		if t.falsy() {
			*t = paxText{}
		}
	}
	return &p
}

// paxRecord reads "<length> <key>=<value>". A record whose length is wrong,
// which is any that contains a newline or invalid UTF-8, is ignored.
func paxRecord(line string) (key, value string, ok bool) {
	n, ok := jstext.ParseInt(line, 10)
	if !ok || n != float64(len(line)+1) {
		return "", "", false
	}
	// The number's canonical form and one character more are cut off.
	for range len(strconv.Itoa(len(line)+1)) + 1 {
		_, w := utf8.DecodeRuneInString(line)
		line = line[w:]
	}
	key, value, _ = strings.Cut(line, "=")
	return key, value, key != ""
}

func isNumeric(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// check refuses values that node-tar would have as another JavaScript type
// than the code behind it expects: Yarn breaks on them in ways not mirrored.
func (p *pax) check() error {
	if p.path.numeric || p.linkpath.numeric {
		return unsupported("a pax header has a number for a path")
	}
	if p.size.set && !p.size.numeric {
		return unsupported("a pax header has the size %q", p.size.text)
	}
	return nil
}

func (p *pax) applySize(size *number) {
	if p.size.set {
		size.n, size.ok = jstext.ParseInt(p.size.text, 10)
	}
}
