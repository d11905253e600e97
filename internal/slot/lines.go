package slot

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/report"
)

// words are how a line of the text is written: what others wrote, and what stands in
// code or fails. The text of the pull request and the page have the same lines.
type words struct {
	say, code, bad func(string) string
}

var (
	markdownWords = words{say: report.Escape, code: report.Code, bad: func(s string) string { return "**" + s + "**" }}
	plainWords    = words{say: english.Plain, code: english.Plain, bad: english.Plain}
)

// moveLines say in a few lines what moves, and which advisories come and go.
func (r *Run) moveLines(w words) []string {
	plan := r.plan()
	if plan == nil {
		return nil
	}
	var out []string
	if n := len(plan.Packages); n > 0 {
		jumps := map[string]int{}
		var majors []string
		for _, p := range plan.Packages {
			jumps[p.Jump]++
			if p.Jump == "major" {
				majors = append(majors, w.code(p.Name+" "+p.From+" → "+p.To))
			}
		}
		var by []string
		for _, jump := range slices.Sorted(maps.Keys(jumps)) {
			by = append(by, fmt.Sprintf("%d %s", jumps[jump], jump))
		}
		out = append(out, english.Count(n, "package")+": "+w.say(strings.Join(by, ", ")))
		if len(majors) > 0 {
			out = append(out, "by a major: "+english.Some(majors, 30))
		}
	}
	for _, n := range plan.Notes {
		about := ""
		if n.Name != "" {
			about = w.code(n.Name) + ": "
		}
		out = append(out, about+w.say(english.Short(n.Message, 300)))
	}
	l := plan.Lockfile
	if l.Mode == "skip" {
		return append(out, w.code("yarn.lock")+": not known, see above")
	}
	out = append(out, fmt.Sprintf("%s: %d added, %d removed, %d changed; %d of %d %s packages on the release",
		w.code("yarn.lock"), len(l.Added), len(l.Removed), len(l.Changed), l.OnRelease, l.OfRelease, w.code("@backstage")))
	if a := plan.Audit; a != nil {
		for _, list := range []struct {
			what string
			list []advisory
		}{{"gone", a.Gone}, {"new", a.New}} {
			var names []string
			for _, a := range list.list {
				names = append(names, fmt.Sprintf("%s of %s (%s)", w.say(a.Advisory), w.code(a.Package+" "+a.Version), w.say(a.Severity)))
			}
			if len(names) > 0 {
				out = append(out, "advisories "+list.what+": "+english.Some(names, 20))
			}
		}
	}
	return out
}

// commitLines name the commits of the branch.
func (r *Run) commitLines(w words) []string {
	var out []string
	for _, s := range r.Steps {
		for _, c := range s.Commits {
			name := "not committed"
			if c.Hash != "" {
				name = w.code(c.Hash[:min(10, len(c.Hash))])
			}
			out = append(out, fmt.Sprintf("%s: %s (%s)", name, w.say(c.Subject), english.Count(len(c.Files), "file")))
		}
	}
	return out
}

// proofLines say how the portal's own scripts went.
func (r *Run) proofLines(w words, passed, failed string) []string {
	var out []string
	for _, s := range r.Step(stepProof).Scripts {
		mark := passed
		if s.Exit != 0 {
			mark = failed
		}
		line := mark + " " + w.code(s.Line)
		if n := len(s.Errors); n > 0 {
			line += ": " + english.Count(n, "error") + ", above"
		}
		out = append(out, line)
	}
	return out
}

// stepLines say what the scripts left, and which steps failed or were left out.
func (r *Run) stepLines(w words) []string {
	var out []string
	if left := r.Step(stepProof).Left; len(left) > 0 {
		var names []string
		for _, name := range left {
			names = append(names, w.code(name))
		}
		out = append(out, "The scripts left what git does not ignore, and what is not committed: "+english.Some(names, 8))
	}
	for _, s := range r.Steps {
		switch {
		case s.State == Failed:
			out = append(out, w.bad("The step "+string(s.Name)+" failed")+": "+w.say(english.Short(s.Why, 500)))
			if s.Next != "" {
				out = append(out, "Next: "+w.say(english.Short(s.Next, 500)))
			}
		case s.State == stateSkipped && writes(s.Name):
			out = append(out, fmt.Sprintf("The step %s was left out: %s.", s.Name, w.say(s.Why)))
		}
	}
	return out
}

// dayLines say what runs at the first boot, and what the operator does on the day of
// the deployment; "" where it is not known which release that is of.
func (r *Run) dayLines(w words) (said string, steps []string) {
	if r.To == "" {
		return "", nil
	}
	command := func(words string) string { return w.code(r.portalctl(words)) }
	if f := r.forecast(); f != nil {
		said = f.said(w)
	} else {
		said = "Which migrations will run at the first boot is not known"
		if p := r.Step(stepComing).printed("snapshot forecast"); p != nil && p.Problem != "" {
			said += ": " + w.say(english.Short(p.Problem, 300))
		}
		said += ". Ask again, where it can be found out, before the day is agreed: " + command("snapshot forecast --release "+r.To)
	}
	return said, []string{
		command("slot deploy") + ", where the databases can be reached: what will run there and for how long, a copy that is restored elsewhere, and go or no-go",
		"roll out; then " + command("slot verify --health URL") + ": whether what ran is what was foreseen, and whether the portal is ready",
		"if it must go back: step 2 names the databases and the commands; " + w.code("ROLLBACK.md") + " beside the copy has them without portalctl",
	}
}

// said says what will run, how long it takes, and what somebody has to look at besides.
func (f *forecastDocument) said(w words) string {
	said := "No migration is known to run."
	if n := f.migrations(); n > 0 {
		said = english.Count(n, "migration") + " will run at the first boot."
		switch {
		case f.Boot.StartupSeconds > 0:
			said += fmt.Sprintf(" Give the startup probe %d s (%s).", f.Boot.StartupSeconds, w.say(f.Boot.Basis))
		case f.Boot.Seconds < 0:
			said += " How long is not known: " + w.say(f.Boot.Basis) + "."
		}
		if len(f.Restore) > 0 {
			said += " The way back restores the databases " + w.say(english.And(f.Restore)) + "."
		}
	}
	for _, u := range f.Unknown {
		if u.Settle != "" && !u.Near {
			said += " Not in it: " + w.code(u.Package) + ". " + w.say(u.Settle) + "."
		}
	}
	return said
}

// forecast is what snapshot forecast printed, nil where it could not be read.
func (r *Run) forecast() *forecastDocument {
	return forecastForm.found(r.Step(stepComing))
}

// reviewLines are what a reviewer looks at.
func (r *Run) reviewLines() []string {
	var list []string
	if len(r.Hands) > 0 {
		list = append(list, "each line of \"Needs hands\" is done, or left on purpose")
	}
	for _, s := range r.Steps {
		for _, c := range s.Commits {
			list = append(list, "read the commit \""+c.Subject+"\"")
		}
	}
	if r.Verdict.has(needsWindow) {
		list = append(list, "a window is agreed: the running release fails once the migrations have run")
	}
	return append(list, "CI is green")
}

// failedLines are the commands that could not find out what they were asked.
func (r *Run) failedLines(w words) []string {
	var out []string
	for _, s := range r.Steps {
		for _, p := range s.Commands {
			if !p.Ran() && !s.told(p) {
				out = append(out, w.code(p.line()+r.opts.At)+": "+w.say(english.Short(p.Problem, 300)))
			}
		}
	}
	return out
}
