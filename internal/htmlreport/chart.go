package htmlreport

import "strings"

// Chart is a picture of things that rise by steps, such as versions over time. What it
// shows is said in words as well, and stands beside it as a table of the same section.
type Chart struct {
	Title, Says string
	// Lines share both axes; Across and Up are the names of some places on them.
	Lines      []Series
	Across, Up []Tick
}

// Series is one line. Dashed tells it from the others without colour. Lines of one name
// are parts of one, with a gap between them.
type Series struct {
	Name   string
	Tone   Tone
	Dashed bool
	Points []Point
}

// Point is where a line gets another height. Marked ones are drawn with a cross: for
// what went back.
type Point struct {
	X, Y   int
	Marked bool
}

// Tick is a name of a place on an axis.
type Tick struct {
	At   int
	Name string
}

// The measures of a chart, in units of its viewBox.
const (
	chartWidth  = 480
	chartHeight = 270
	chartLeft   = 46
	chartBottom = 24
	chartTop    = 10
	chartRight  = 12
)

// scale turns values into places on the picture.
type scale struct{ low, high, from, to int }

func (s scale) at(v int) int {
	if s.high == s.low {
		return (s.from + s.to) / 2
	}
	return s.from + int(int64(v-s.low)*int64(s.to-s.from)/int64(s.high-s.low))
}

// chart writes the picture and the words for its lines; nothing without points.
func (w *writer) chart(c *Chart) {
	across, up, any := scale{from: chartLeft, to: chartWidth - chartRight}, scale{from: chartHeight - chartBottom, to: chartTop}, false
	for _, l := range c.Lines {
		for _, p := range l.Points {
			if !any {
				any, across.low, across.high, up.low, up.high = true, p.X, p.X, p.Y, p.Y
			}
			across.low, across.high = min(across.low, p.X), max(across.high, p.X)
			up.low, up.high = min(up.low, p.Y), max(up.high, p.Y)
		}
	}
	if !any {
		return
	}
	w.raw("<figure class=\"wide\">\n")
	w.svg("chart", chartWidth, chartHeight, c.Title, c.Says)
	for _, t := range c.Up {
		if t.At < up.low || t.At > up.high {
			continue
		}
		y := up.at(t.At)
		w.line("grid", chartLeft, y, chartWidth-chartRight, y)
		w.label("end", chartLeft-6, y+4, t.Name)
	}
	for _, t := range c.Across {
		if t.At < across.low || t.At > across.high {
			continue
		}
		x := across.at(t.At)
		w.line("grid", x, chartTop, x, chartHeight-chartBottom)
		w.label("middle", x, chartHeight-6, t.Name)
	}
	for _, l := range c.Lines {
		w.steps(l, across, up)
	}
	w.raw("</svg>\n<figcaption>")
	named := map[string]bool{}
	for _, l := range c.Lines {
		if named[l.Name] {
			continue
		}
		named[l.Name] = true
		w.raw(`<span class="key"><svg class="swatch line" aria-hidden="true" viewBox="0 0 24 10">`)
		w.raw(`<polyline points="0,5 24,5" class="`, l.class(), `"/></svg> `)
		w.text(l.Name)
		w.raw("</span> ")
	}
	w.raw("</figcaption>\n</figure>\n")
}

func (l Series) class() markup {
	class := markup("l-") + toneClass[l.Tone.known()]
	if l.Dashed {
		class += " dashed"
	}
	return class
}

// steps writes one line: level until the next point, then up or down.
func (w *writer) steps(l Series, across, up scale) {
	var b strings.Builder
	for i, p := range l.Points {
		x, y := across.at(p.X), up.at(p.Y)
		if i > 0 {
			b.WriteString(decimal(x) + "," + decimal(up.at(l.Points[i-1].Y)) + " ")
		}
		b.WriteString(decimal(x) + "," + decimal(y) + " ")
	}
	w.raw(`<polyline class="`, l.class(), `"`)
	w.attr("points", strings.TrimSpace(b.String()))
	w.raw("/>\n")
	for _, p := range l.Points {
		if p.Marked {
			x, y := across.at(p.X), up.at(p.Y)
			w.line("cross", x-4, y-4, x+4, y+4)
			w.line("cross", x-4, y+4, x+4, y-4)
		}
	}
}

func (w *writer) line(class markup, x1, y1, x2, y2 int) {
	w.raw(`<polyline class="`, class, `"`)
	w.attr("points", decimal(x1)+","+decimal(y1)+" "+decimal(x2)+","+decimal(y2))
	w.raw("/>")
}

func (w *writer) label(anchor markup, x, y int, name string) {
	w.raw(`<text class="tick" text-anchor="`, anchor, `"`)
	w.number("x", x)
	w.number("y", y)
	w.raw(">")
	w.text(cut(name, 12))
	w.raw("</text>\n")
}
