package setup

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/codeowners"
	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/jsonedit"
	"github.com/portalctl/portalctl/internal/pattern"
	"github.com/portalctl/portalctl/internal/workspace"
)

// ownersServe is the command that looks at owners.
const ownersServe = "check production"

// ownerParts are the lines of CODEOWNERS for plugins that no line names.
func ownerParts(f *Facts) []part {
	p := part{kind: kindOwners, path: f.ownersFile(), serves: ownersServe}
	own := f.ownPlugins()
	if len(own) == 0 {
		p.none, p.why = true, "the repository has no plugins of its own"
		return []part{p}
	}
	p.merge = func(old []byte) (merged, error) { return f.own(old, own), nil }
	return []part{p}
}

// ownersFile is where CODEOWNERS is, or belongs. What lies where only the other platform
// looks counts for nothing.
func (f *Facts) ownersFile() string {
	other := map[string]bool{".gitlab/": f.On(GitHub) && !f.On(GitLab), ".github/": f.On(GitLab) && !f.On(GitHub)}
	for _, name := range codeowners.Places {
		if dir, _ := path.Split(name); f.has(name) && !other[dir] {
			return name
		}
	}
	switch {
	case f.On(GitHub):
		return ".github/CODEOWNERS"
	case f.On(GitLab):
		return ".gitlab/CODEOWNERS"
	}
	return "CODEOWNERS"
}

// own adds a line for each plugin that no line but the one for all files is about. A
// plugin's owners are those of all files, else who its package.json names, else a comment
// asks for them.
func (f *Facts) own(old []byte, own []*workspace.Workspace) merged {
	list := codeowners.Parse(string(old))
	var all *codeowners.Line
	for i, l := range list {
		if l.All() && l.Section == 0 {
			all = &list[i]
		}
	}
	var lines, names []string
	for _, w := range own {
		dir := f.At(w.Rel)
		named := slices.ContainsFunc(list, func(l codeowners.Line) bool { return !l.All() && l.Owns(dir) })
		if strings.ContainsAny(dir, " \t\r\n\\#") { // what such a pattern means differs
			continue
		}
		if pattern := "/" + dir + "/"; !named && !asked(old, pattern) {
			names = append(names, dir)
			switch owner := authorOf(w); {
			case all != nil && len(all.Owners) > 0:
				lines = append(lines, pattern+" "+strings.Join(all.Owners, " "))
			case owner != "":
				lines = append(lines, pattern+" "+owner)
			default:
				lines = append(lines, "# "+pattern+" @the-team")
			}
		}
	}
	if len(lines) == 0 {
		return merged{text: old, why: "it has a line for each plugin"}
	}
	why := "adds " + english.Some(names, 4)
	if maker, ok := generated(old); ok {
		if all != nil && len(all.Owners) > 0 {
			return merged{text: old, why: "another program writes it, and its line for all files is about the plugins, too"}
		}
		return merged{text: old, why: "another program writes it (" + maker + "): add the lines where it takes them from", paste: strings.Join(lines, "\n") + "\n"}
	}
	unknown := slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, "#") })
	if unknown {
		why += "; name the owners that are not known, and take the # away"
	}
	head := "# portalctl check production: each plugin has an owner. Added by portalctl init; edit the lines as you like."
	if unknown {
		head = "# portalctl check production: each plugin needs an owner. Added by portalctl init: name the teams, and take the # away."
	}
	block := append([]string{head}, lines...)
	if old == nil {
		return merged{text: appended(nil, block...), why: why}
	}
	return merged{text: f.placed(old, list, all, block), why: why}
}

// placed is the file with the lines. The last line about a path counts, so that ours come
// directly behind the one for all files, or before all others: what the team says of some
// files keeps its weight.
func (f *Facts) placed(old []byte, list []codeowners.Line, all *codeowners.Line, block []string) []byte {
	at := -1
	switch {
	case all != nil:
		at = all.Number
	case len(list) > 0 || bytes.Contains(old, []byte("\n[")) || bytes.HasPrefix(old, []byte("[")):
		at = beforeFirst(old)
	}
	if at < 0 {
		return appended(old, block...)
	}
	rows := slices.Collect(strings.Lines(string(old)))
	eol := lineEnd(old)
	var b strings.Builder
	b.WriteString(strings.Join(rows[:at], ""))
	if at > 0 && !strings.HasSuffix(rows[at-1], "\n") {
		b.WriteString(eol)
	}
	for _, l := range block {
		b.WriteString(l + eol)
	}
	b.WriteString(strings.Join(rows[at:], ""))
	return []byte(b.String())
}

// beforeFirst is how many lines come before the first pattern or section, and the comment
// that stands directly above it. A comment at the top of the file is the file's.
func beforeFirst(old []byte) int {
	rows := slices.Collect(strings.Lines(string(old)))
	n := slices.IndexFunc(rows, func(l string) bool {
		l = strings.TrimSpace(l)
		return l != "" && !strings.HasPrefix(l, "#")
	})
	above := n
	for above > 0 && strings.HasPrefix(strings.TrimSpace(rows[above-1]), "#") {
		above--
	}
	if above == 0 {
		return n
	}
	return above
}

// asked reports whether a comment has the pattern: it was added before, and waits for a
// person.
func asked(old []byte, pattern string) bool {
	for l := range strings.Lines(string(old)) {
		words := strings.Fields(strings.TrimLeft(l, "# \t"))
		if strings.HasPrefix(l, "#") && len(words) > 0 && words[0] == pattern {
			return true
		}
	}
	return false
}

var mailAddress = pattern.New(`^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$`)

// authorOf is the address of the author that a package.json names, "" for none; both
// platforms take an address for an owner.
func authorOf(w *workspace.Workspace) string {
	for _, keys := range [][]string{{"author", "email"}, {"author"}} {
		v, ok := w.File.Doc().Get(keys...)
		if !ok || v.Kind() != jsonedit.String {
			continue
		}
		text := v.String()
		if _, rest, ok := strings.Cut(text, "<"); ok {
			text, _, _ = strings.Cut(rest, ">")
		}
		if mailAddress().MatchString(text) {
			return text
		}
	}
	return ""
}

var madeBy = pattern.New(`(?i)\b(do not edit|don't edit|generated by|auto-?generated|will be overwritten)\b`)

// generated reports whether a comment at the top of a file says that another program
// writes it, and the words.
func generated(src []byte) (words string, ok bool) {
	n := 0
	for l := range strings.Lines(string(src)) {
		if l = strings.TrimSpace(l); l == "" {
			continue
		}
		if n++; n > 10 || !strings.HasPrefix(l, "#") && !strings.HasPrefix(l, "//") && !strings.HasPrefix(l, "*") && !strings.HasPrefix(l, "/*") {
			return "", false
		}
		if madeBy().MatchString(l) {
			return english.Short(strings.TrimLeft(l, "#/* "), 80), true
		}
	}
	return "", false
}
