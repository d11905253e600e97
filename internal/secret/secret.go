// Package secret hides texts that no report, log or error may show.
package secret

import (
	"fmt"
	"io"
	"log/slog"
)

// hidden stands for a text.
const hidden = "***"

// Text is a text that no formatting, logging or encoding shows: a token, a
// password, or a URL that may carry one. The zero Text holds nothing.
type Text struct {
	// A pointer, because fmt prints the content of unexported fields without
	// asking their methods, but of a pointer inside a struct only the address.
	text *string
}

// New hides text; the empty text gives the zero Text.
func New(text string) Text {
	if text == "" {
		return Text{}
	}
	return Text{&text}
}

// Reveal is the text itself, for the one place that sends it.
func (s Text) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsZero reports whether there is no text.
func (s Text) IsZero() bool { return s.text == nil }

// String is "***", or "" for the zero Text.
func (s Text) String() string {
	if s.text == nil {
		return ""
	}
	return hidden
}

// GoString is String: %#v must not show the text.
func (s Text) GoString() string { return s.String() }

// Format prints String for every verb.
func (s Text) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText encodes String, in JSON too.
func (s Text) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue logs String.
func (s Text) LogValue() slog.Value { return slog.StringValue(s.String()) }
