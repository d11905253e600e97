package ui

import "charm.land/lipgloss/v2"

// Style renders the few kinds of emphasis that portalctl uses. The zero value
// is plain text.
type Style struct{ color bool }

// OutStyle is the style for the report on stdout.
func (s *Streams) OutStyle() Style { return Style{color: s.OutColor} }

// ErrStyle is the style for everything on stderr.
func (s *Streams) ErrStyle() Style { return Style{color: s.ErrColor} }

func (st Style) render(l lipgloss.Style, text string) string {
	if !st.color || text == "" {
		return text
	}
	return l.Render(text)
}

// Bold marks a heading.
func (st Style) Bold(text string) string {
	return st.render(lipgloss.NewStyle().Bold(true), text)
}

// Dim marks what can be skipped when reading quickly.
func (st Style) Dim(text string) string {
	return st.render(lipgloss.NewStyle().Faint(true), text)
}

// Bad marks what stops the user: errors, breaking changes.
func (st Style) Bad(text string) string {
	return st.render(lipgloss.NewStyle().Bold(true).Foreground(lipgloss.Red), text)
}

// Warn marks what the user should look at.
func (st Style) Warn(text string) string {
	return st.render(lipgloss.NewStyle().Foreground(lipgloss.Yellow), text)
}

// Good marks what is as it should be.
func (st Style) Good(text string) string {
	return st.render(lipgloss.NewStyle().Foreground(lipgloss.Green), text)
}
