package template

import (
	"bytes"
	"strings"
)

// mergeLines merges files whose lines are a set, such as .gitignore: lines that the
// template added are added unless they are there, at the place where the template has
// them or else at the end, and lines that it removed go.
func mergeLines(ours, base, theirs []byte) []byte {
	had, has := lineSet(base), lineSet(theirs)
	newline := "\n"
	if bytes.Contains(ours, []byte("\r\n")) {
		newline = "\r\n"
	}
	var out []string
	for line := range strings.Lines(string(ours)) {
		key := strings.TrimSpace(line)
		if key != "" && had[key] && !has[key] {
			continue
		}
		out = append(out, line)
	}
	if n := len(out); n > 0 && !strings.HasSuffix(out[n-1], "\n") {
		out[n-1] += newline
	}
	mine := lineSet(ours)
	var block []string // comment lines above the next pattern
	before := ""       // the last pattern of the template that ours has
	for line := range strings.Lines(string(theirs)) {
		key := strings.TrimSpace(line)
		switch {
		case key == "":
			block = nil
			continue
		case strings.HasPrefix(key, "#") && !mine[key] && !had[key]:
			block = append(block, key)
			continue
		case strings.HasPrefix(key, "#"):
			block = nil
			before = key
			continue
		case mine[key]:
			before = key
		case !had[key]:
			out = insertAfter(out, before, append(block, key), newline)
			before = key
		}
		block = nil
	}
	if len(ours) > 0 && !bytes.HasSuffix(ours, []byte("\n")) && bytes.Equal(join(out, newline), ours) {
		return ours
	}
	return []byte(strings.Join(out, ""))
}

// join are the lines without the last one's end.
func join(lines []string, newline string) []byte {
	return []byte(strings.TrimSuffix(strings.Join(lines, ""), newline))
}

// insertAfter puts lines behind the one with the text before; a block that begins with
// a comment gets an empty line above and goes to the end.
func insertAfter(lines []string, before string, add []string, newline string) []string {
	var more []string
	for _, a := range add {
		more = append(more, a+newline)
	}
	at := len(lines)
	if strings.HasPrefix(add[0], "#") {
		if at > 0 && strings.TrimSpace(lines[at-1]) != "" {
			more = append([]string{newline}, more...)
		}
	} else if before != "" {
		for i, l := range lines {
			if strings.TrimSpace(l) == before {
				at = i + 1
			}
		}
	}
	return append(lines[:at:at], append(more, lines[at:]...)...)
}

func lineSet(text []byte) map[string]bool {
	out := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if key := strings.TrimSpace(line); key != "" {
			out[key] = true
		}
	}
	return out
}
