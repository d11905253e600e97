package yarnlock

import (
	"fmt"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
)

const (
	nextRestore    = "restore the file from version control and run `yarn install`"
	nextRestoreCap = "Restore the file from version control and run `yarn install`."
	nextRewrite    = "Run `yarn install` to have Yarn write the file anew."
)

// isConflict tells git's conflict markers. No line of a lock starts like one.
func isConflict(line string) bool {
	for _, m := range []string{"<<<<<<<", "=======", ">>>>>>>", "|||||||"} {
		if hasPrefix(line, m) && (len(line) == len(m) || line[len(m)] == ' ') {
			return true
		}
	}
	return false
}

// conflict names the places of all conflict markers of the file.
func (p *parser) conflict() error {
	var places []string
	line, first := 0, 0
	for text := range strings.SplitSeq(p.src, "\n") {
		line++
		text = strings.TrimSuffix(text, "\r")
		if !isConflict(text) {
			continue
		}
		switch {
		case text[0] == '<':
			first = line
		case text[0] == '>' && first > 0:
			places = append(places, fmt.Sprintf("%d–%d", first, line))
			first = 0
		case first == 0:
			places = append(places, fmt.Sprint(line))
		}
	}
	if first > 0 {
		places = append(places, fmt.Sprintf("%d to the end", first))
	}
	const most = 5
	more := ""
	if len(places) > most {
		more = fmt.Sprintf(" and %d more", len(places)-most)
		places = places[:most]
	}
	next := "Run `yarn install`: Yarn resolves conflicts in its lockfile by itself; then run this again."
	return fault.At(fault.Pos{File: p.lock.File, Line: p.line, Col: 1},
		"merge conflict markers in the lockfile, lines %s%s", strings.Join(places, ", "), more).WithNext("%s", next)
}

// cutShort is the error of an entry that lacks something at the file's end.
func (p *parser) cutShort(what string) error {
	return p.fail(len(p.src), "the file ends early: %s", what).WithNext("%s", nextRestoreCap)
}

// badEntry is an error about the entry whose key stands at the line.
func (p *parser) badEntry(e *Entry, format string, args ...any) *fault.Error {
	return fault.At(fault.Pos{File: p.lock.File, Line: e.Line, Col: 1}, "%s: %s",
		brief(e.Keys[0].String()), fmt.Sprintf(format, args...)).WithNext("%s", nextRewrite)
}

// brief shortens what came from the file for a message.
func brief(s string) string {
	const most = 100
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
