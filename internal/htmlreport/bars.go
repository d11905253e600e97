package htmlreport

import "strings"

// Bars are a picture: one bar each, in parts. The numbers stand beside it, in a table
// of the same section.
type Bars struct {
	Title string
	Bars  []Bar
}

// Bar is one bar of a picture.
type Bar struct {
	Name  string
	Parts []Part
}

// Part is one of a bar: so many of a kind. Kinds that a reader is to tell apart need
// tones that differ.
type Part struct {
	Kind string
	Tone Tone
	N    int
}

func (b Bar) sum() int {
	n := 0
	for _, p := range b.Parts {
		n += p.N
	}
	return n
}

// bars writes a bar each. Tones differ by pattern as well as by colour.
func (w *writer) bars(b *Bars) {
	most := 0
	var says []string
	for _, bar := range b.Bars {
		most = max(most, bar.sum())
		var parts []string
		for _, p := range bar.Parts {
			if p.N > 0 {
				parts = append(parts, decimal(p.N)+" "+p.Kind)
			}
		}
		says = append(says, bar.Name+": "+strings.Join(parts, ", "))
	}
	w.svg("bars", pictureWidth, rowHeight*len(b.Bars), b.Title, strings.Join(says, "; "))
	w.patterns()
	for i, bar := range b.Bars {
		top := i * rowHeight
		w.raw("<text class=\"name\" x=\"0\"")
		w.number("y", top+14)
		w.raw(">")
		w.text(cut(bar.Name, areaChars))
		w.raw("</text><text class=\"sum\" text-anchor=\"end\"")
		w.number("x", pictureWidth)
		w.number("y", top+14)
		w.raw(">")
		w.text(decimal(bar.sum()))
		w.raw("</text>")
		x, before := 0, 0
		for _, p := range bar.Parts {
			if p.N == 0 {
				continue
			}
			before += p.N
			end := max(x+3, before*pictureWidth/max(most, 1))
			w.raw(`<rect rx="2" class="b-`, toneClass[p.Tone.known()], `"`)
			w.number("x", x)
			w.number("y", top+20)
			w.number("width", max(end-x-1, 2))
			w.number("height", barHeight)
			w.raw("/>\n")
			x = end
		}
	}
	w.raw("</svg>\n")
}

// svg begins a picture with its title and what it shows in words.
func (w *writer) svg(class markup, width, height int, title, says string) {
	titleID, saysID := w.id(), w.id()
	w.raw(`<svg class="`, class, `" role="img"`)
	w.attr("aria-labelledby", titleID+" "+saysID)
	w.attr("viewBox", "0 0 "+decimal(width)+" "+decimal(height))
	w.raw("><title")
	w.attr("id", titleID)
	w.raw(">")
	w.text(title)
	w.raw("</title><desc")
	w.attr("id", saysID)
	w.raw(">")
	w.text(says)
	w.raw("</desc>\n")
}

// patterns writes those of the tones, once in a page.
func (w *writer) patterns() {
	if w.patterned {
		return
	}
	w.patterned = true
	w.raw("<defs>",
		`<pattern id="p-warn" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" class="f-warn"/><rect width="2" height="6" class="f-line"/></pattern>`,
		`<pattern id="p-note" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" class="f-note"/><circle cx="3" cy="3" r="1.2" class="f-line"/></pattern>`,
		`<pattern id="p-open" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" class="f-open"/><rect width="6" height="2" class="f-line"/></pattern>`,
		`<pattern id="p-good" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" class="f-good"/><rect width="1.5" height="8" class="f-line"/></pattern>`,
		"</defs>\n")
}

// key writes a word for a tone of a picture.
func (w *writer) key(tone Tone, word string) {
	w.raw(`<span class="key"><svg class="swatch" aria-hidden="true" viewBox="0 0 16 16"><rect width="16" height="16" rx="2" class="b-`, toneClass[tone.known()], `"/></svg> `)
	w.text(word)
	w.raw("</span> ")
}

// keys writes one for each kind that the bars have.
func (w *writer) keys(b *Bars) {
	seen := map[string]bool{}
	w.raw("<figcaption>")
	for _, bar := range b.Bars {
		for _, p := range bar.Parts {
			if !seen[p.Kind] {
				seen[p.Kind] = true
				w.key(p.Tone, p.Kind)
			}
		}
	}
	w.raw("</figcaption>\n")
}
