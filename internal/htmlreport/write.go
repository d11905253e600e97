package htmlreport

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"io"
	"net/url"
	"strconv"
	"strings"
	"unicode"
)

// markup is HTML that stands in this package's source word by word. Text of others
// is a string, which is no markup: the compiler keeps the two apart, and a test
// that nothing here converts one into the other.
type markup string

//go:embed style.css
var style markup

//go:embed script.js
var script markup

// writer makes HTML out of markup and text.
type writer struct {
	b     strings.Builder
	files Files
	ids   int
	// patterned: the patterns of the tones are written.
	patterned bool
}

// raw writes markup as it is.
func (w *writer) raw(list ...markup) {
	for _, m := range list {
		w.b.WriteString(string(m))
	}
}

// text writes a stranger's text, as text of an element or as the value of an
// attribute in double quotes: both end by characters that it escapes.
func (w *writer) text(s string) { w.b.WriteString(escape(s)) }

// attr writes an attribute with a value that may be a stranger's.
func (w *writer) attr(name markup, value string) {
	w.raw(" ", name, `="`)
	w.text(value)
	w.raw(`"`)
}

func (w *writer) number(name markup, n int) { w.attr(name, decimal(n)) }

// element writes text in an element without attributes.
func (w *writer) element(tag markup, s string) {
	w.raw("<", tag, ">")
	w.text(s)
	w.raw("</", tag, ">")
}

// link writes text that leads to an address, or the text alone where that is no
// address of the web: javascript: and the like lead nowhere.
func (w *writer) link(s, address string) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		w.text(s)
		return
	}
	w.raw(`<a rel="noreferrer noopener"`)
	w.attr("href", u.String())
	w.raw(">")
	w.text(s)
	w.raw("</a>")
}

// id is the next name of an element.
func (w *writer) id() string {
	w.ids++
	return "i" + decimal(w.ids)
}

func decimal(n int) string { return strconv.Itoa(n) }

// special are the characters that mean something in HTML, anywhere in it.
var special = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;", "`", "&#96;")

// escape is s as it may stand in HTML. Controls, which HTML does not know, and what
// is no UTF-8 become U+FFFD.
func escape(s string) string {
	return special.Replace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return unicode.ReplacementChar
		}
		return r
	}, strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\r\n", "\n")))
}

// source names a text for a Content-Security-Policy: by what it is.
func source(m markup) string {
	sum := sha256.Sum256([]byte(m))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// Write writes the page. Nothing in it is loaded from anywhere, and the policy in
// its head forbids what is not written here: the one script, the one style sheet.
func (p *Page) Write(to io.Writer) error {
	w := &writer{files: p.Files}
	w.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\"")
	w.attr("content", "default-src 'none'; script-src "+source(script)+"; style-src "+source(style)+"; img-src data:; base-uri 'none'; form-action 'none'")
	w.raw(">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n",
		"<meta name=\"referrer\" content=\"no-referrer\">\n<link rel=\"icon\" href=\"data:,\">\n")
	w.element("title", p.Title+": "+p.Outcome)
	w.raw("\n<style>", style, "</style>\n</head>\n<body>\n")
	w.body(p)
	w.raw("<script>", script, "</script>\n</body>\n</html>\n")
	_, err := io.WriteString(to, w.b.String())
	return err
}
