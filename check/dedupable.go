package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/dedupe"
	"github.com/portalctl/portalctl/internal/depgraph"
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
	f.Lines = m.askedLines(moves)
	if m.unpinned(name) {
		f.FixedBy = ""
		f.Next = "Run " + m.fix(" --online") + ", which learns the release's version, or " + m.fix(highest)
	}
	switch reason := m.singletonReason(name); {
	case reason == "":
	case m.meet(moves):
		f.Severity = finding.Error
		f.Message += "; " + reason
	default:
		f.Message += " (neither the app nor the backend loads both copies)"
	}
	m.add(f, gone...)
}

// meet reports whether one side of the portal loads two of the copies that a move
// makes one.
func (m *model) meet(moves []dedupe.Move) bool {
	if m.before == nil {
		m.before = m.runtimes(m.graph)
	}
	for _, set := range m.before {
		for _, mv := range moves {
			if set.Has(m.graph.Node(mv.From)) && set.Has(m.graph.Node(mv.To)) {
				return true
			}
		}
	}
	return false
}

// askedLines are the copies with those who ask for them, the ranges to move first.
func (m *model) askedLines(moves []dedupe.Move) []string {
	var lines []string
	seen := map[*yarnlock.Entry]bool{}
	line := func(e *yarnlock.Entry, of func(depgraph.Edge) bool) {
		var ways []string
		for edge := range m.graph.In(m.graph.Node(e)) {
			if !of(edge) || edge.Kind == depgraph.Source || m.isLink(m.graph, edge.From) {
				continue
			}
			way := fmt.Sprintf("%s asks for %s", m.label(edge.From), spec.Bare(edge.Range))
			if !slices.Contains(ways, way) {
				ways = append(ways, way)
			}
		}
		text := strings.Join(ways[:min(len(ways), mostWays)], "; ")
		if n := len(ways) - mostWays; n > 0 {
			text += fmt.Sprintf("; and %d more", n)
		}
		lines = append(lines, e.Version+": "+text)
	}
	moved := func(from *yarnlock.Entry) func(depgraph.Edge) bool {
		return func(e depgraph.Edge) bool {
			return slices.ContainsFunc(moves, func(mv dedupe.Move) bool { return mv.From == from && mv.Descriptor == e.Key })
		}
	}
	for _, mv := range moves {
		if !seen[mv.From] {
			seen[mv.From] = true
			line(mv.From, moved(mv.From))
		}
	}
	for _, mv := range moves {
		if !seen[mv.To] {
			seen[mv.To] = true
			line(mv.To, func(depgraph.Edge) bool { return true })
		}
	}
	return lines
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
