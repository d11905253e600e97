// Package htmlreport writes a report as one HTML file for people: it needs no
// network and no server, is read on a phone, on paper and by a screen reader, and
// is the same for the same report. It knows nothing of what a report is about.
package htmlreport

import (
	"net/url"
	"path"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
)

// Page is a report. All texts in it are plain text, whoever wrote them.
type Page struct {
	// Title is what made the report, such as "portalctl check"; Outcome is its
	// result in a sentence, and Verdict what that means.
	Title, Outcome string
	Verdict        Verdict
	// Notes are sentences below the title.
	Notes []string
	// Maturity is nil for reports without one.
	Maturity *Maturity
	Sections []Section
	// Files is where the files that places name can be read.
	Files Files
	// Version is portalctl's.
	Version string
}

// Verdict is whether a report is of something that passes.
type Verdict int

// The verdicts. verdictUnjudged is for reports that only say what there is.
const (
	verdictUnjudged Verdict = iota
	verdictPassed
	verdictFailed
)

// VerdictOf is the verdict of a report that passes or fails.
func VerdictOf(failed bool) Verdict {
	if failed {
		return verdictFailed
	}
	return verdictPassed
}

// Section is a part of a report under a heading of its own.
type Section struct {
	Title string
	// URL explains it, if it is one of http or https; About are sentences below the
	// title, Steps the lines to type or to edit.
	URL   string
	About []string
	Steps []string
	// Chart and Bars are pictures of what Table says; nil for none.
	Chart *Chart
	Bars  *Bars
	Table *Table
	Items []Item
	// Aside sections hold what does not count: they are folded, and not in the
	// picture.
	Aside bool
}

// Tone is how an item looks, and how much it matters.
type Tone int

// The tones, the worst first.
const (
	Bad Tone = iota
	Warn
	Note
	Open
	Good
	// Plain is for what does not matter, such as what does not apply.
	Plain
)

// Item is a finding, or another thing that a report lists.
type Item struct {
	Tone Tone
	// Kind is the word for what it is, which a reader can filter by: error, pass.
	// Label is shown in its place if there is one.
	Kind, Label string
	// Rule is what found it, with the address of its explanation; Area the part of
	// the portal that it is about.
	Rule, RuleURL, Area string
	Places              []fault.Pos
	Message             string
	// Evidence are lines that explain it further, Text is one of several lines.
	Evidence []string
	Text     string
	// Next is what to do, Aside why it does not count, Tags what else there is to
	// know, in a word or two each.
	Next, Aside string
	Tags        []string
}

// Maturity is how far something has come on a ladder.
type Maturity struct {
	// Reached is the number of the last step in order that is reached, 0 for none.
	Reached int
	Steps   []Step
}

// Step is one of a ladder, the first of which is 1.
type Step struct {
	Name string
	// Met says that nothing is missing; a step above Reached can be met, too.
	Met     bool
	Missing []string
}

// Files is where the files of a repository can be read.
type Files struct {
	// Base is the address of the repository's root at one commit, "" if there is
	// none; Dir is the folder below it that places count from.
	Base, Dir string
}

// address is the address of a place, "" if there is none. GitHub and GitLab have
// the same form for a line.
func (f Files) address(p fault.Pos) string {
	if f.Base == "" || p.File == "" {
		return ""
	}
	at := path.Join(f.Dir, p.File)
	if path.IsAbs(at) || at == ".." || strings.HasPrefix(at, "../") {
		return ""
	}
	out := strings.TrimSuffix(f.Base, "/") + "/" + (&url.URL{Path: at}).EscapedPath()
	if p.Line > 0 {
		out += "#L" + decimal(p.Line)
	}
	return out
}
