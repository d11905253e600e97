package semrange

import (
	"strings"

	"github.com/portalctl/portalctl/internal/jstext"
)

// parser collects the comparators of a range. It stays on the stack: few
// ranges have more comparators than fit, the rest goes to more.
type parser struct {
	few  [8]comparator
	more []comparator
	n    int
	any  bool
	// preInvalid is that of Range.
	preInvalid bool
	// setStart is where the comparators of the current set begin; notAny is
	// set when one of them is more than ANY.
	setStart int
	notAny   bool
}

func (p *parser) add(c comparator) {
	if p.n < len(p.few) {
		p.few[p.n] = c
	} else {
		p.more = append(p.more, c)
	}
	p.n++
}

func (p *parser) comparators() []comparator {
	all := make([]comparator, p.n)
	copy(all[copy(all, p.few[:]):], p.more)
	return all
}

// set reads one alternative (between "||") and reports whether it is valid.
func (p *parser) set(s string) bool {
	p.setStart, p.notAny = p.n, false
	if strings.IndexByte(s, '+') >= 0 {
		s = stripBuild(s)
	}
	if i := strings.Index(s, " - "); i > 0 {
		if ok, valid := p.hyphen(s, i); ok {
			return valid && p.closeSet()
		}
	}
	if needsTrim(s) {
		s = trimOperators(s)
	}
	for rest, more := s, true; more; {
		var tok string
		tok, rest, more = strings.Cut(rest, " ")
		if tok != "" && !p.token(tok) {
			return false
		}
	}
	return p.closeSet()
}

func (p *parser) closeSet() bool {
	if !p.notAny {
		p.any = true
	}
	if p.n == p.setStart {
		p.add(comparator{})
	}
	if p.n <= len(p.few) {
		p.few[p.n-1].flags |= last
	} else {
		p.more[len(p.more)-1].flags |= last
	}
	return true
}

func (p *parser) token(tok string) bool {
	t, end, ok := scanTerm(tok, 0)
	if ok && end == len(tok) {
		switch {
		case t.op == opCaret:
			return p.caret(t.version)
		case t.op == opTilde:
			return p.tilde(t.version)
		case t.version.badOrder():
		case t.version.full():
			return p.literal(t.op, t.version, tok[t.prefix:t.core], len(tok)-t.prefix)
		default:
			return p.xrange(t.op, t.version)
		}
	}
	return p.starred(tok)
}

// literal is a comparator that names a whole version. length is that of its
// text with the prefix, for node-semver's limit.
func (p *parser) literal(o op, v partial, prefix string, length int) bool {
	if prefix != "" && prefix != "v" || length > maxLength {
		return false
	}
	// replaceGTE0 looks at the text: ">=v0.0.0" stays a comparator.
	if o == opGE && length == len("0.0.0") && v == (partial{}) {
		return p.atLeastZero(0)
	}
	return p.emit(o, v.major, v.minor, v.patch, v.pre, 0)
}

// starred handles node-semver's replaceStars, which removes the first
// [<>]?=?* of a token that nothing else took: "1.2.3*" is "1.2.3", and the
// build metadata that "1.2.3+*b" turns into is fine at this late stage.
func (p *parser) starred(tok string) bool {
	k := strings.IndexByte(tok, '*')
	if k < 0 {
		return false
	}
	from := k
	if from > 0 && tok[from-1] == '=' {
		from--
	}
	if from > 0 && (tok[from-1] == '<' || tok[from-1] == '>') {
		from--
	}
	tok = tok[:from] + tok[k+1:]
	if tok == "" {
		return true
	}
	o, start := scanOperator(tok, 0)
	i := start
	if i < len(tok) && tok[i] == 'v' {
		i++
	}
	v, end, ok := scanPartial(tok, i)
	if !ok || o >= opCaret || !v.full() || end < len(tok) && stripBuild(tok[end:]) != "" {
		return false
	}
	return p.literal(o, v, tok[start:i], len(tok)-start)
}

// caret is replaceCaret: everything up to the next left-most non-zero part.
func (p *parser) caret(v partial) bool {
	switch {
	case v.major == wild:
		return true
	case v.minor == wild:
		return p.span(v.major, 0, 0, "", floor, v.major+1, 0, 0)
	case v.patch == wild && v.major == 0:
		return p.span(0, v.minor, 0, "", floor, 0, v.minor+1, 0)
	case v.patch == wild:
		return p.span(v.major, v.minor, 0, "", floor, v.major+1, 0, 0)
	case v.major > 0:
		return p.span(v.major, v.minor, v.patch, v.pre, 0, v.major+1, 0, 0)
	case v.minor > 0:
		return p.span(0, v.minor, v.patch, v.pre, 0, 0, v.minor+1, 0)
	default:
		return p.span(0, 0, v.patch, v.pre, 0, 0, 0, v.patch+1)
	}
}

// tilde is replaceTilde: the same major, and the same minor if one is given.
func (p *parser) tilde(v partial) bool {
	switch {
	case v.major == wild:
		return true
	case v.minor == wild:
		return p.span(v.major, 0, 0, "", floor, v.major+1, 0, 0)
	case v.patch == wild:
		return p.span(v.major, v.minor, 0, "", floor, v.major, v.minor+1, 0)
	default:
		return p.span(v.major, v.minor, v.patch, v.pre, 0, v.major, v.minor+1, 0)
	}
}

// xrange is replaceXRange for a version with at least one wildcard; a
// prerelease on it is dropped.
func (p *parser) xrange(o op, v partial) bool {
	M, m := v.major, v.minor
	if M == wild {
		if o == opGT || o == opLT {
			return p.emit(opLT, 0, 0, 0, "0", 0) // matches nothing
		}
		return true
	}
	if m == wild {
		switch o {
		case opGT:
			return p.emit(opGE, M+1, 0, 0, "", floor)
		case opLE:
			return p.emit(opLT, M+1, 0, 0, "0", 0)
		case opLT:
			return p.emit(opLT, M, 0, 0, "0", 0)
		case opGE:
			return p.from(M, 0)
		}
		return p.span(M, 0, 0, "", floor, M+1, 0, 0)
	}
	switch o {
	case opGT:
		return p.emit(opGE, M, m+1, 0, "", floor)
	case opLE:
		return p.emit(opLT, M, m+1, 0, "0", 0)
	case opLT:
		return p.emit(opLT, M, m, 0, "0", 0)
	case opGE:
		return p.from(M, m)
	}
	return p.span(M, m, 0, "", floor, M, m+1, 0)
}

// from is >=M.m.0 of an x-range or of a hyphen range.
func (p *parser) from(M, m uint64) bool {
	if M == 0 && m == 0 {
		return p.atLeastZero(floor)
	}
	return p.emit(opGE, M, m, 0, "", floor)
}

// span is >=M.m.p-pre <M2.m2.p2-0.
func (p *parser) span(M, m, pa uint64, pre string, flags uint8, M2, m2, p2 uint64) bool {
	if M == 0 && m == 0 && pa == 0 && pre == "" {
		p.atLeastZero(flags)
	} else if !p.emit(opGE, M, m, pa, pre, flags) {
		return false
	}
	return p.emit(opLT, M2, m2, p2, "0", 0)
}

// atLeastZero is the text ">=0.0.0", which replaceGTE0 turns into ANY. Under
// includePrerelease that holds for ">=0.0.0-0" alone, which the floor flag
// makes of it.
func (p *parser) atLeastZero(flags uint8) bool {
	if flags&floor == 0 {
		p.add(comparator{op: opGE, flags: preOnly})
	}
	return true
}

// emit adds a comparator. It fails on what new SemVer refuses: a number above
// 2^53-1 or a text of more than 256 characters.
func (p *parser) emit(o op, major, minor, patch uint64, pre string, flags uint8) bool {
	if major > jstext.MaxSafe || minor > jstext.MaxSafe || patch > jstext.MaxSafe {
		return false
	}
	if len(pre) > maxLength-len("0.0.0-") ||
		len(pre) > 200 && digits(major)+digits(minor)+digits(patch)+len("..-")+len(pre) > maxLength {
		return false
	}
	p.notAny = true
	p.add(comparator{version: version{major, minor, patch, pre}, op: o, flags: flags})
	return true
}

func digits(n uint64) int {
	d := 1
	for ; n > 9; n /= 10 {
		d++
	}
	return d
}
