package pg

import "fmt"

// Secret is a text that no report, log or error may show. Formatting it in any
// way gives stars.
type Secret struct{ text string }

// NewSecret hides text.
func NewSecret(text string) Secret { return Secret{text} }

// Reveal is the text itself, for the one place that needs it.
func (s Secret) Reveal() string { return s.text }

// IsZero reports whether there is no text.
func (s Secret) IsZero() bool { return s.text == "" }

// Format keeps every verb, %#v too, from showing the text.
func (s Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, s.String()) }

// MarshalText keeps JSON from showing the text.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

func (s Secret) String() string {
	if s.text == "" {
		return ""
	}
	return "***"
}
