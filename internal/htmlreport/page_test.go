package htmlreport

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"html"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/fault"
)

// evil has what ends a text, an attribute, an element or the page's own script.
const evil = "</script><img src=x onerror=alert(1)>\"'`&<!--]]>\x00\x1b[2J\xff\n::x"

// evilPage has it in every field that holds a text.
func evilPage(text string) *Page {
	item := Item{Tone: 99, Kind: text, Label: text, Rule: text, RuleURL: "https://example.com/" + text, Area: text,
		Places: []fault.Pos{{File: text, Line: 1}}, Message: text, Evidence: []string{text}, Text: text, Next: text, Tags: []string{text}}
	aside := item
	aside.Aside, aside.RuleURL, aside.Places = text, "javascript:"+text, []fault.Pos{{File: text}, {File: text}, {File: text}, {File: text}}
	aside.Label, aside.Tone = "", -1
	return &Page{Title: text, Outcome: text, Verdict: verdictFailed, Notes: []string{text}, Version: text,
		Maturity: &Maturity{Reached: 1, Steps: []Step{{Name: text, Met: true}, {Name: text, Missing: []string{text}}, {Name: text, Met: true}}},
		Files:    Files{Base: "https://example.com/" + text, Dir: text},
		Sections: []Section{
			{Title: text, URL: "data:text/html," + text, About: []string{text}, Steps: []string{text}, Items: []Item{item}},
			{Title: text, Items: []Item{aside}, Aside: true},
			{Title: text, Chart: &Chart{Title: text, Says: text, Across: []Tick{{1, text}}, Up: []Tick{{1, text}},
				Lines: []Series{{Name: text, Tone: 99, Dashed: true, Points: []Point{{0, 0, true}, {2, 2, false}}}}},
				Bars:  &Bars{Title: text, Bars: []Bar{{Name: text, Parts: []Part{{text, -1, 3}, {text, 99, 0}}}}},
				Table: &Table{Caption: text, Head: []string{text, text}, Rows: [][]string{{text, text}, {text}}}},
		}}
}

func write(t testing.TB, p *Page) string {
	t.Helper()
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// tag is a tag as this package writes them: every value in double quotes.
var tag = regexp.MustCompile(`^<(/?)([a-z0-9]+|!DOCTYPE)((?: [a-zA-Z-]+(?:="[^"<>]*")?)*)/?>`)

// skeleton is a page without its texts: its tags, and the names of their attributes.
// It fails where the page has a character < that begins no tag of this package.
func skeleton(t testing.TB, page string) []string {
	t.Helper()
	for _, own := range []markup{style, script} {
		if strings.Count(page, string(own)) != 1 {
			t.Fatal("the style sheet and the script are not in the page once each")
		}
		page = strings.Replace(page, string(own), "", 1)
	}
	var out []string
	for i := strings.IndexByte(page, '<'); i >= 0; i = strings.IndexByte(page, '<') {
		if strings.ContainsAny(page[:i], ">") {
			t.Fatalf("a > in text: %q", page[:i])
		}
		page = page[i:]
		m := tag.FindStringSubmatch(page)
		if m == nil {
			t.Fatalf("no tag of this package: %q", page[:min(len(page), 80)])
		}
		names := regexp.MustCompile(` ([a-zA-Z-]+)(="[^"]*")?`).FindAllStringSubmatch(m[3], -1)
		line := m[1] + m[2]
		for _, n := range names {
			line += " " + n[1]
			if strings.HasPrefix(n[1], "on") || n[1] == "style" || n[1] == "src" {
				t.Fatalf("attribute %s in %s", n[1], m[0])
			}
			if n[1] == "href" {
				to := html.UnescapeString(strings.Trim(n[2], `="`))
				if !strings.HasPrefix(to, "https://example.com/") && to != "#findings" && to != "data:," {
					t.Fatalf("a link to %q", to)
				}
			}
		}
		out = append(out, line)
		page = page[len(m[0]):]
	}
	return out
}

// What is in a text changes nothing but text: the page has the same tags and
// attributes as with a harmless text in its place.
func TestTextsStayText(t *testing.T) {
	page := write(t, evilPage(evil))
	want := skeleton(t, write(t, evilPage("harmless")))
	got := skeleton(t, page)
	for i := range want {
		// The one address that the text spoils is no link any more.
		if strings.HasPrefix(got[min(i, len(got)-1)], want[i]) {
			continue
		}
		if want[i] == "a rel href" || want[i] == "/a" {
			got = append(got[:i:i], append([]string{want[i]}, got[i:]...)...)
			continue
		}
		t.Fatalf("tag %d is %q, with a harmless text %q", i, got[i], want[i])
	}
	if len(got) != len(want) {
		t.Fatalf("%d tags, with a harmless text %d", len(got), len(want))
	}
	if n := strings.Count(page, "&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;&#34;&#39;&#96;&amp;&lt;!--]]&gt;\ufffd\ufffd[2J\ufffd\n::x"); n < 30 {
		t.Errorf("the text is shown %d times only", n)
	}
}

func FuzzTextsStayText(f *testing.F) {
	f.Add(evil)
	f.Add("a\"b")
	f.Fuzz(func(t *testing.T, text string) { skeleton(t, write(t, evilPage(text))) })
}

// Nothing but constants and the two files is markup: no text of others can become it.
func TestOnlyConstantsAreMarkup(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	uses := 0
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".go") || strings.HasSuffix(file.Name(), "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if id, ok := n.Fun.(*ast.Ident); ok && id.Name == "markup" {
					if lit, ok := n.Args[0].(*ast.BasicLit); !ok || lit.Kind != token.STRING {
						t.Errorf("%s: a conversion to markup of what is no literal", file.Name())
					}
				}
			case *ast.SelectorExpr:
				if n.Sel.Name == "b" {
					uses++
				}
			}
			return true
		})
	}
	if uses != 3 { // raw, text, and the end
		t.Errorf("the bytes of the page are touched in %d places: only raw and text may write them", uses)
	}
}

// The policy names the script and the style sheet by what they are, and allows
// nothing else; no address of the page is loaded.
func TestPolicy(t *testing.T) {
	page := write(t, evilPage("x"))
	for _, want := range []string{"default-src 'none'", source(script), source(style), "base-uri 'none'", "form-action 'none'"} {
		if !strings.Contains(html.UnescapeString(page), want) {
			t.Errorf("the policy lacks %s", want)
		}
	}
	for _, text := range []markup{style, script} {
		for _, bad := range []string{"http:", "https:", "@import", "url(\"", "fetch", "XMLHttp", "innerHTML", "eval", "</"} {
			if strings.Contains(string(text), bad) {
				t.Errorf("%s in the page's own text", bad)
			}
		}
	}
}

func TestFileAddresses(t *testing.T) {
	f := Files{Base: "https://git.example/o/r/blob/abc", Dir: "a portal"}
	for pos, want := range map[fault.Pos]string{
		{File: "packages/app/x#1?.ts", Line: 3, Col: 4}: "https://git.example/o/r/blob/abc/a%20portal/packages/app/x%231%3F.ts#L3",
		{File: "yarn.lock"}:                             "https://git.example/o/r/blob/abc/a%20portal/yarn.lock",
		{File: "../../x"}:                               "",
		{File: "/etc/x"}:                                "https://git.example/o/r/blob/abc/a%20portal/etc/x",
		{}:                                              "",
	} {
		if got := f.address(pos); got != want {
			t.Errorf("%v: %q, want %q", pos, got, want)
		}
	}
	f.Dir = "."
	if got := f.address(fault.Pos{File: "yarn.lock"}); got != "https://git.example/o/r/blob/abc/yarn.lock" {
		t.Errorf("at the root: %q", got)
	}
	if got := (Files{}).address(fault.Pos{File: "x"}); got != "" {
		t.Errorf("without an address of the repository: %q", got)
	}
}

// The picture and the table count the same: what counts, and nothing else.
func TestCounts(t *testing.T) {
	p := &Page{Title: "t", Outcome: "o"}
	for i := range 15 {
		p.Sections = append(p.Sections, Section{Title: "s", Items: []Item{{Kind: "warning", Tone: Warn, Area: fmt.Sprint("area ", i)}, {Kind: "error", Tone: Bad, Area: "area 1"}}})
	}
	p.Sections = append(p.Sections, Section{Title: "aside", Aside: true, Items: []Item{{Kind: "error", Tone: Bad}}})
	page := write(t, p)
	if !strings.Contains(page, "area 1: 15 error, 1 warning") || !strings.Contains(page, "4 more areas: 4 warning") {
		t.Error("the picture's text:", regexp.MustCompile(`<desc.*</desc>`).FindString(page))
	}
	if strings.Count(page, `<th scope="row">`) != 15 || strings.Contains(page, `<th scope="row">General`) {
		t.Error("the table has other areas than those that count")
	}
	if !strings.Contains(page, "error (16)") {
		t.Error("the filter lacks what does not count")
	}
	if page != write(t, p) {
		t.Error("the same report gives two pages")
	}
}

// A picture says in words what it shows, its lines differ by more than colour, and a
// table beside it has the numbers, aligned as such.
func TestPictures(t *testing.T) {
	t.Parallel()
	page := write(t, &Page{Title: "t", Sections: []Section{{Title: "s",
		Chart: &Chart{Title: "Steps", Says: "From 1 to 3.", Across: []Tick{{10, "2026"}, {99, "out of it"}}, Up: []Tick{{1, "1.1"}},
			Lines: []Series{{Name: "published", Tone: Plain, Dashed: true, Points: []Point{{0, 1, false}, {20, 3, false}}}, {Name: "own", Tone: Note, Points: []Point{{0, 1, false}, {10, 2, true}}}}},
		Bars:  &Bars{Title: "Pile", Bars: []Bar{{"a", []Part{{"few", Bad, 1}, {"many", Plain, 3}}}, {"b", []Part{{"few", Bad, 2}, {"many", Plain, 6}}}}},
		Table: &Table{Caption: "c", Head: []string{"n", "count", "day", "word"}, Rows: [][]string{{"1", "5 (7)", "2026-01-01", "x and so on, in more than a few words"}, {"2", "≤ 3", "", ""}, {"3", "?", "", ""}}}}}})
	for _, want := range []string{
		`<title id="i2">Steps</title><desc id="i3">From 1 to 3.</desc>`,
		`<polyline class="l-plain dashed" points="46,246 468,246 468,10"/>`,
		`<polyline class="l-note" points="46,246 257,246 257,128"/>`,
		`<polyline class="cross" points="253,124 261,132"/>`, `>1.1</text>`, `>2026</text>`,
		"a: 1 few, 3 many; b: 2 few, 6 many",
		`<rect rx="2" class="b-bad" x="0" y="20" width="44" height="18"/>`,
		`<td class="num">5 (7)</td><td class="short">2026-01-01</td><td class="long">x`, `<td class="num">≤ 3</td>`, `<th scope="row" class="short">1</th>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(page, "out of it") {
		t.Error("a tick lies outside of the picture")
	}
	if strings.Count(page, `<pattern id="p-warn"`) != 1 {
		t.Error("the patterns are not there once")
	}
	if page := write(t, &Page{Sections: []Section{{Title: "s", Chart: &Chart{}}}}); strings.Contains(page, "<svg") {
		t.Error("a chart of nothing is drawn")
	}
}
