// Package codeowners reads CODEOWNERS files, as GitHub and GitLab do.
package codeowners

import (
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Places are where the file is looked for, the first of them counts: GitHub's in its
// order, then GitLab's own.
var Places = []string{".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"}

// Line is a line with a pattern. Of those that are about a path the last one counts; of
// GitLab's sections each is a list of its own.
type Line struct {
	// Number counts from 1.
	Number int
	// Text is the line without a comment at its end.
	Text, Pattern string
	// Owners are none where the line takes the owner away.
	Owners []string
	// Section is how many headings of sections come before it.
	Section int
}

// Parse lists the lines that have a pattern.
func Parse(src string) []Line {
	var list []Line
	n, section := 0, 0
	for l := range strings.Lines(src) {
		n++
		text, _, _ := strings.Cut(l, " #")
		words := strings.Fields(text)
		switch {
		case len(words) == 0 || strings.HasPrefix(words[0], "#"):
		case strings.HasPrefix(words[0], "[") || strings.HasPrefix(words[0], "^["):
			section++
		default:
			list = append(list, Line{n, strings.TrimSpace(text), words[0], words[1:], section})
		}
	}
	return list
}

// All reports whether a line is about all files of the repository.
func (l Line) All() bool {
	switch l.Pattern {
	case "*", "/", "/*", "**", "/**":
		return true
	}
	return false
}

// Owns reports whether a line is about a folder with all that is in it, by gitignore's
// rules.
func (l Line) Owns(dir string) bool {
	p := l.Pattern
	anchored := strings.Contains(strings.TrimSuffix(p, "/"), "/")
	p = strings.Trim(p, "/")
	p = strings.TrimSuffix(strings.TrimSuffix(p, "/**"), "/*")
	if p == "*" || p == "**" || p == "" {
		return true
	}
	for d := dir; d != "." && d != "/"; d = path.Dir(d) {
		target := d
		if !anchored {
			target = path.Base(d)
		}
		if ok, _ := doublestar.Match(p, target); ok {
			return true
		}
	}
	return false
}
