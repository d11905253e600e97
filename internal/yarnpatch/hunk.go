package yarnpatch

import (
	"errors"
	"fmt"
	"strings"

	"github.com/portalctl/portalctl/internal/jstext"
)

// ErrMisfit is Yarn's UnmatchedHunkError: a file is not there, or does not look
// as the patch expects.
var ErrMisfit = errors.New("the patch does not apply to the package")

// edit replaces drop lines, from line at of the file as it was, by insert; or
// changes the end of the file, as the pragma of a missing newline has it.
type edit struct {
	at, drop int
	insert   []string
	push     bool
	pop      bool
}

// applyHunks is applyPatch of apply.ts.
func applyHunks(data []byte, hunks []*hunk) ([]byte, error) {
	lines := strings.Split(jstext.DecodeUTF8(data), "\n")
	var edits []edit
	shift, frontier := 0, 0
	for i, h := range hunks {
		at, fuzz, found, ok := h.locate(lines, max(frontier, h.patched.start+shift), frontier)
		if !ok {
			return nil, fmt.Errorf("%w (hunk %d)", ErrMisfit, i+1)
		}
		edits = append(edits, found...)
		shift += fuzz
		frontier = at + h.original.length
	}
	return splice(lines, edits), nil
}

// locate searches the place of the hunk from guess on, in both directions by
// turns, not before frontier. fuzz is how far from guess it was, negative
// before it.
func (h *hunk) locate(lines []string, guess, frontier int) (at, fuzz int, edits []edit, ok bool) {
	before := max(0, guess-frontier)
	behind := max(0, len(lines)-guess-h.original.length)
	for n := 0; n <= max(before, behind); n++ {
		if n <= before {
			if edits, ok = h.match(lines, guess-n); ok {
				return guess - n, -n, edits, true
			}
		}
		if n <= behind {
			if edits, ok = h.match(lines, guess+n); ok {
				return guess + n, n, edits, true
			}
		}
	}
	return 0, 0, nil, false
}

// match is evaluateHunk: the edits of the hunk if it fits at line at.
func (h *hunk) match(lines []string, at int) ([]edit, bool) {
	var edits []edit
	for _, p := range h.parts {
		if p.kind == "insertion" {
			edits = append(edits, edit{at: at, insert: p.lines})
			if p.noNewline {
				edits = append(edits, edit{pop: true})
			}
			continue
		}
		for _, want := range p.lines {
			if at >= len(lines) || !sameLine(lines[at], want) {
				return nil, false
			}
			at++
		}
		if p.kind == "deletion" {
			edits = append(edits, edit{at: at - len(p.lines), drop: len(p.lines)})
			if p.noNewline {
				edits = append(edits, edit{push: true})
			}
		}
	}
	return edits, true
}

// sameLine compares without the white space at the end.
func sameLine(a, b string) bool {
	return a == b || jstext.TrimEnd(a) == jstext.TrimEnd(b)
}

// splice applies edits, which ascend, and joins the lines again.
func splice(lines []string, edits []edit) []byte {
	out := make([]string, 0, len(lines)+64)
	next := 0 // line of the file as it was
	for _, e := range edits {
		switch {
		case e.push:
			lines = append(lines[:len(lines):len(lines)], "")
		case e.pop && next < len(lines):
			lines = lines[:len(lines)-1]
		case e.pop:
			out = out[:max(0, len(out)-1)]
		default:
			out = append(out, lines[next:min(e.at, len(lines))]...)
			out = append(out, e.insert...)
			next = min(e.at+e.drop, len(lines))
		}
	}
	out = append(out, lines[next:]...)
	return []byte(strings.Join(out, "\n"))
}
