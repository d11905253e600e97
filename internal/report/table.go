// Package report renders values as the text forms that portalctl prints:
// aligned tables, Markdown and versioned JSON. It knows nothing of what the
// values mean.
package report

import (
	"encoding/json"
	"io"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// Table writes rows under header in aligned columns without borders: easy to
// read, and easy to cut with awk. Rows may be shorter than the header.
func Table(w io.Writer, header []string, rows [][]string) error {
	var b strings.Builder
	t := tablewriter.NewTable(&b,
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders: tw.BorderNone,
			Settings: tw.Settings{
				Separators: tw.SeparatorsNone,
				Lines:      tw.LinesNone,
			},
		})),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAlignment(tw.AlignLeft),
		tablewriter.WithRowAlignment(tw.AlignLeft),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithTrimSpace(tw.Off),
		tablewriter.WithPadding(tw.Padding{Left: "  ", Right: "", Overwrite: true}),
	)
	if len(header) > 0 {
		t.Header(header)
	}
	if err := t.Bulk(oneLined(rows)); err != nil {
		return err
	}
	if err := t.Render(); err != nil {
		return err
	}
	// The last column is padded, too.
	for line := range strings.Lines(b.String()) {
		if _, err := io.WriteString(w, strings.TrimRight(line, " \n")+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// oneLined are rows whose cells end no line: a name out of a repository must not
// look like a line of the report.
func oneLined(rows [][]string) [][]string {
	oneLine := strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ")
	out := make([][]string, len(rows))
	for i, row := range rows {
		out[i] = make([]string, len(row))
		for k, cell := range row {
			out[i][k] = oneLine.Replace(cell)
		}
	}
	return out
}

// Markdown writes rows under header as a GitHub table.
func Markdown(w io.Writer, header []string, rows [][]string) error {
	var b strings.Builder
	line := func(cells []string) {
		b.WriteByte('|')
		for i := range header {
			cell := ""
			if i < len(cells) {
				cell = Escape(cells[i])
			}
			b.WriteByte(' ')
			b.WriteString(cell)
			b.WriteString(" |")
		}
		b.WriteByte('\n')
	}
	line(header)
	b.WriteString("|" + strings.Repeat(" --- |", len(header)) + "\n")
	for _, row := range rows {
		line(row)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

var escaper = strings.NewReplacer(
	`\`, `\\`, "|", `\|`, "\r\n", " ", "\n", " ", "\r", " ",
	"<", "&lt;", ">", "&gt;", "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`,
)

// Escape makes text safe inside a Markdown table cell or line: no cell or line
// break, no HTML, no markup, and no @mention of a stranger who happens to be
// called like an npm scope: a word with an @ is a code span, which says exactly
// what it says.
func Escape(text string) string {
	text = strings.ToValidUTF8(text, "\ufffd")
	if !strings.Contains(text, "@") {
		return escaper.Replace(text)
	}
	var b strings.Builder
	for text != "" {
		end := strings.IndexAny(text, " \r\n")
		if end == 0 {
			b.WriteByte(' ')
			text = strings.TrimPrefix(strings.TrimPrefix(text, "\r"), "\n")
			text = strings.TrimPrefix(text, " ")
			continue
		}
		word := text
		if end > 0 {
			word = text[:end]
		}
		text = text[len(word):]
		b.WriteString(escapeWord(word))
	}
	return b.String()
}

func escapeWord(word string) string {
	if !strings.Contains(word, "@") {
		return escaper.Replace(word)
	}
	// The marks around a name are the sentence's.
	name := strings.TrimLeft(word, "(\"'[")
	before := word[:len(word)-len(name)]
	name = strings.TrimRight(name, ".,;:)\"'!?]")
	after := word[len(before)+len(name):]
	return escaper.Replace(before) + Code(name) + escaper.Replace(after)
}

// Code is text as Markdown inline code, safe inside a table cell. Nothing but
// the pipe and line breaks has a meaning there.
func Code(text string) string {
	text = strings.NewReplacer("|", `\|`, "\r\n", " ", "\n", " ", "\r", " ").Replace(text)
	if !strings.Contains(text, "`") {
		return "`" + text + "`"
	}
	fence := "``" // longer than any run of backticks within
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + " " + text + " " + fence
}

// Fence is text as a block of code, in a fence that it cannot close.
func Fence(language, text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + language + "\n" + text + "\n" + fence + "\n"
}

// Next is the last part of a report in Markdown, what to do next; "" for nothing.
// What is to be typed is code: a star or an @ in it stays what it is.
func Next(steps []string) string {
	if len(steps) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n### Next\n\n")
	for _, step := range steps {
		before, command := "", step
		if _, after, ok := strings.Cut(step, ": "); ok && isCommand(after) {
			before, command = step[:len(step)-len(after)], after
		}
		switch {
		case isCommand(command):
			step = Escape(before) + Code(command)
		case strings.Contains(step, "https://"): // stays a link
		default:
			step = Escape(step)
		}
		b.WriteString("- " + step + "\n")
	}
	return b.String()
}

// isCommand reports whether text begins with a program that next steps name.
func isCommand(text string) bool {
	program, _, ok := strings.Cut(text, " ")
	return ok && (program == "portalctl" || program == "yarn" || program == "git")
}

// JSON writes v indented, with a final newline, without escaping <, > and &
// (ranges are full of them). Its lists are never null, see [Lists].
func JSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(Lists(v))
}
