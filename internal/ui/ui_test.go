package ui

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestConfirmTakesOnlyAnExplicitYes(t *testing.T) {
	for answer, want := range map[string]bool{
		"y\n": true, "Yes\n": true, " yes \r\n": true,
		"": false, "\n": false, "n\n": false, "yep\n": false, "yes please\n": false,
	} {
		s, out, errOut := Test(answer)
		got, err := s.Confirm(context.Background(), "Apply?")
		if err != nil || got != want {
			t.Errorf("answer %q: got %v, %v, want %v", answer, got, err, want)
		}
		if out.Len() != 0 {
			t.Errorf("answer %q: the prompt went to stdout: %q", answer, out)
		}
		if !strings.HasPrefix(errOut.String(), "Apply? [y/N] ") {
			t.Errorf("answer %q: prompt %q", answer, errOut)
		}
	}
}

func TestConfirmEndsWithItsContext(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close()
	s, _, _ := Test("")
	s.In = r
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Confirm(ctx, "Apply?"); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want context.Canceled", err)
	}
}

func TestProgressDrawsOnlyOnATerminal(t *testing.T) {
	s, _, errOut := Test("")
	p := s.Progress("Reading", 3)
	p.Add(1)
	p.Set(2, 3)
	p.Done()
	if errOut.Len() != 0 {
		t.Fatalf("drew %q without a terminal", errOut)
	}
	s.ErrTTY = true
	p = s.Progress("Reading", 3)
	p.Add(1)
	p.Done()
	if !strings.Contains(errOut.String(), "Reading") {
		t.Fatalf("drew %q on a terminal", errOut)
	}
}

func TestStyleIsPlainWithoutColor(t *testing.T) {
	s, _, _ := Test("")
	if got := s.OutStyle().Bad("x") + s.ErrStyle().Bold("y"); got != "xy" {
		t.Fatalf("plain style wrote %q", got)
	}
	s.OutColor = true
	if got := s.OutStyle().Bad("x"); !strings.Contains(got, "\x1b[") {
		t.Fatalf("colored style wrote %q", got)
	}
}

func TestSystemHonoursNoColor(t *testing.T) {
	env := func(vars map[string]string) func(string) string {
		return func(k string) string { return vars[k] }
	}
	if s := System(env(map[string]string{"CLICOLOR_FORCE": "1"})); !s.OutColor {
		t.Error("CLICOLOR_FORCE=1 did not switch colour on")
	}
	if s := System(env(map[string]string{"CLICOLOR_FORCE": "1", "NO_COLOR": "1"})); s.OutColor || s.ErrColor {
		t.Error("NO_COLOR=1 did not switch colour off")
	}
}

func TestInteractiveNeedsInputAndStderr(t *testing.T) {
	s := &Streams{In: new(bytes.Buffer), InTTY: true}
	if s.Interactive() {
		t.Error("nobody can see the question, yet Interactive is true")
	}
	s.ErrTTY = true
	if !s.Interactive() {
		t.Error("a full terminal is not Interactive")
	}
}

func TestShell(t *testing.T) {
	for _, tt := range []struct {
		text, word, quoted, filled string
	}{
		{"a/b-1", "a/b-1", "'a/b-1'", `"a/b-1"`},
		{"", "''", "''", `""`},
		{"it's $HOME", `'it'\''s $HOME'`, `'it'\''s $HOME'`, `"it's \$HOME"`},
		{"a$b`c\"" + `\d$TIME$`, "'a$b`c\"" + `\d$TIME$'`, "'a$b`c\"" + `\d$TIME$'`, `"a\$b` + "\\`" + `c\"\\d$TIME\$"`},
	} {
		if got := ShellWord(tt.text); got != tt.word {
			t.Errorf("word %s, want %s", got, tt.word)
		}
		if got := ShellQuote(tt.text); got != tt.quoted {
			t.Errorf("quoted %s, want %s", got, tt.quoted)
		}
		if got := ShellQuote(tt.text, "$TIME"); got != tt.filled {
			t.Errorf("with a variable %s, want %s", got, tt.filled)
		}
	}
}
