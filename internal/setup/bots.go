package setup

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/portalctl/portalctl/internal/renovate"
	"github.com/portalctl/portalctl/internal/yamledit"
)

// botsServe is the command that moves what the bots are to leave.
const botsServe = "slot"

// leftToSlot is why a bot leaves Backstage's packages out, for who reads its settings.
const leftToSlot = "portalctl slot moves these, with backstage.json, yarn.lock and the app template"

// botParts have Renovate and Dependabot leave Backstage's packages to the slot: they move
// package.json and the lock, and leave backstage.json, the release's other packages and
// the template behind.
func botParts(f *Facts) []part {
	var list []part
	for _, name := range renovate.Places {
		src, err := f.read(name)
		if err != nil || src == nil || !renovate.In(name, src) {
			continue // what cannot be read is said where it is a file that init edits
		}
		list = append(list, part{kind: Bots, path: name, serves: botsServe, merge: func(old []byte) (merged, error) { return renovateMerge(name, old), nil }})
		break
	}
	for _, name := range []string{".github/dependabot.yml", ".github/dependabot.yaml"} {
		if f.has(name) {
			list = append(list, part{kind: Bots, path: name, serves: botsServe, merge: func(old []byte) (merged, error) { return f.dependabot(name, old), nil }})
			break
		}
	}
	if len(list) == 0 {
		list = append(list, part{kind: Bots, path: "renovate.json", serves: botsServe, none: true, why: "the repository has no settings of Renovate or Dependabot"})
	}
	return list
}

func renovateMerge(name string, old []byte) merged {
	byHand := func(why string) merged {
		return merged{why: why + ": add this to packageRules, as the last one", paste: renovate.Rule(leftToSlot) + "\n"}
	}
	_, off, err := renovate.LeavesOut(name, old)
	switch {
	case err != nil:
		return byHand(err.Error())
	case off:
		return merged{text: old, why: "a rule leaves @backstage out"}
	}
	if maker, ok := generated(old); ok {
		return byHand("another program writes it (" + maker + ")")
	}
	text, err := renovate.LeaveOut(name, old, leftToSlot)
	if err != nil {
		return byHand(err.Error())
	}
	return merged{text: text, why: "adds a rule that leaves @backstage/** to the slot"}
}

const ignored = `"@backstage/*"`

// dependabot adds an ignore to each entry that is about the portal's npm packages.
func (f *Facts) dependabot(name string, old []byte) merged {
	paste := "    ignore:\n      # " + leftToSlot + "\n      - dependency-name: " + ignored + "\n"
	byHand := func(why string) merged {
		return merged{why: why + ": add this to each entry of npm", paste: paste}
	}
	doc, err := yamledit.Parse(name, old)
	if err != nil {
		return byHand(err.Error())
	}
	if maker, ok := generated(old); ok {
		return byHand("another program writes it (" + maker + ")")
	}
	rows := slices.Collect(strings.Lines(string(old)))
	type insertion struct {
		line  int // behind this one, counted from 1
		lines []string
	}
	var adds []insertion
	entries := 0
	for _, entry := range doc.Items("updates") {
		if !f.aboutPortal(entry) {
			continue
		}
		if entries++; ignores(entry) {
			continue
		}
		ecosystem := keyOf(entry, "package-ecosystem")
		if list := keyOf(entry, "ignore"); list.Key != "" && !list.Value.Omitted() {
			items := list.Value.Items()
			if row := rows[list.KeyPos.Line-1]; !ignoreRow().MatchString(row) || len(items) == 0 {
				return byHand("its ignore is not written as a list of lines")
			}
			dash := strings.IndexByte(rows[items[0].Pos().Line-1], '-')
			if dash < 0 || strings.TrimSpace(rows[items[0].Pos().Line-1][:dash]) != "" {
				return byHand("its ignore is not written as a list of lines")
			}
			in := strings.Repeat(" ", dash)
			adds = append(adds, insertion{list.KeyPos.Line, []string{in + "# " + leftToSlot, in + "- dependency-name: " + ignored}})
			continue
		}
		if row := rows[ecosystem.KeyPos.Line-1]; !ecosystemRow().MatchString(row) {
			return byHand("its entry is not written as lines")
		}
		in := strings.Repeat(" ", ecosystem.KeyPos.Col-1)
		adds = append(adds, insertion{ecosystem.KeyPos.Line, []string{in + "ignore:", in + "  # " + leftToSlot, in + "  - dependency-name: " + ignored}})
	}
	switch {
	case entries == 0:
		return merged{text: old, why: "it has no entry for the portal's packages"}
	case len(adds) == 0:
		return merged{text: old, why: "it ignores @backstage/*"}
	}
	eol := "\n"
	if strings.Contains(string(old), "\r\n") {
		eol = "\r\n"
	}
	var b strings.Builder
	for i, row := range rows {
		b.WriteString(row)
		for _, a := range adds {
			if a.line != i+1 {
				continue
			}
			if !strings.HasSuffix(row, "\n") {
				b.WriteString(eol)
			}
			b.WriteString(strings.Join(a.lines, eol) + eol)
		}
	}
	after, err := yamledit.Parse(name, []byte(b.String()))
	if err != nil || !f.allIgnore(after) || len(after.Items("updates")) != len(doc.Items("updates")) {
		return byHand("it cannot be edited")
	}
	return merged{text: []byte(b.String()), why: "ignores @backstage/* in what it updates"}
}

var (
	ignoreRow    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^ *(- +)?["']?ignore["']?: *(#.*)?\r?\n?$`) })
	ecosystemRow = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^ *(- +)?["']?package-ecosystem["']?: +["']?npm["']? *(#.*)?\r?\n?$`)
	})
)

// aboutPortal reports whether an entry of Dependabot updates npm packages of the portal.
func (f *Facts) aboutPortal(entry yamledit.Value) bool {
	if v, ok := entry.Get("package-ecosystem"); !ok || v.String() != "npm" {
		return false
	}
	dirs, _ := entry.Get("directories")
	list := dirs.Items()
	if dir, ok := entry.Get("directory"); ok {
		list = append(list, dir)
	}
	for _, d := range list {
		dir := strings.Trim(d.String(), "/")
		if dir == "" {
			dir = "."
		}
		if dir == f.Portal || f.Portal == "." || strings.HasPrefix(dir, f.Portal+"/") || strings.Contains(dir, "*") {
			return true
		}
	}
	return false
}

// ignores reports whether an entry leaves all of Backstage's packages alone.
func ignores(entry yamledit.Value) bool {
	list, _ := entry.Get("ignore")
	for _, it := range list.Items() {
		name, _ := it.Get("dependency-name")
		if n := name.String(); len(it.Members()) == 1 && (n == "@backstage/*" || n == "@backstage*" || n == "*") {
			return true
		}
	}
	return false
}

func (f *Facts) allIgnore(doc *yamledit.Doc) bool {
	for _, entry := range doc.Items("updates") {
		if f.aboutPortal(entry) && !ignores(entry) {
			return false
		}
	}
	return true
}

// keyOf is a member of a mapping's own, the zero Member for none.
func keyOf(v yamledit.Value, key string) yamledit.Member {
	for _, m := range v.Members() {
		if m.Key == key && !m.Merged {
			return m
		}
	}
	return yamledit.Member{}
}
