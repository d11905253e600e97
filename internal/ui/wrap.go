package ui

import (
	"strings"

	"github.com/clipperhouse/displaywidth"
)

var withoutColors = displaywidth.Options{ControlSequences: true}

// displayWidth is how many columns of a terminal a line of text takes, colors apart.
func displayWidth(text string) int {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return withoutColors.String(text)
		}
	}
	return len(text)
}

// Wrap breaks the lines of a report between words where a terminal of that width
// would break them within. What goes on stands below the column that it belongs
// to. A command that stands alone on its line is left whole, to be copied; so is
// a word that is longer than a line. A width of 0 is unknown: nothing is broken.
func Wrap(text string, width int) string {
	if width <= 0 {
		return text
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		if displayWidth(strings.TrimRight(line, "\n")) <= width || isCommand(line) {
			b.WriteString(line)
			continue
		}
		wrapLine(&b, line, width)
	}
	return b.String()
}

// isCommand: the lines of "Next", and the steps of an action, that are for pasting.
func isCommand(line string) bool {
	line = strings.TrimPrefix(strings.TrimLeft(line, " "), "→ ")
	for _, name := range []string{"portalctl ", "yarn ", "npm ", "pnpm ", "git ", "psql ", "sh ", "rm ", "(cd "} {
		if strings.HasPrefix(line, name) {
			return true
		}
	}
	return false
}

func wrapLine(b *strings.Builder, line string, width int) {
	line = strings.TrimRight(line, "\n")
	rest := strings.TrimLeft(line, " ")
	indent := len(line) - len(rest)
	// hang is where the line goes on; columns have two blanks between them.
	hang, column := indent+2, indent
	b.WriteString(line[:indent])
	for first := true; rest != ""; first = false {
		blanks := len(rest) - len(strings.TrimLeft(rest, " "))
		word := rest[blanks:]
		if at := strings.IndexByte(word, ' '); at >= 0 {
			word = word[:at]
		}
		rest = rest[blanks+len(word):]
		if blanks > 1 && !first && column+blanks <= width/2 {
			hang = column + blanks
		}
		size := displayWidth(word)
		if !first && column+blanks+size > width && size > 0 {
			column, blanks = hang, 0
			if hang+size > width {
				column = indent + 2
			}
			b.WriteString("\n" + strings.Repeat(" ", column))
		}
		b.WriteString(strings.Repeat(" ", blanks) + word)
		column += blanks + size
	}
	b.WriteByte('\n')
}

// Closed is a report with its outcome once more at its end, where the eye is when
// the rest has scrolled away. A report that a screen holds needs no such line.
func Closed(text, outcome string) string {
	const screen = 40
	if strings.Count(text, "\n") <= screen {
		return text
	}
	return text + "\n" + outcome + "\n"
}
