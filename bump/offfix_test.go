package bump

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/relock"
	"github.com/portalctl/portalctl/internal/report"
	"github.com/portalctl/portalctl/internal/ui"
)

func TestOffLines(t *testing.T) {
	ask := func(fix string) askBy {
		return askBy{Range: "^1.0.0", Path: []string{"app", "x@1.0.0"}, Place: "package.json:3:4", Fix: fix}
	}
	tests := []struct {
		name string
		asks []askBy
		want []string
	}{
		{"nobody asks", nil, []string{"n 1.0.0, not 2.0.0"}},
		{"one", []askBy{ask("update x")}, []string{"n 1.0.0, not 2.0.0: app → x@1.0.0 asks for ^1.0.0 (package.json:3:4)", "    fix: update x"}},
		{"every different fix", []askBy{ask("update x"), ask("update x"), ask(""), ask("update y")}, []string{
			"n 1.0.0, not 2.0.0: app → x@1.0.0 asks for ^1.0.0 (package.json:3:4), and 3 others", "    fix: update x", "    fix: update y"}},
		{"not too many", []askBy{ask("a"), ask("b"), ask("c"), ask("d"), ask("e")}, []string{
			"n 1.0.0, not 2.0.0: app → x@1.0.0 asks for ^1.0.0 (package.json:3:4), and 4 others",
			"    fix: a", "    fix: b", "    fix: c", "    fix: 2 more (see --format json)"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := Lockfile{LockChange: &LockChange{OffRelease: []offCopy{{Name: "n", Version: "1.0.0", Release: "2.0.0", Asks: tt.asks}}}}
			if diff := cmp.Diff(tt.want, l.offLines()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestLockfileLists: a list that is empty has no heading, one that is not has
// its number in it.
func TestLockfileLists(t *testing.T) {
	for _, change := range []*LockChange{nil, {}, {InstallScripts: []relock.Package{{Name: "n", Version: "1.0.0"}}}} {
		l := Lockfile{State: "updated", LockChange: change}
		var table, markdown strings.Builder
		if err := errors.Join(report.Sections(&table, ui.Style{}, l.sections()), report.MarkdownSections(&markdown, l.sections())); err != nil {
			t.Fatal(err)
		}
		for form, tt := range map[string][2]string{
			table.String():    {"\nNew packages that run code when they are installed: 1\n  n 1.0.0\n", "New packages"},
			markdown.String(): {"\n### New packages that run code when they are installed: 1\n\n- n 1.0.0\n", "###"},
		} {
			full, heading := tt[0], tt[1]
			if some := change != nil && len(change.InstallScripts) > 0; strings.Contains(form, full) != some || strings.Contains(form, heading) != some {
				t.Errorf("%+v:\n%s", change, form)
			}
		}
	}
}
