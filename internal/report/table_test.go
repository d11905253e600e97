package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rivo/uniseg"
)

func TestTableAlignsColumns(t *testing.T) {
	var b strings.Builder
	err := Table(&b, []string{"Package", "from", "to"}, [][]string{
		{"@backstage/cli", "^0.26.0", "^0.26.2"},
		{"x", "", "1 very long cell that nobody may wrap, however long it gets, because people grep"},
	})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, l := range strings.Split(strings.TrimRight(b.String(), "\n"), "\n") {
		lines = append(lines, strings.TrimRight(l, " "))
	}
	want := []string{
		"  Package         from     to",
		"  @backstage/cli  ^0.26.0  ^0.26.2",
		"  x                        1 very long cell that nobody may wrap, however long it gets, because people grep",
	}
	if d := cmp.Diff(want, lines); d != "" {
		t.Error(d)
	}
}

func TestMarkdownSurvivesHostileCells(t *testing.T) {
	var b strings.Builder
	err := Markdown(&b, []string{"a", "b"}, [][]string{
		{"x|y", "two\nlines"}, {"<script>", "`code`"}, {"short"}, {"@backstage/x", `\|`},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := "| a | b |\n| --- | --- |\n" +
		"| x\\|y | two lines |\n" +
		"| &lt;script&gt; | \\`code\\` |\n" +
		"| short |  |\n" +
		"| `@backstage/x` | \\\\\\| |\n"
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Error(d)
	}
}

func TestCode(t *testing.T) {
	for in, want := range map[string]string{
		"^1 || ^2": "`^1 \\|\\| ^2`",
		"a`b":      "`` a`b ``",
		"a``b`":    "``` a``b` ```",
		"@x/y":     "`@x/y`",
	} {
		if got := Code(in); got != want {
			t.Errorf("Code(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestJSONKeepsRangesReadable(t *testing.T) {
	var b strings.Builder
	if err := JSON(&b, map[string]string{"range": ">=1 <2 & x"}); err != nil {
		t.Fatal(err)
	}
	if want := "{\n  \"range\": \">=1 <2 & x\"\n}\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

func TestEscapeMentions(t *testing.T) {
	for in, want := range map[string]string{
		"@backstage/x":             "`@backstage/x`",
		"a_b (@x/y@^1.0.0), @z: *": "a\\_b (`@x/y@^1.0.0`), `@z`: \\*",
		"two  blanks\r\n@a":        "two  blanks `@a`",
		"@a`b|c":                   "`` @a`b\\|c ``",
		"npm:@x/_y_@1":             "`npm:@x/_y_@1`",
		"@":                        "`@`",
		"(@)":                      "(`@`)",
		"@<img src=x>":             "`@<img` src=x&gt;",
		"no name\nhere":            "no name here",
	} {
		if got := Escape(in); got != want {
			t.Errorf("Escape(%q) = %q, want %q", in, got, want)
		}
	}
}

// Columns are aligned by what a terminal shows: wide letters take two cells.
func TestTableOfWideLetters(t *testing.T) {
	var b strings.Builder
	if err := Table(&b, []string{"name", "version"}, [][]string{{"日本語", "1.0.0"}, {"plain-a", "2.0.0"}, {"📦 box", "3.0.0"}}); err != nil {
		t.Fatal(err)
	}
	at := -1
	for _, line := range strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n") {
		cells := strings.Fields(line)
		last := cells[len(cells)-1]
		column := uniseg.StringWidth(strings.TrimSuffix(line, last))
		if at >= 0 && column != at {
			t.Errorf("the last column is at %d and at %d:\n%s", at, column, b.String())
		}
		at = column
	}
}
