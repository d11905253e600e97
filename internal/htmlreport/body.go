package htmlreport

import (
	"slices"

	"github.com/portalctl/portalctl/internal/english"
)

// toneClass and toneMark are how a tone looks; no tone is told by colour alone.
var (
	toneClass = [...]markup{Bad: "bad", Warn: "warn", Note: "note", Open: "open", Good: "good", Plain: "plain"}
	toneMark  = [...]markup{Bad: "✕", Warn: "▲", Note: "●", Open: "?", Good: "✓", Plain: "–"}
)

func (t Tone) known() Tone { return min(max(t, Bad), Plain) }

func (w *writer) body(p *Page) {
	w.raw("<a class=\"skip\" href=\"#findings\">Skip to the list</a>\n<header>\n<h1>")
	w.text(p.Title)
	w.raw("</h1>\n")
	switch p.Verdict {
	case verdictFailed:
		w.raw(`<p class="outcome bad"><span class="mark" aria-hidden="true">✕</span> <strong>Fails:</strong> `)
	case verdictPassed:
		w.raw(`<p class="outcome good"><span class="mark" aria-hidden="true">✓</span> <strong>Passes:</strong> `)
	default:
		w.raw(`<p class="outcome">`)
	}
	w.text(p.Outcome)
	w.raw("</p>\n")
	for _, n := range p.Notes {
		w.element(`p`, n)
		w.raw("\n")
	}
	w.raw("</header>\n<main>\n")
	if p.Maturity != nil {
		w.maturity(p.Maturity)
	}
	if t := p.count(false); len(t.areas) > 0 {
		w.overview(t)
	}
	w.raw("<section aria-labelledby=\"findings\">\n<h2 id=\"findings\" tabindex=\"-1\">Details</h2>\n")
	all := p.count(true)
	if len(all.areas) > 0 {
		w.filter(all)
	}
	if len(p.Sections) == 0 {
		w.raw("<p>There is nothing to list.</p>\n")
	}
	for _, s := range p.Sections {
		w.section(s)
	}
	w.raw("</section>\n</main>\n<footer><p>Made by portalctl")
	if p.Version != "" {
		w.text(" " + p.Version)
	}
	w.raw(". This file loads nothing from anywhere.</p></footer>\n")
}

// filter writes the fields that the script gives a meaning to. Without it they are
// not there.
func (w *writer) filter(t tally) {
	w.raw("<div id=\"filter\" role=\"search\" aria-label=\"Filter the list\" hidden>\n",
		"<p><label for=\"f-text\">Text</label><input id=\"f-text\" type=\"search\" autocomplete=\"off\" spellcheck=\"false\"></p>\n")
	w.choice("f-kind", "Kind", t.kinds, t.byKind)
	w.choice("f-rule", "Rule", slices.Sorted(slices.Values(t.rules)), t.byRule)
	w.choice("f-area", "Area", t.areas, t.byArea)
	w.raw("<p><button id=\"f-reset\" type=\"button\">Show all</button></p>\n",
		"<p id=\"f-count\" role=\"status\" aria-live=\"polite\"></p>\n</div>\n")
}

func (w *writer) choice(id, label markup, list []string, n map[string]int) {
	if len(list) < 2 {
		return
	}
	w.raw(`<p><label for="`, id, `">`, label, `</label><select id="`, id, `"><option value="">all</option>`)
	for _, v := range list {
		w.raw("<option")
		w.attr("value", v)
		w.raw(">")
		w.text(v + " (" + decimal(n[v]) + ")")
		w.raw("</option>")
	}
	w.raw("</select></p>\n")
}

func (w *writer) section(s Section) {
	id := w.id()
	w.raw("<section class=\"part\"")
	w.attr("aria-labelledby", id)
	w.raw(">\n")
	title := func() {
		w.raw("<h3")
		w.attr("id", id)
		w.raw(">")
		w.link(s.Title, s.URL)
		if len(s.Items) > 0 {
			w.raw(" <span class=\"n\">(")
			w.text(decimal(len(s.Items)))
			w.raw(")</span>")
		}
		w.raw("</h3>")
	}
	if s.Aside {
		w.raw("<details class=\"aside\"><summary>")
		title()
		w.raw("</summary>\n")
	} else {
		title()
		w.raw("\n")
	}
	for _, a := range s.About {
		w.element("p", a)
		w.raw("\n")
	}
	if len(s.Steps) > 0 {
		w.raw("<pre tabindex=\"0\" role=\"group\" aria-label=\"What to do\"><code>")
		for _, l := range s.Steps {
			w.text(l + "\n")
		}
		w.raw("</code></pre>\n")
	}
	if s.Chart != nil {
		w.chart(s.Chart)
	}
	if s.Bars != nil {
		w.raw("<figure>\n")
		w.bars(s.Bars)
		w.keys(s.Bars)
		w.raw("</figure>\n")
	}
	if s.Table != nil {
		w.table(s.Table)
	}
	if len(s.Items) > 0 {
		w.raw("<ul class=\"items\">\n")
		for _, it := range s.Items {
			w.item(it)
		}
		w.raw("</ul>\n")
	}
	if s.Aside {
		w.raw("</details>\n")
	}
	w.raw("</section>\n")
}

// shown is how many places and lines of evidence of an item are not folded.
const shown = 3

func (w *writer) item(it Item) {
	tone := it.Tone.known()
	w.raw(`<li class="item `, toneClass[tone], `"`)
	w.attr("data-kind", it.Kind)
	w.attr("data-rule", it.Rule)
	w.attr("data-area", it.area())
	w.raw(`><p class="head"><span class="kind `, toneClass[tone], `"><i aria-hidden="true">`, toneMark[tone], `</i> `)
	if it.Label != "" {
		w.text(it.Label)
	} else {
		w.text(it.Kind)
	}
	w.raw("</span>")
	if it.Rule != "" {
		w.raw(` <span class="rule">`)
		w.link(it.Rule, it.RuleURL)
		w.raw("</span>")
	}
	if it.Area != "" {
		w.raw(` <span class="area">`)
		w.text(it.Area)
		w.raw("</span>")
	}
	for _, tag := range it.Tags {
		w.raw(` <span class="tag">`)
		w.text(tag)
		w.raw("</span>")
	}
	w.raw("</p><p class=\"message\">")
	w.text(it.Message)
	w.raw("</p>")
	w.places(it)
	if len(it.Evidence) > 0 {
		w.folded(len(it.Evidence) > shown, english.Count(len(it.Evidence), "line")+" of evidence", func() {
			w.raw("<ul class=\"evidence\">")
			for _, l := range it.Evidence {
				w.element("li", l)
			}
			w.raw("</ul>")
		})
	}
	if it.Text != "" {
		w.folded(true, "The whole text", func() {
			w.raw("<pre tabindex=\"0\" role=\"group\" aria-label=\"The whole text\">")
			w.text("\n" + it.Text) // the parser drops the first line end of a pre
			w.raw("</pre>")
		})
	}
	if it.Aside != "" {
		w.raw("<p class=\"aside-why\">")
		w.text(it.Aside)
		w.raw("</p>")
	} else if it.Next != "" {
		w.raw("<p class=\"next\"><strong>Next:</strong> ")
		w.text(it.Next)
		w.raw("</p>")
	}
	w.raw("</li>\n")
}

func (w *writer) places(it Item) {
	switch len(it.Places) {
	case 0:
		return
	case 1:
		w.raw("<p class=\"places\">")
		w.link(it.Places[0].String(), w.files.address(it.Places[0]))
		w.raw("</p>")
		return
	}
	w.folded(len(it.Places) > shown, english.Count(len(it.Places), "place"), func() {
		w.raw("<ul class=\"places\">")
		for _, pos := range it.Places {
			w.raw("<li>")
			w.link(pos.String(), w.files.address(pos))
			w.raw("</li>")
		}
		w.raw("</ul>")
	})
}

// folded writes something behind a line that opens it, if it is to be folded.
func (w *writer) folded(fold bool, title string, write func()) {
	if !fold {
		write()
		return
	}
	w.raw("<details>")
	w.element("summary", title)
	write()
	w.raw("</details>")
}
