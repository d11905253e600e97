// Package ui is the terminal: where the report goes, where everything else
// goes, whether a person is watching, and how to ask them something. stdout
// carries the report alone; prompts, progress and hints use stderr.
package ui

import (
	"bytes"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// Streams are the process's three streams and what is known of the terminal
// behind them. The zero value writes nowhere; use [System] or [Test].
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer

	// InTTY, OutTTY and ErrTTY say whether a terminal is on the other end.
	InTTY, OutTTY, ErrTTY bool
	// Color says whether Out and Err may carry escape sequences.
	OutColor, ErrColor bool
	// displayWidth of the terminal in columns; 0 where it is unknown, as in a pipe.
	Width int
}

// System is the running process's own streams. NO_COLOR and CLICOLOR_FORCE are
// read from env as no-color.org and bixense.com/clicolors define them.
func System(env func(string) string) *Streams {
	s := &Streams{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		InTTY:  term.IsTerminal(int(os.Stdin.Fd())),
		OutTTY: term.IsTerminal(int(os.Stdout.Fd())),
		ErrTTY: term.IsTerminal(int(os.Stderr.Fd())),
	}
	if s.OutTTY {
		if w, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil {
			s.Width = w
		}
	}
	force := env("CLICOLOR_FORCE") != "" && env("CLICOLOR_FORCE") != "0"
	plain := env("NO_COLOR") != "" || env("TERM") == "dumb"
	s.OutColor = !plain && (s.OutTTY || force)
	s.ErrColor = !plain && (s.ErrTTY || force)
	return s
}

// Test is a set of streams without a terminal that reads input and keeps what
// is written.
func Test(input string) (s *Streams, out, errOut *bytes.Buffer) {
	out, errOut = new(bytes.Buffer), new(bytes.Buffer)
	return &Streams{In: strings.NewReader(input), Out: out, Err: errOut}, out, errOut
}

// Interactive reports whether a person can be asked: they see stderr and can
// type an answer.
func (s *Streams) Interactive() bool { return s.InTTY && s.ErrTTY }
