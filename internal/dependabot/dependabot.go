// Package dependabot knows Dependabot's configuration, as far as it is about which updates
// of Backstage's packages are left out.
package dependabot

import (
	"errors"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/pattern"
	"github.com/portalctl/portalctl/internal/yamledit"
)

// Places are where GitHub looks for the configuration.
var Places = []string{".github/dependabot.yml", ".github/dependabot.yaml"}

// Why a configuration that is read cannot be added to.
var (
	errList  = errors.New("its ignore is not written as a list of lines")
	errEntry = errors.New("its entry is not written as lines")
	errFit   = errors.New("it cannot be edited")
)

const name = `"@backstage/*"`

// Ignore is what leaves Backstage's packages to somebody else, whom the description
// names, for an entry in the usual indentation.
func Ignore(description string) string {
	return "    ignore:\n      # " + description + "\n      - dependency-name: " + name + "\n"
}

// LeavesOut counts the entries that update npm packages of the folders that about admits,
// and reports whether each leaves Backstage's out.
func LeavesOut(file string, src []byte, about func(dir string) bool) (entries int, off bool, err error) {
	doc, err := yamledit.Parse(file, src)
	if err != nil {
		return 0, false, err
	}
	list := entriesOf(doc, about)
	return len(list), len(list) > 0 && !slices.ContainsFunc(list, func(e yamledit.Value) bool { return !ignores(e) }), nil
}

// insertion is lines behind a line, which counts from 1.
type insertion struct {
	line  int
	lines []string
}

// LeaveOut adds an ignore to each of those entries that has none. Lines are added, and
// nothing else is changed.
func LeaveOut(file string, src []byte, about func(dir string) bool, description string) ([]byte, error) {
	doc, err := yamledit.Parse(file, src)
	if err != nil {
		return nil, err
	}
	rows := slices.Collect(strings.Lines(string(src)))
	var adds []insertion
	for _, entry := range entriesOf(doc, about) {
		if ignores(entry) {
			continue
		}
		add, err := ignoreIn(entry, rows, description)
		if err != nil {
			return nil, err
		}
		adds = append(adds, add)
	}
	out := inserted(rows, adds, strings.Contains(string(src), "\r\n"))
	after, err := yamledit.Parse(file, out)
	if err != nil || len(after.Items("updates")) != len(doc.Items("updates")) || slices.ContainsFunc(entriesOf(after, about), func(e yamledit.Value) bool { return !ignores(e) }) {
		return nil, errFit
	}
	return out, nil
}

// ignoreIn is what an entry lacks, and where.
func ignoreIn(entry yamledit.Value, rows []string, description string) (insertion, error) {
	if list, ok := entry.Member("ignore"); ok && !list.Merged && !list.Value.Omitted() {
		items := list.Value.Items()
		if len(items) == 0 || !ignoreRow().MatchString(rows[list.KeyPos.Line-1]) {
			return insertion{}, errList
		}
		row := rows[items[0].Pos().Line-1]
		dash := strings.IndexByte(row, '-')
		if dash < 0 || strings.TrimSpace(row[:dash]) != "" {
			return insertion{}, errList
		}
		in := row[:dash]
		return insertion{list.KeyPos.Line, []string{in + "# " + description, in + "- dependency-name: " + name}}, nil
	}
	ecosystem, ok := entry.Member("package-ecosystem")
	if !ok || ecosystem.Merged || !ecosystemRow().MatchString(rows[ecosystem.KeyPos.Line-1]) {
		return insertion{}, errEntry
	}
	in := strings.Repeat(" ", ecosystem.KeyPos.Col-1)
	return insertion{ecosystem.KeyPos.Line, []string{in + "ignore:", in + "  # " + description, in + "  - dependency-name: " + name}}, nil
}

// inserted is a text with lines put in, in its own line ends.
func inserted(rows []string, adds []insertion, windows bool) []byte {
	eol := "\n"
	if windows {
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
	return []byte(b.String())
}

var (
	ignoreRow    = pattern.New(`^ *(- +)?["']?ignore["']?: *(#.*)?\r?\n?$`)
	ecosystemRow = pattern.New(`^ *(- +)?["']?package-ecosystem["']?: +["']?npm["']? *(#.*)?\r?\n?$`)
)

// entriesOf are the entries for npm packages of the folders that about admits.
func entriesOf(doc *yamledit.Doc, about func(dir string) bool) (list []yamledit.Value) {
	for _, entry := range doc.Items("updates") {
		if v, ok := entry.Get("package-ecosystem"); !ok || v.String() != "npm" {
			continue
		}
		dirs, _ := entry.Get("directories")
		all := dirs.Items()
		if dir, ok := entry.Get("directory"); ok {
			all = append(all, dir)
		}
		if slices.ContainsFunc(all, func(d yamledit.Value) bool { return about(d.String()) }) {
			list = append(list, entry)
		}
	}
	return list
}

// ignores reports whether an entry leaves all of Backstage's packages alone: without a
// bound of versions or kinds of updates.
func ignores(entry yamledit.Value) bool {
	list, _ := entry.Get("ignore")
	return slices.ContainsFunc(list.Items(), func(it yamledit.Value) bool {
		v, _ := it.Get("dependency-name")
		n := v.String()
		return len(it.Members()) == 1 && (n == "@backstage/*" || n == "@backstage*" || n == "*")
	})
}
