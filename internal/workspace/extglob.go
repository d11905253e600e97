package workspace

import (
	"strings"
	"unicode/utf8"

	"github.com/bmatcuk/doublestar/v4"
)

// Extended globs, @(a|b), ?(a), *(a), +(a), !(a) and (a|b), as picomatch, which
// fast-glob goes by, reads them in a segment. Two of its rules surprise: !(a)
// that something follows stands for what does not even begin with a; and a group
// at the start of a segment matches names that start with a dot.

// more ends a segment with a group that is not the last of its pattern. No
// segment has a slash of its own.
const more = "/"

// hasGroup reports whether a segment or pattern has a group.
func hasGroup(s string) bool { return strings.IndexByte(s, '(') >= 0 }

// extNode is a part of a segment: one character, a wildcard, or a group.
type extNode struct {
	kind byte // 'c' a character, '*', '?', '[' a class, 'g' a group
	text string
	op   byte // of a group: @ ? * + !
	alts [][]extNode
	// end: nothing follows the group.
	end bool
}

// parseExt splits a segment. ok is false for a parenthesis without its other
// half.
func parseExt(s string, last bool) (nodes []extNode, ok bool) {
	for s != "" {
		op, open := byte('@'), -1
		switch {
		case s[0] == '(':
			open = 0
		case len(s) > 1 && s[1] == '(' && strings.IndexByte("@?*+!", s[0]) >= 0:
			op, open = s[0], 1
		}
		if open >= 0 {
			inner, rest, found := cutGroup(s[open+1:])
			if !found {
				return nil, false
			}
			n := extNode{kind: 'g', op: op, end: last && strings.Trim(rest, ")") == ""}
			for i, alt := range inner {
				// What follows an alternative that is not the last one is a |.
				nodes, ok := parseExt(alt, n.end && i == len(inner)-1)
				if !ok {
					return nil, false
				}
				n.alts = append(n.alts, nodes)
			}
			nodes, s = append(nodes, n), rest
			continue
		}
		_, size := utf8.DecodeRuneInString(s)
		switch {
		case s[0] == ')':
			return nil, false
		case s[0] == '*' || s[0] == '?':
			nodes = append(nodes, extNode{kind: s[0]})
		case s[0] == '\\' && len(s) > 1:
			_, size = utf8.DecodeRuneInString(s[1:])
			nodes = append(nodes, extNode{kind: 'c', text: s[1 : 1+size]})
			size++
		case s[0] == '[' && strings.IndexByte(s[1:], ']') > 0:
			size = strings.IndexByte(s[1:], ']') + 2
			nodes = append(nodes, extNode{kind: '[', text: s[:size]})
		default:
			nodes = append(nodes, extNode{kind: 'c', text: s[:size]})
		}
		s = s[size:]
	}
	return nodes, true
}

// cutGroup cuts at the parenthesis that closes a group, and splits what is
// before it at its bars.
func cutGroup(s string) (alts []string, rest string, ok bool) {
	depth, start := 0, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			i++
		case c == '(':
			depth++
		case c == '|' && depth == 0:
			alts, start = append(alts, s[start:i]), i+1
		case c == ')' && depth == 0:
			return append(alts, s[start:i]), s[i+1:], true
		case c == ')':
			depth--
		}
	}
	return nil, "", false
}

// matchExt reports whether a segment with groups stands for a name.
func matchExt(pattern, name string, dot bool) bool {
	segment, follows := strings.CutSuffix(pattern, more)
	nodes, ok := parseExt(segment, !follows)
	if !ok || len(nodes) == 0 {
		return false
	}
	if k := nodes[0].kind; !dot && strings.HasPrefix(name, ".") && (k == '*' || k == '?' || k == '[') {
		return false
	}
	return matchNodes(nodes, name, func(rest string) bool { return rest == "" })
}

// matchNodes matches nodes at the start of s; then decides about the rest.
func matchNodes(nodes []extNode, s string, then func(rest string) bool) bool {
	if len(nodes) == 0 {
		return then(s)
	}
	n, rest := nodes[0], nodes[1:]
	next := func(s string) bool { return matchNodes(rest, s, then) }
	switch n.kind {
	case 'c':
		after, ok := strings.CutPrefix(s, n.text)
		return ok && next(after)
	case '*':
		return anyTail(s, next)
	case '?', '[':
		_, size := utf8.DecodeRuneInString(s)
		if size == 0 || n.kind == '[' && !doublestar.MatchUnvalidated(n.text, s[:size]) {
			return false
		}
		return next(s[size:])
	}
	one := func(s string, then func(string) bool) bool {
		for _, alt := range n.alts {
			if matchNodes(alt, s, then) {
				return true
			}
		}
		return false
	}
	switch n.op {
	case '!':
		return !one(s, func(rest string) bool { return !n.end || rest == "" }) && anyTail(s, next)
	case '?':
		return next(s) || one(s, next)
	case '*', '+':
		var again func(from string) func(string) bool
		again = func(from string) func(string) bool {
			return func(rest string) bool {
				return next(rest) || len(rest) < len(from) && one(rest, again(rest))
			}
		}
		return n.op == '*' && next(s) || one(s, again(s))
	}
	return one(s, next)
}

// anyTail is a star: any characters are passed over.
func anyTail(s string, then func(string) bool) bool {
	for i := 0; i <= len(s); i++ {
		if (i == len(s) || utf8.RuneStart(s[i])) && then(s[i:]) {
			return true
		}
	}
	return false
}
