package check

import (
	"fmt"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/finding"
)

// JSON is the member of the report that says what a fix changed.
func (f *Fixed) JSON(applied bool) finding.Member {
	moves := make([]moveJSON, 0, len(f.Moves))
	for _, m := range f.Moves {
		moves = append(moves, moveJSON{m.Descriptor.String(), m.From.Resolution.String(), m.To.Resolution.String()})
	}
	return finding.Member{Name: "fixed", Value: fixedJSON{applied, f.Release, moves, f.Pruned, f.Ranges, f.Resolutions}}
}

// fixedJSON is the member "fixed" of a report's JSON.
type fixedJSON struct {
	Applied     bool           `json:"applied"`
	Release     *releaseChange `json:"release"`
	Deduped     []moveJSON     `json:"deduped"`
	Pruned      []string       `json:"pruned"`
	Ranges      []rangeChange  `json:"ranges"`
	Resolutions []string       `json:"resolutions"`
}

// Notes say what a fix changes, for people.
func (f *Fixed) Notes(applied bool) []string {
	verb := "Fixed"
	if !applied {
		verb = "Would fix"
	}
	var notes []string
	if f.Unpinned > 0 {
		notes = append(notes, "Left: "+english.CountOf(f.Unpinned, "range of a @backstage package", "ranges of @backstage packages")+
			", because the manifest of the release is not known (--online fetches it, --strategy highest does without)")
	}
	if f.Empty() {
		if len(notes) == 0 {
			notes = append(notes, "There is nothing to fix without a person.")
		}
		return notes
	}
	if f.Release != nil {
		notes = append(notes, fmt.Sprintf("%s: backstage.json names release %s instead of %s", verb, f.Release.To, f.Release.From))
	}
	add := func(n int, one, many string) {
		if n > 0 {
			notes = append(notes, verb+": "+english.CountOf(n, one, many))
		}
	}
	add(len(f.Moves), "range resolves to another version of yarn.lock", "ranges resolve to other versions of yarn.lock")
	add(len(f.Pruned), "descriptor that nothing asks for is removed from yarn.lock", "descriptors that nothing asks for are removed from yarn.lock")
	for _, r := range f.Ranges {
		notes = append(notes, fmt.Sprintf("%s: %s asks for %s %s instead of %s", verb, r.File, r.Name, r.To, r.From))
	}
	for _, r := range f.Resolutions {
		notes = append(notes, fmt.Sprintf("%s: the unused resolution of %s is gone", verb, r))
	}
	return notes
}
