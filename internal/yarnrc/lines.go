package yarnrc

import (
	"encoding/json"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
)

// Line is a setting as an .npmrc or a .yarnrc has it: without quotes, and with
// variables as they are written.
type Line struct {
	Key, Value string
	Pos        fault.Pos
}

// NPMLines reads the form of an .npmrc as npm does (its package ini): "key =
// value" a line, "true" where there is no value. npm has no sections: what
// follows the head of one is not read as settings.
func NPMLines(file string, src []byte) []Line {
	var out []Line
	lineNo := 0
	for line := range strings.SplitSeq(strings.TrimPrefix(string(src), "\ufeff"), "\n") {
		lineNo++
		trimmed := strings.TrimSpace(line)
		if trimmed == "" || trimmed[0] == ';' || trimmed[0] == '#' {
			continue
		}
		if trimmed[0] == '[' && strings.HasSuffix(trimmed, "]") {
			break
		}
		key, val, hasVal := strings.Cut(line, "=")
		if !hasVal {
			val = "true"
		}
		if key = unquoteINI(key); key != "" {
			out = append(out, Line{key, unquoteINI(val), fault.Pos{File: file, Line: lineNo, Col: 1}})
		}
	}
	return out
}

// unquoteINI is the ini package's unsafe(): quotes are taken off, and in what
// is not quoted ; and # start a comment unless a backslash precedes them.
func unquoteINI(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > 0 && (s[0] == '"' && s[len(s)-1] == '"' || s[0] == '\'' && s[len(s)-1] == '\'') {
		if s[0] == '\'' && len(s) > 1 {
			s = s[1 : len(s)-1]
		}
		var out string
		if json.Unmarshal([]byte(s), &out) == nil {
			return out
		}
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s) && strings.IndexByte(`\;#`, s[i+1]) >= 0:
			i++
			b.WriteByte(s[i])
		case c == ';' || c == '#':
			return strings.TrimSpace(b.String())
		default:
			b.WriteByte(c)
		}
	}
	return strings.TrimSpace(b.String())
}

// ClassicLines reads the form of a .yarnrc file: "key value" a line, both perhaps
// in quotes, perhaps with a colon between them (parse of Yarn 1's lockfile). Deeper levels are passed over.
func ClassicLines(file string, src []byte) []Line {
	var out []Line
	lineNo := 0
	for line := range strings.SplitSeq(strings.TrimPrefix(string(src), "\ufeff"), "\n") {
		lineNo++
		line = strings.TrimRight(line, "\r")
		if line == "" || line[0] == ' ' || line[0] == '\t' || line[0] == '#' {
			continue
		}
		key, rest := classicToken(line)
		rest = strings.TrimPrefix(strings.TrimLeft(rest, " \t"), ":")
		val, _ := classicToken(strings.TrimLeft(rest, " \t"))
		if key = strings.TrimSuffix(key, ":"); key != "" {
			out = append(out, Line{key, val, fault.Pos{File: file, Line: lineNo, Col: 1}})
		}
	}
	return out
}

func classicToken(s string) (tok, rest string) {
	if s == "" || s[0] == '#' {
		return "", ""
	}
	if s[0] == '"' {
		for i := 1; i < len(s); i++ {
			if s[i] == '\\' {
				i++
			} else if s[i] == '"' {
				if json.Unmarshal([]byte(s[:i+1]), &tok) != nil {
					return "", ""
				}
				return tok, s[i+1:]
			}
		}
		return "", ""
	}
	if i := strings.IndexAny(s, " \t"); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}
