package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/dedupe"
	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// moveJSON is a move as the JSON report has it: the members of "yarn dedupe
// --check --json".
type moveJSON struct {
	Descriptor        string `json:"descriptor"`
	CurrentResolution string `json:"currentResolution"`
	UpdatedResolution string `json:"updatedResolution"`
}

// dedupable is the rule of that name: one finding a package.
func (m *model) dedupable() {
	byName := map[string][]dedupe.Move{}
	var order []string
	for _, mv := range m.moves {
		name := mv.Descriptor.Name
		if len(byName[name]) == 0 {
			order = append(order, name)
		}
		byName[name] = append(byName[name], mv)
	}
	for _, name := range order {
		m.dedupablePackage(name, byName[name])
	}
}

func (m *model) dedupablePackage(name string, moves []dedupe.Move) {
	var texts []string
	details := make([]moveJSON, len(moves))
	left := map[*yarnlock.Entry]int{}
	var gone []cause
	for i, mv := range moves {
		details[i] = moveJSON{mv.Descriptor.String(), mv.From.Resolution.String(), mv.To.Resolution.String()}
		texts = append(texts, fmt.Sprintf("%s: %s → %s", rangeText(mv.Descriptor), mv.From.Version, mv.To.Version))
		left[mv.From]++
	}
	for e, n := range left {
		if n == len(e.Keys) {
			gone = append(gone, entry(m.graph.Node(e)))
		}
	}
	slices.Sort(texts)
	f := m.dedupableAt(moves[0])
	f.Message = fmt.Sprintf("%s: a version that is already in yarn.lock would satisfy %s", name, english.Some(texts, 3))
	f.Next = "Run " + m.fix("")
	f.Fixes, f.FixedBy = inLockOnly, finding.ByFix
	f.Details = map[string]any{"moves": details}
	if m.unpinned(name) {
		f.FixedBy = ""
		f.Next = "Run " + m.fix(" --online") + ", which learns the release's version, or " + m.fix(highest)
	}
	if reason := m.singletonReason(name); reason != "" {
		f.Severity = finding.Error
		f.Message += "; " + reason
	}
	m.add(f, gone...)
}

// dedupableAt is the finding about the package of a move, as far as it takes to
// know it again. One package of a lock is one finding.
func (m *model) dedupableAt(mv dedupe.Move) finding.Finding {
	return finding.Finding{Rule: ruleDedupable, Pos: m.in.Lock.Pos(mv.From), Name: mv.Descriptor.Name}
}

// unpinned reports whether a package may belong to the portal's release in a
// version that is not known here. A fix that keeps to the release leaves it.
func (m *model) unpinned(name string) bool {
	return m.opts.Strategy != dedupe.Highest && m.opts.Strategy != dedupe.Fewer &&
		m.release() != "" && m.in.Release == nil && m.versions[name] == "" && isBackstage(name)
}

// rangeText is the range of a descriptor as its author wrote it, as far as the
// lock tells.
func rangeText(d yarnlock.Descriptor) string {
	switch {
	case d.Range == spec.NoRange:
		return "(any)"
	case spec.Backstage.In(d.Range):
		text, _, _ := strings.Cut(d.Range, "::")
		return text
	}
	return spec.Bare(d.Range)
}
