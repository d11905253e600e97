package template

import (
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/keymerge"
)

// A key whose values are too long for the table is shown with both, each in a fence
// that it cannot close; a name is what it is, not its escapes.
func TestMarkdownShowsConflicts(t *testing.T) {
	p := &Plan{To: "1.53.0", Files: []changedFile{{Path: "packages/my_app/.yarnrc.yml", State: stateConflict, Keys: []keymerge.Key{
		{Path: []string{"list"}, State: stateConflict, Line: 6, Ours: "list:\n  - '@mine/*'\n", Theirs: "list:\n  - '```'\n"},
		{Path: []string{"one"}, State: stateConflict, Ours: "one: 1d", Theirs: "one: 3d"},
		{Path: []string{"gone"}, State: stateConflict, Line: 9, Ours: "gone:\n  a: 1\n"},
	}}}}
	var b strings.Builder
	if err := p.WriteMarkdown(&b, nil); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| Needs you | packages/my\\_app/.yarnrc.yml | list: both sides changed it, see below, one: yours 1d, template 3d, gone: both sides changed it, see below |\n",
		"\n`packages/my_app/.yarnrc.yml`, line 6, `list`\n\nyours:\n\n```\nlist:\n  - '@mine/*'\n```\n\ntemplate:\n\n````\nlist:\n  - '```'\n````\n",
		"\n`packages/my_app/.yarnrc.yml`, line 9, `gone`\n\nyours:\n\n```\ngone:\n  a: 1\n```\n\ntemplate: nothing\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in:\n%s", want, b.String())
		}
	}
}
