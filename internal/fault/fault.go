// Package fault holds the one error shape that a user of portalctl sees: what
// is wrong, where (file, line, column) and what to do next. Packages below cmd
// return it; only cmd/portalctl turns it into text and an exit code.
package fault

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"strings"
	"unicode/utf8"
)

// Pos is a place in a file. Line and Col count from 1; zero means unknown.
// Col counts characters, not bytes, as editors do.
type Pos struct {
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	Col  int    `json:"col,omitempty"`
}

// IsZero reports whether nothing is known of the place.
func (p Pos) IsZero() bool { return p == Pos{} }

// String is the form that editors and terminals turn into a link:
// file, file:line or file:line:col.
// It is one line, whatever characters a folder's name has.
func (p Pos) String() string {
	file := oneLine(p.File)
	switch {
	case p.Line == 0:
		return file
	case p.Col == 0:
		return fmt.Sprintf("%s:%d", file, p.Line)
	default:
		return fmt.Sprintf("%s:%d:%d", file, p.Line, p.Col)
	}
}

func oneLine(text string) string {
	if !strings.ContainsAny(text, "\r\n\u2028\u2029") {
		return text
	}
	return strings.NewReplacer("\r", `\r`, "\n", `\n`, "\u2028", `\u2028`, "\u2029", `\u2029`).Replace(text)
}

// LineStarts are the offsets at which the lines of src begin, for who asks for the
// places of much in one text.
func LineStarts(src []byte) []int {
	starts := make([]int, 1, 1+bytes.Count(src, []byte("\n")))
	for i, c := range src {
		if c == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// PosAt is the place of byte offset off in src. An offset past the end counts
// as the end.
func PosAt(file string, src []byte, off int) Pos {
	before := src[:max(0, min(off, len(src)))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return Pos{File: file, Line: bytes.Count(before, []byte("\n")) + 1, Col: utf8.RuneCount(before[start:]) + 1}
}

// Error is a problem that the user can act on.
type Error struct {
	Pos  Pos
	What string
	// Next says what the user can do about it, as an imperative sentence.
	Next string
	// Err is the cause, if another error led to this one.
	Err error

	conflict bool // of Conflict
}

// New is an error that belongs to no file.
func New(format string, args ...any) *Error {
	return &Error{What: fmt.Sprintf(format, args...)}
}

// At is an error at a place in a file.
func At(pos Pos, format string, args ...any) *Error {
	return &Error{Pos: pos, What: fmt.Sprintf(format, args...)}
}

// Wrap is an error about pos with err as its cause.
func Wrap(err error, pos Pos, format string, args ...any) *Error {
	return &Error{Pos: pos, What: fmt.Sprintf(format, args...), Err: err}
}

// WithNext sets what the user can do and returns e.
func (e *Error) WithNext(format string, args ...any) *Error {
	e.Next = fmt.Sprintf(format, args...)
	return e
}

// Error is one line: "file:line:col: what: cause". The next step is left to
// the caller, who prints it on a line of its own.
func (e *Error) Error() string {
	var b strings.Builder
	if p := e.Pos.String(); p != "" {
		b.WriteString(p)
		b.WriteString(": ")
	}
	b.WriteString(e.What)
	if e.Err != nil {
		b.WriteString(": ")
		b.WriteString(causeText(e.Err))
	}
	return b.String()
}

// causeText is the text of a cause. One that is not of this package may quote a
// server or the system, and gets no line of its own; several causes have one each.
func causeText(err error) string {
	var own *Error
	if _, several := err.(interface{ Unwrap() []error }); several || errors.As(err, &own) {
		return err.Error()
	}
	return oneLine(err.Error())
}

func (e *Error) Unwrap() error { return e.Err }

// Cause is what went wrong with a file, without the path that the error around it
// names already.
func Cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// NextOf is the first next step found on err's chain, or "".
func NextOf(err error) string {
	for e := range chain(err) {
		if e.Next != "" {
			return e.Next
		}
	}
	return ""
}

// chain are the errors of this package that err has as its causes, the outermost first.
func chain(err error) iter.Seq[*Error] {
	return func(yield func(*Error) bool) {
		var e *Error
		for errors.As(err, &e) && yield(e) {
			err = e.Err
		}
	}
}
