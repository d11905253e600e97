package workspace

import (
	"strconv"
	"strings"
)

// expandBraces writes out {a,b} and {1..3}; braces of any other content are
// literal, and escaped in the result. ok is false when there would be more than
// limit patterns.
func expandBraces(pattern string, limit int) (out []string, ok bool) {
	open, end, parts := findBraces(pattern)
	if open < 0 {
		return []string{pattern}, true
	}
	head, tail := pattern[:open], pattern[end+1:]
	if parts == nil {
		head, parts = head+`\{`, []string{pattern[open+1:end] + `\}`}
	}
	if len(parts) > limit {
		return nil, false
	}
	tails, ok := expandBraces(tail, limit)
	if !ok {
		return nil, false
	}
	for _, part := range parts {
		inner, ok := expandBraces(part, limit)
		if !ok || len(out)+len(inner)*len(tails) > limit {
			return nil, false
		}
		for _, p := range inner {
			for _, t := range tails {
				out = append(out, head+p+t)
			}
		}
	}
	return out, true
}

// findBraces is the first pair of braces and its parts; parts is nil when the
// content is neither a list nor a span, open is -1 when there is no pair.
func findBraces(s string) (open, end int, parts []string) {
	open = -1
	depth, start := 0, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			i++
		case c == '{':
			if depth == 0 {
				open, start = i, i+1
			}
			depth++
		case c == ',' && depth == 1:
			parts = append(parts, s[start:i])
			start = i + 1
		case c == '}' && depth > 0:
			if depth--; depth > 0 {
				continue
			}
			if parts != nil {
				return open, i, append(parts, s[start:i])
			}
			return open, i, spanOf(s[start:i])
		}
	}
	return -1, -1, nil
}

// spanOf writes out 1..3.
func spanOf(s string) []string {
	from, to, ok := strings.Cut(s, "..")
	a, errA := strconv.Atoi(from)
	b, errB := strconv.Atoi(to)
	if !ok || errA != nil || errB != nil || a > b {
		return nil
	}
	b = min(b, a+maxPatterns) // one more than anybody takes: the span is refused, not read as text
	var out []string
	for ; a <= b; a++ {
		out = append(out, strconv.Itoa(a))
	}
	return out
}
