package ui

import (
	"strings"

	"github.com/fatih/color"
)

// Style renders the few kinds of emphasis that portalctl uses. The zero value
// is plain text.
type Style struct{ color bool }

// OutStyle is the style for the report on stdout.
func (s *Streams) OutStyle() Style { return Style{color: s.OutColor} }

// ErrStyle is the style for everything on stderr.
func (s *Streams) ErrStyle() Style { return Style{color: s.ErrColor} }

func (st Style) render(text string, attributes ...color.Attribute) string {
	if !st.color || text == "" {
		return text
	}
	c := color.New(attributes...)
	c.EnableColor() // whether there are colors is the stream's to say, not the process's
	return c.Sprint(text)
}

// Bold marks a heading.
func (st Style) Bold(text string) string {
	return st.render(text, color.Bold)
}

// Dim marks what can be skipped when reading quickly.
func (st Style) Dim(text string) string {
	return st.render(text, color.Faint)
}

// Bad marks what stops the user: errors, breaking changes.
func (st Style) Bad(text string) string {
	return st.render(text, color.Bold, color.FgRed)
}

// Warn marks what the user should look at.
func (st Style) Warn(text string) string {
	return st.render(text, color.FgYellow)
}

// Good marks what is as it should be.
func (st Style) Good(text string) string {
	return st.render(text, color.FgGreen)
}

// Next is the last part of a report, the commands to type next; "" for none.
func (st Style) Next(commands []string) string {
	if len(commands) == 0 {
		return ""
	}
	return "\n" + st.Bold("Next") + "\n  " + strings.Join(commands, "\n  ") + "\n"
}
