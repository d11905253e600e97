package htmlreport

import "strings"

// Table is a table of a section. A column all of whose cells are numbers, or say that
// they are not known, stands to the right.
type Table struct {
	Caption string
	Head    []string
	Rows    [][]string
}

// table writes t, in a frame that scrolls where it is too wide.
func (w *writer) table(t *Table) {
	id := w.id()
	w.raw(`<div class="scroll" tabindex="0" role="region"`)
	w.attr("aria-labelledby", id)
	w.raw(">\n<table>\n<caption")
	w.attr("id", id)
	w.raw(">")
	w.text(t.Caption)
	w.raw("</caption>\n<thead><tr>")
	class := make([]markup, len(t.Head))
	for i, h := range t.Head {
		switch class[i] = ` class="long"`; {
		case t.numeric(i):
			class[i] = ` class="num"`
		case t.short(i):
			class[i] = ` class="short"`
		}
		w.raw(`<th scope="col"`, class[i], ">")
		w.text(h)
		w.raw("</th>")
	}
	w.raw("</tr></thead>\n<tbody>\n")
	for _, row := range t.Rows {
		w.raw("<tr>")
		for i := range t.Head {
			cell := ""
			if i < len(row) {
				cell = row[i]
			}
			if i == 0 {
				w.raw(`<th scope="row"`, class[i], ">")
				w.text(cell)
				w.raw("</th>")
				continue
			}
			w.raw("<td", class[i], ">")
			w.text(cell)
			w.raw("</td>")
		}
		w.raw("</tr>\n")
	}
	w.raw("</tbody>\n</table>\n</div>\n")
}

// shortCell is how long a cell may be that is not broken into lines, in bytes.
const shortCell = 24

// short reports whether no cell of a column needs more than one line.
func (t *Table) short(column int) bool {
	for _, row := range t.Rows {
		if column < len(row) && len(row[column]) > shortCell {
			return false
		}
	}
	return true
}

func (t *Table) numeric(column int) bool {
	some := false
	for _, row := range t.Rows {
		if column == 0 || column >= len(row) {
			return false
		}
		switch cell := strings.TrimPrefix(row[column], "≤ "); {
		case cell == "" || cell == "?":
		case cell[0] >= '0' && cell[0] <= '9' && len(cell) <= 12 && !dated(cell):
			some = true
		default:
			return false
		}
	}
	return some
}

// dated reports whether a cell is a day or a version, which are no numbers.
func dated(cell string) bool { return strings.ContainsAny(cell, "-.") }
