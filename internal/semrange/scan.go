package semrange

import "github.com/portalctl/portalctl/internal/jstext"

// wild is a part that is absent, "x", "X" or "*" (node-semver's isX), huge a
// number above jstext.MaxSafe. huge is not an error while the part is dropped, as in
// "1.x.99999999999999999999".
const (
	wild = ^uint64(0)
	huge = wild - 1
)

// Limits of node-semver's safe regular expressions: more characters than
// these do not match, whatever follows.
const (
	maxNumberDigits = 257
	maxPreDigits    = 256
	maxPreTail      = 250
)

// partial is node-semver's XRANGEPLAIN without its prefix: one to three parts,
// and a prerelease only behind the third.
type partial version

// full reports that no part is missing or a wildcard.
func (p *partial) full() bool { return p.major != wild && p.minor != wild && p.patch != wild }

// badOrder is invalidXRangeOrder: a number behind a wildcard.
func (p *partial) badOrder() bool {
	return p.major == wild && p.minor != wild || p.minor == wild && p.patch != wild
}

// scanPartial reads a partial version at s[i:] and returns where it ends;
// ok is false if none starts there.
func scanPartial(s string, i int) (p partial, end int, ok bool) {
	p.minor, p.patch = wild, wild
	if p.major, end, ok = scanPart(s, i); !ok {
		return p, i, false
	}
	for _, part := range [...]*uint64{&p.minor, &p.patch} {
		if end >= len(s) || s[end] != '.' {
			return p, end, true
		}
		n, next, more := scanPart(s, end+1)
		if !more {
			return p, end, true
		}
		*part, end = n, next
	}
	if end < len(s) && s[end] == '-' {
		if stop := scanPre(s, end+1); stop > end+1 {
			p.pre, end = s[end+1:stop], stop
		}
	}
	return p, end, true
}

func scanPart(s string, i int) (n uint64, end int, ok bool) {
	if i >= len(s) {
		return 0, i, false
	}
	switch c := s[i]; {
	case c == 'x' || c == 'X' || c == '*':
		return wild, i + 1, true
	case c == '0':
		return 0, i + 1, true
	case !isDigit(c):
		return 0, i, false
	}
	for end = i; end < len(s) && end-i < maxNumberDigits && isDigit(s[end]); end++ {
		if n != huge {
			if n = n*10 + uint64(s[end]-'0'); n > jstext.MaxSafe {
				n = huge
			}
		}
	}
	return n, end, true
}

// scanPre reads dot-separated prerelease identifiers and returns where they
// end; i if there is none.
func scanPre(s string, i int) int {
	end := scanPreIdentifier(s, i)
	if end == i {
		return i
	}
	for end < len(s) && s[end] == '.' {
		next := scanPreIdentifier(s, end+1)
		if next == end+1 {
			break
		}
		end = next
	}
	return end
}

func scanPreIdentifier(s string, i int) int {
	j := i
	for j < len(s) && j-i < maxPreDigits && isDigit(s[j]) {
		j++
	}
	if j < len(s) && isWord(s[j]) && !isDigit(s[j]) {
		tail := j + 1
		for j = tail; j < len(s) && j-tail < maxPreTail && isWord(s[j]); j++ {
		}
		return j
	}
	if j > i && s[i] == '0' {
		return i + 1 // a number has no leading zero
	}
	return j
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isWord: characters of prerelease and build identifiers.
func isWord(c byte) bool {
	return isDigit(c) || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '-'
}

func isVersionStart(c byte) bool { return isDigit(c) || c == 'x' || c == 'X' || c == '*' }

// isPrefix: what node-semver overlooks in front of a version in a range. It has
// made spaces of tabs.
func isPrefix(c byte) bool { return c == 'v' || c == '=' || c == ' ' || c == '\t' }
