package fault

import (
	"bytes"
	"fmt"
	"strings"
)

// IsMarker reports whether a line is one that git writes into a file with merge
// conflicts.
func IsMarker(line string) bool {
	for _, m := range [...]string{"<<<<<<<", "|||||||", "=======", ">>>>>>>"} {
		if rest, ok := strings.CutPrefix(line, m); ok {
			return rest == "" || strings.IndexByte(" \t\r", rest[0]) >= 0
		}
	}
	return false
}

// Conflict is the error of a file in which git left merge conflicts: it is at the
// first and names the lines of all. It is nil where there is none. lone says that
// one marker is enough, as in JSON and locks, where no line starts like one; in
// other files only a conflict with its beginning, middle and end is one, so that
// a mention is not taken for it.
func Conflict(file string, src []byte, lone bool) *Error {
	var places []string
	at, line, begin, middle := 0, 0, 0, false
	add := func(from int, text string) {
		if at == 0 {
			at = from
		}
		places = append(places, text)
	}
	for text := range bytes.SplitSeq(src, []byte("\n")) {
		line++
		if len(text) < 7 || !IsMarker(string(text)) {
			continue
		}
		switch text[0] {
		case '<':
			if lone && begin > 0 {
				add(begin, fmt.Sprint(begin))
			}
			begin, middle = line, false
			continue
		case '=':
			middle = begin > 0
		case '>':
			if begin > 0 && (middle || lone) {
				add(begin, fmt.Sprintf("%d–%d", begin, line))
				begin = 0
				continue
			}
		}
		if lone && begin == 0 {
			add(line, fmt.Sprint(line))
		}
	}
	if lone && begin > 0 {
		add(begin, fmt.Sprintf("%d to the end", begin))
	}
	if at == 0 {
		return nil
	}
	const most = 5
	lines, more := "lines", ""
	if len(places) > most {
		more = fmt.Sprintf(" and %d more", len(places)-most)
		places = places[:most]
	}
	if len(places) == 1 && !strings.ContainsAny(places[0], "– ") {
		lines = "line"
	}
	e := At(Pos{File: file, Line: at, Col: 1}, "merge conflict markers, %s %s%s", lines, strings.Join(places, ", "), more).
		WithNext("Resolve the merge conflict, then run the command again. git grep -n '^<<<<<<< ' lists them all, committed ones too.")
	e.conflict = true
	return e
}

// IsConflict reports whether an error is about a file with merge conflicts.
func IsConflict(err error) bool {
	for e := range chain(err) {
		if e.conflict {
			return true
		}
	}
	return false
}

// Conflicts is one error about several files with merge conflicts, each an error
// of Conflict. What to do about all of them is that of the first.
func Conflicts(list []*Error) *Error {
	if len(list) == 1 {
		return list[0]
	}
	var b strings.Builder
	for _, e := range list {
		b.WriteString("\n  " + e.Pos.String() + ": " + strings.TrimPrefix(e.What, "merge conflict markers, "))
	}
	all := New("merge conflict markers in %d files:%s", len(list), b.String()).WithNext("%s", list[0].Next)
	all.conflict = true
	return all
}
