package audit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
)

// rating is how bad an advisory is, in a word and a number.
func (f *Finding) rating() string {
	switch {
	case f.Malicious():
		return "malware"
	case f.Advisory.Rating == "":
		return "no score"
	case f.Advisory.Score > 0:
		return f.Advisory.Rating + " " + strconv.FormatFloat(f.Advisory.Score, 'f', 1, 64)
	}
	return f.Advisory.Rating
}

// summary is what an advisory says, or its name if it says nothing.
func (f *Finding) summary() string {
	if s := english.Plain(f.Advisory.Summary); s != "" {
		return s
	}
	return "(no summary)"
}

// fix says which version ends a finding.
func (f *Finding) fix() string {
	switch {
	case f.Malicious():
		return "remove it"
	case f.Fixed == "" && f.Above != "":
		return "affected up to " + f.Above
	case f.Fixed == "":
		return "no fix"
	case f.Admitted:
		return "fixed in " + f.Fixed + " (in range)"
	}
	return "fixed in " + f.Fixed
}

// use is where a package ends up, in words.
func (w Where) use() string {
	text := strings.Join(w.Parts, " and ")
	if len(w.Paths) == 0 {
		return "nothing is known to ask for it"
	}
	if !w.Production {
		return "development only"
	}
	return text
}

// ways are the shortest paths, and how many more workspaces there are.
func (w Where) ways(most int) []string {
	var lines []string
	for i, p := range w.Paths {
		if i == most {
			var names []string
			for _, more := range w.Paths[i:] {
				names = append(names, english.Plain(more.Workspace))
			}
			lines = append(lines, "also from "+english.Some(names, 4))
			break
		}
		text := english.Plain(p.String())
		switch {
		case p.Dev:
			text += " (devDependencies)"
		case p.tool != "":
			text += " (" + p.tool + " is tooling)"
		}
		lines = append(lines, text)
	}
	return lines
}

// head is the first line of the text forms.
func (r *Report) head() string {
	if r.Fixes != nil && !r.Fixes.Empty() {
		return "portalctl audit, after the fixes: " + r.Sentence()
	}
	return "portalctl audit: " + r.Sentence()
}

// about are the lines below it.
func (r *Report) about() []string {
	var lines []string
	what := fmt.Sprintf("%s in %s", english.Count(r.Packages, "package"), english.Count(r.Locks, "lock"))
	if b := r.Base; b != nil {
		from := english.Plain(b.Name)
		if b.Commit != "" {
			from += " (merge base " + b.Commit[:min(len(b.Commit), 12)] + ")"
		}
		what += ", compared with " + from
	}
	lines = append(lines, what+"; advisories: "+r.Database.String()+"; fails on "+r.Options.String())
	lines = append(lines, r.Database.Warnings...)
	if r.LeftOut > 0 {
		lines = append(lines, english.Count(r.LeftOut, "finding")+" in what only development needs left out (--prod)")
	}
	return append(lines, r.Notes...)
}

// String names the source of the advisories and its age.
func (d Database) String() string {
	text := d.Source
	var parts []string
	if d.Records > 0 {
		parts = append(parts, english.Count(d.Records, "record"))
	}
	if !d.Updated.IsZero() {
		parts = append(parts, "of "+d.Updated.UTC().Format("2006-01-02 15:04 UTC"))
	}
	if len(parts) > 0 {
		text += " (" + strings.Join(parts, ", ") + ")"
	}
	return text
}

// String is what fails, in words.
func (o Options) String() string {
	var text string
	switch at := slices.Index(Ratings, o.FailOn); {
	case at < 0:
		text = "malware only"
	case at == len(Ratings)-1:
		text = o.FailOn
	default:
		text = o.FailOn + " and above"
	}
	if o.NoScore == Block {
		text += ", and what has no score"
	}
	if o.FailOnUnfixable {
		text += ", fixable or not"
	}
	return text
}

// inOrder has the parts of a text form written: the actions that have to be taken
// for the gate to open, then the others, and the rules after the first of these or
// after all, by whether one of them blocks.
func (r *Report) inOrder(action func(*action), rules func()) {
	blocks := slices.ContainsFunc(r.Rules, func(f ruleFinding) bool { return f.Verdict == verdictBlocks })
	for _, a := range r.Actions {
		if blocks && a.rank() > 1 {
			rules()
			blocks, rules = false, func() {}
		}
		action(a)
	}
	rules()
}

// changed are the findings that a person who reads a report of a change has to
// look at; without a base, all.
func (r *Report) changed(f *Finding) bool {
	if f.Status == statusFixed || f.Verdict == verdictIgnored || f.Known {
		return false
	}
	return r.Base == nil || f.Status == statusNew || f.Verdict == verdictBlocks
}

// pick are the findings of a list that want admits.
func pick(list []*Finding, want func(*Finding) bool) []*Finding {
	var out []*Finding
	for _, f := range list {
		if want(f) {
			out = append(out, f)
		}
	}
	return out
}

// packageGroup is the findings of one version of a package in one lock.
type packageGroup struct {
	first *Finding
	list  []*Finding
}

func groupByPackage(list []*Finding) []packageGroup {
	var groups []packageGroup
	at := map[[3]string]int{}
	for _, f := range list {
		key := [3]string{f.Lockfile, f.Package, f.Version}
		i, ok := at[key]
		if !ok {
			i = len(groups)
			at[key] = i
			groups = append(groups, packageGroup{first: f})
		}
		groups[i].list = append(groups[i].list, f)
	}
	return groups
}

// names are the packages of a list, each once with how many findings it has.
func names(list []*Finding) []string {
	var order []string
	n := map[string]int{}
	for _, f := range list {
		name := english.Plain(f.Package)
		if n[name]++; n[name] == 1 {
			order = append(order, name)
		}
	}
	for i, name := range order {
		if n[name] > 1 {
			order[i] = fmt.Sprintf("%s (%d)", name, n[name])
		}
	}
	return order
}
