package production

import (
	"path"
	"regexp"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pattern"
	"github.com/portalctl/portalctl/internal/yamledit"
)

// flow is a file that CI runs.
type flow struct {
	file
	steps []step
	// scheduled is the place of a schedule, zero without one.
	scheduled fault.Pos
	err       error
}

// step is a command, or something ready-made that is used: an action, a task, a
// template.
type step struct {
	file file
	// text is the command or what is used, line where it begins.
	text string
	line int
	uses bool
}

// lineOf is the line of a step that has a match, as it stands in the file.
func (s step) at(re *regexp.Regexp) (evidencePlace, bool) {
	for i, l := range strings.Split(s.text, "\n") {
		if t := strings.TrimSpace(l); t == "" || t[0] == '#' || !re.MatchString(l) {
			continue
		}
		line, lines := s.line, s.file.lines()
		trimmed := strings.TrimSpace(l)
		for n := max(0, s.line-1); n < len(lines) && n < s.line+i+len(strings.Split(s.text, "\n"))+3; n++ {
			if strings.Contains(lines[n], trimmed) {
				line = n + 1
				break
			}
		}
		return evidencePlace{s.file.pos(line, 0), shorten(trimmed)}, true
	}
	return evidencePlace{}, false
}

// shorten keeps a line of somebody's text to what fits into a report.
func shorten(text string) string {
	const most = 120
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}

var flowName = pattern.New(`^\.github/workflows/[^/]+\.ya?ml$|^\.gitlab-ci[^/]*\.ya?ml$|^\.gitlab/.*\.ya?ml$|(^|/)azure-pipelines[^/]*\.ya?ml$|` +
	`^\.azure(-pipelines|devops)?/.*\.ya?ml$|(^|/)Jenkinsfile[^/]*$|^\.circleci/[^/]+\.ya?ml$|^bitbucket-pipelines\.ya?ml$|^\.tekton/.*\.ya?ml$|` +
	`^\.buildkite/.*\.ya?ml$|^\.drone\.ya?ml$|^\.woodpecker.*\.ya?ml$`)

// readFlows are the files of CI, at the repository's top and in the portal's folder.
func (v *view) readFlows() []flow {
	var list []flow
	for _, f := range v.repo.match(func(n string) bool {
		rel, ok := strings.CutPrefix(n, v.base+"/")
		return flowName().MatchString(n) || ok && flowName().MatchString(rel)
	}) {
		list = append(list, readFlow(f))
	}
	return list
}

func readFlow(f file) flow {
	fl := flow{file: f}
	if strings.HasPrefix(path.Base(f.name), "Jenkinsfile") {
		for i, l := range f.lines() {
			t := strings.TrimSpace(l)
			if strings.HasPrefix(t, "//") || strings.HasPrefix(t, "*") {
				continue
			}
			fl.steps = append(fl.steps, step{file: f, text: l, line: i + 1})
			if strings.Contains(t, "cron(") || strings.Contains(t, "cron '") {
				fl.scheduled = f.pos(i+1, 0)
			}
		}
		return fl
	}
	for _, d := range f.yaml() {
		if d.err != nil {
			fl.err = d.err
			continue
		}
		fl.walk(d.root, "", 0)
		fl.schedule(d.root)
	}
	return fl
}

// commandKeys hold what a shell runs, usesKeys what is ready-made, in all CI systems
// that are read.
var (
	commandKeys = map[string]bool{"run": true, "script": true, "before_script": true, "after_script": true, "bash": true, "pwsh": true,
		"powershell": true, "command": true, "commands": true}
	usesKeys = map[string]bool{"uses": true, "task": true, "template": true, "include": true, "image": false, "component": true, "remote": true,
		"pipe": true, "orbs": true, "file": false}
)

const maxDepth = 40

func (fl *flow) walk(v yamledit.Value, key string, depth int) {
	if depth > maxDepth {
		return
	}
	switch v.Kind() {
	case yamledit.Mapping:
		for _, m := range v.Members() {
			fl.walk(m.Value, m.Key, depth+1)
		}
	case yamledit.Sequence:
		for _, it := range v.Items() {
			fl.walk(it, key, depth+1)
		}
	default:
		if commandKeys[key] || usesKeys[key] {
			fl.steps = append(fl.steps, step{file: fl.file, text: v.String(), line: v.Pos().Line, uses: usesKeys[key]})
		}
	}
}

// schedule finds what runs the file by the clock.
func (fl *flow) schedule(root yamledit.Value) {
	for _, p := range [][]string{{"on", "schedule"}, {"true", "schedule"}, {"schedules"}} {
		if v, ok := root.Get(p...); ok {
			fl.scheduled = v.Pos()
		}
	}
	if strings.Contains(fl.base(), "gitlab") || strings.HasPrefix(fl.name, ".gitlab/") {
		if n := fl.find(`"schedule"`); n > 0 {
			fl.scheduled = fl.pos(n, 0)
		}
	}
}

// step finds the first step of CI that matches.
func (v *view) step(re *regexp.Regexp) (evidencePlace, flow, bool) {
	for _, fl := range v.flows() {
		for _, s := range fl.steps {
			if e, ok := s.at(re); ok {
				return e, fl, true
			}
		}
	}
	return evidencePlace{}, flow{}, false
}

// noStep is the outcome of an item whose step no CI file has.
func (v *view) noStep(name, what, next string) outcome {
	flows := v.flows()
	for _, fl := range flows {
		if fl.err != nil {
			return unknown("a file of CI cannot be read, so that what it runs is not known: "+fl.err.Error(), "Correct the file", evidencePlace{fl.pos(1, 0), "cannot be read"})
		}
	}
	if len(flows) == 0 {
		return unknown("the repository has no CI that can be read: "+what+" may be elsewhere", next+", or attest the item")
	}
	return missing(flows[0].pos(1, 0), name, "no CI file of the repository has "+what, next)
}
