package template

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/portalctl/portalctl/internal/diff3"
	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/jsscan"
)

// byLine merges line by line. A file with a conflict stays as it is, or gets markers.
func (pl *planner) byLine(f *changedFile, ours, base, theirs []byte) {
	if isSource(f.Path) {
		theirs = withoutDoubles(base, ours, theirs)
	}
	parts, lines := settle(diff3.Merge(base, ours, theirs))
	for _, p := range parts {
		if p.Conflict {
			f.Hunks = append(f.Hunks, hunk{Line: p.Line, Ours: string(p.Ours), Base: string(p.Base), Theirs: string(p.Theirs)})
		}
	}
	text := diff3.Text(parts, diff3.Labels{Ours: "yours", Base: "template " + pl.label, Theirs: "template " + pl.plan.To})
	if len(f.Hunks) == 0 {
		f.finish(ours, text)
		if len(lines) > 0 && f.State == stateMerged {
			f.Why = strings.TrimPrefix(f.Why+"; ", "; ") + "both sides changed neighbouring lines or words at " + atLines(lines) + ": look there"
		}
		return
	}
	f.State = stateConflict
	if pl.opts.Markers {
		f.edits = []write{{f.Path, ours, text}}
	}
}

func isSource(name string) bool { return slices.Contains(jsscan.Extensions, path.Ext(name)) }

func atLines(lines []int) string {
	var texts []string
	for _, n := range lines {
		texts = append(texts, strconv.Itoa(n))
	}
	return english.Form(len(lines), "line ", "lines ") + english.And(texts)
}
