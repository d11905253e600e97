package report

import (
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/ui"
)

// A section that has nothing is left out; what belongs to a line stays below it, and a
// table of no rows has its head.
func TestSections(t *testing.T) {
	list := append(Counted(Section{Title: "None"}, Section{Title: "Off", Lines: []string{"a*b", "    fix: c"}}),
		Section{Title: "Steps", Head: []string{"name"}})
	var table, markdown strings.Builder
	if err := Sections(&table, ui.Style{}, list); err != nil {
		t.Fatal(err)
	}
	if err := MarkdownSections(&markdown, list); err != nil {
		t.Fatal(err)
	}
	if want := "\nOff: 2\n  a*b\n      fix: c\n\nSteps\n  name\n"; table.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", table.String(), want)
	}
	if want := "\n### Off: 2\n\n- a\\*b\n    - fix: c\n\n### Steps\n\n| name |\n| --- |\n"; markdown.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", markdown.String(), want)
	}
}
