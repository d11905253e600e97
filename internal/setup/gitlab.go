package setup

import (
	"bytes"
	"cmp"
	"strings"

	"github.com/portalctl/portalctl/internal/pattern"
	"github.com/portalctl/portalctl/internal/yamledit"
)

const (
	gitlabFile    = ".gitlab-ci.yml"
	gitlabInclude = ".gitlab/portalctl.gitlab-ci.yml"
)

// gitlabParts are the jobs of GitLab, and the line that includes them.
func gitlabParts(f *Facts) []part {
	if !f.On(GitLab) {
		return nil
	}
	v := f.values("")
	v["image"], v["node-image"], v["stage"] = f.image(), "node:"+f.nodeMajor(), f.stage()
	if v["in"] != "" {
		v["in"] = ` -C "$PORTALCTL_PORTAL"`
	}
	return []part{
		{kind: Workflows, path: gitlabInclude, serves: "check, audit and slot", why: "the gates of a merge request and the monthly upgrade", text: render("gitlab/portalctl.yml", v)},
		{kind: Workflows, path: gitlabFile, serves: "check, audit and slot", merge: include},
	}
}

// image is portalctl's, with the client programs of PostgreSQL 17.
func (f *Facts) image() string {
	const name = "ghcr.io/portalctl/portalctl:"
	if release(f.Version) {
		return name + f.Version + "-pg17"
	}
	return name + "pg17"
}

// nodeMajor is the major version of Node.js, which there is an image of.
func (f *Facts) nodeMajor() string {
	return cmp.Or(leadingNumber().FindString(strings.TrimPrefix(f.Node, "v")), newestNode)
}

var leadingNumber = pattern.New(`^\d+`)

// stage is one that the pipeline has: test, which GitLab has by itself, or else the first
// of those that the repository names.
func (f *Facts) stage() string {
	doc := f.parsed(gitlabFile)
	if doc == nil {
		return "test"
	}
	first := ""
	for _, s := range doc.Items("stages") {
		if s.String() == "test" {
			return "test"
		}
		if first == "" && s.String() != ".pre" {
			first = s.String()
		}
	}
	if first == "" {
		return "test"
	}
	return yamlWord(first)
}

// include adds the include of init's jobs to .gitlab-ci.yml: an item before the first of a
// list that has lines of its own, or a list where there is none.
func include(old []byte) (merged, error) {
	const (
		comment = "# portalctl check, audit and slot: added by portalctl init"
		item    = "- local: " + gitlabInclude
	)
	added := merged{why: "adds the include of " + gitlabInclude}
	if len(bytes.TrimSpace(old)) == 0 {
		added.text = appended(old, comment, "include:", "  "+item)
		return added, nil
	}
	byHand := merged{text: old, why: "its include is not a list of lines", paste: "include:\n  " + item + "\n"}
	doc, err := yamledit.Parse(gitlabFile, old)
	if err != nil {
		byHand.why = "it cannot be edited: " + err.Error()
		return byHand, nil
	}
	v, there := doc.Get("include")
	if includes(v) {
		return merged{text: old, why: "it includes " + gitlabInclude}, nil
	}
	var text []byte
	switch items := v.Items(); {
	case !there:
		text = appended(old, comment, "include:", "  "+item)
	case len(items) > 0 && items[0].Pos().Line > v.Pos().Line-1:
		text = beforeItem(old, items[0].Pos().Line, item)
	}
	if text == nil || !onlyIncludes(doc, text) {
		return byHand, nil
	}
	added.text = text
	return added, nil
}

// includes reports whether the value of include has init's file.
func includes(v yamledit.Value) bool {
	is := func(v yamledit.Value) bool { return strings.TrimPrefix(v.String(), "/") == gitlabInclude }
	local := func(v yamledit.Value) bool { l, ok := v.Get("local"); return ok && is(l) }
	if is(v) || local(v) {
		return true
	}
	for _, item := range v.Items() {
		if is(item) || local(item) {
			return true
		}
	}
	return false
}

// beforeItem is a text with an item of a list before that of a line; nil where the line
// has no item of its own.
func beforeItem(old []byte, line int, item string) []byte {
	lines := bytes.SplitAfter(old, []byte("\n"))
	if line < 1 || line > len(lines) {
		return nil
	}
	at := lines[line-1]
	rest := bytes.TrimLeft(at, " ")
	if !bytes.HasPrefix(rest, []byte("- ")) {
		return nil
	}
	out := bytes.Join(lines[:line-1], nil)
	out = append(out, at[:len(at)-len(rest)]...)
	out = append(append(out, item...), lineEnd(at)...)
	return append(out, bytes.Join(lines[line-1:], nil)...)
}

// onlyIncludes reports whether a text says what a document says, and includes init's file.
func onlyIncludes(doc *yamledit.Doc, text []byte) bool {
	now, err := yamledit.Parse(gitlabFile, text)
	if err != nil {
		return false
	}
	v, ok := now.Get("include")
	if !ok || !includes(v) {
		return false
	}
	before, after := doc.Members(), now.Members()
	if _, there := doc.Get("include"); there {
		return len(before) == len(after) && len(v.Items()) == len(doc.Items("include"))+1
	}
	return len(before)+1 == len(after)
}
