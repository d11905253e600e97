package htmlreport

import (
	"unicode/utf8"

	"github.com/portalctl/portalctl/internal/english"
)

// The picture's measures, in units of its own; it is as wide as it has room, up to
// some limit of the style sheet.
const (
	pictureWidth = 360
	barHeight    = 18
	rowHeight    = 46
	// mostAreas is how many areas have a bar of their own.
	mostAreas = 12
	// areaChars is how much of an area's name the picture has room for.
	areaChars = 40
)

// overview writes how many items of which kind each area has: as a picture, and as
// the table that says the same.
func (w *writer) overview(t tally) {
	w.raw("<section aria-labelledby=\"overview\">\n<h2 id=\"overview\">By area</h2>\n<div class=\"overview\">\n<figure>\n")
	w.picture(t.few())
	w.raw("</figure>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"counts\">\n<table>\n<caption id=\"counts\">How many of each kind</caption>\n<thead><tr><th scope=\"col\">Area</th>")
	for _, k := range t.kinds {
		tone := t.tones[k].known()
		w.raw(`<th scope="col" class="num"><span class="mark `, toneClass[tone], `" aria-hidden="true">`, toneMark[tone], `</span> `)
		w.text(k)
		w.raw("</th>")
	}
	w.raw("</tr></thead>\n<tbody>\n")
	for _, a := range t.areas {
		w.raw(`<tr><th scope="row">`)
		w.text(a)
		w.raw("</th>")
		for _, k := range t.kinds {
			w.raw(`<td class="num">`)
			w.text(decimal(t.n[[2]string{a, k}]))
			w.raw("</td>")
		}
		w.raw("</tr>\n")
	}
	w.raw("</tbody>\n</table>\n</div>\n</div>\n</section>\n")
}

// few is t with no more areas than the picture shows: the last one sums up the rest.
func (t tally) few() tally {
	if len(t.areas) <= mostAreas {
		return t
	}
	out := t
	out.areas, out.n, out.byArea = nil, map[[2]string]int{}, map[string]int{}
	rest := english.Count(len(t.areas)-mostAreas+1, "more area")
	for i, a := range t.areas {
		name := a
		if i >= mostAreas-1 {
			name = rest
		}
		if out.byArea[name] == 0 {
			out.areas = append(out.areas, name)
		}
		out.byArea[name] += t.byArea[a]
		for _, k := range t.kinds {
			out.n[[2]string{name, k}] += t.n[[2]string{a, k}]
		}
	}
	return out
}

// picture shows how many items of each kind the areas have.
func (w *writer) picture(t tally) {
	b := Bars{Title: "Items by area and kind"}
	for _, a := range t.areas {
		bar := Bar{Name: a}
		for _, k := range t.kinds {
			bar.Parts = append(bar.Parts, Part{k, t.tones[k], t.n[[2]string{a, k}]})
		}
		b.Bars = append(b.Bars, bar)
	}
	w.bars(&b)
	w.raw("<figcaption>")
	for _, k := range t.kinds {
		w.key(t.tones[k], k+": "+decimal(t.byKind[k]))
	}
	w.raw("</figcaption>\n")
}

// cut is s, short enough for a line of the picture.
func cut(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}

// maturity writes a ladder: its steps as a picture, and each with what is missing.
func (w *writer) maturity(m *Maturity) {
	w.raw("<section aria-labelledby=\"maturity\">\n<h2 id=\"maturity\">Maturity: level ")
	w.text(decimal(m.Reached) + " of " + decimal(len(m.Steps)))
	if m.Reached > 0 && m.Reached <= len(m.Steps) {
		w.text(", " + m.Steps[m.Reached-1].Name)
	}
	w.raw("</h2>\n<svg class=\"ladder\" aria-hidden=\"true\" viewBox=\"0 0 360 60\">")
	gap := pictureWidth / max(len(m.Steps), 1)
	for i, s := range m.Steps {
		height := 16 + 40*(i+1)/len(m.Steps)
		class := markup("step")
		switch {
		case i < m.Reached:
			class = "b-good"
		case s.Met:
			class = "b-note"
		}
		w.raw(`<rect rx="2" class="`, class, `"`)
		w.number("x", i*gap)
		w.number("y", 58-height)
		w.number("width", max(gap-4, 1))
		w.number("height", height)
		w.raw("/>")
	}
	w.raw("</svg>\n<ol class=\"steps\">\n")
	for i, s := range m.Steps {
		switch {
		case i < m.Reached:
			w.raw(`<li class="good"><span class="mark" aria-hidden="true">✓</span> <strong>`)
			w.text(s.Name)
			w.raw("</strong>: reached")
		case s.Met:
			w.raw(`<li class="note"><span class="mark" aria-hidden="true">●</span> <strong>`)
			w.text(s.Name)
			w.raw("</strong>: nothing of it is missing, but a step before it is not reached")
		default:
			w.raw(`<li><span class="mark" aria-hidden="true">○</span> <strong>`)
			w.text(s.Name)
			w.raw("</strong>: missing")
		}
		if len(s.Missing) > 0 {
			w.raw("<ul>")
			for _, line := range s.Missing {
				w.element("li", line)
			}
			w.raw("</ul>")
		}
		w.raw("</li>\n")
	}
	w.raw("</ol>\n</section>\n")
}
