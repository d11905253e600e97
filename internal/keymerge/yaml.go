package keymerge

import (
	"fmt"
	"strings"

	"github.com/portalctl/portalctl/internal/yamledit"
)

// YAML merges YAML files. Comments above a key belong to it, and those below the last
// key of a mapping to the mapping: they are taken with it where ours has them as they
// were. Sequences, and mappings in braces, are values as a whole.
func YAML(file string, base, ours, theirs []byte, rules Rules) (Result, error) {
	o, err := parseYAML(file, ours)
	if err != nil {
		return Result{}, err
	}
	b, err := parseYAML(file, base)
	if err != nil {
		return Result{}, err
	}
	t, err := parseYAML(file, theirs)
	if err != nil {
		return Result{}, err
	}
	p := &planner{rules: rules}
	p.walk(nil, b.root, o.root, t.root)
	e := &lineEdits{file: o}
	if strings.Contains(string(ours), "\r\n") {
		e.cr = "\r"
	}
	for _, op := range p.ops {
		if err := e.apply(op); err != nil {
			return Result{}, err
		}
	}
	text, err := e.text(file)
	if err != nil {
		return Result{}, err
	}
	got, err := parseYAML(file, text)
	if err != nil {
		return Result{}, fmt.Errorf("%w: %w", errUnfit, err)
	}
	if err := p.proven(o.root, got.root); err != nil {
		return Result{}, err
	}
	return Result{Text: text, Keys: p.keys}, nil
}

// yamlFile is a file as lines without their ends, and the mapping in it.
type yamlFile struct {
	lines []string
	src   []string // the same with all bytes
	root  *node
}

// extent is which lines an entry of a mapping has, from 0: comments above it from
// head, its key at key, all up to end. col is how far its key is indented; a mapping's
// last own comments begin at tail.
type extent struct{ head, key, end, tail, col int }

func parseYAML(file string, src []byte) (*yamlFile, error) {
	doc, err := yamledit.Parse(file, src)
	if err != nil {
		return nil, err
	}
	f := &yamlFile{}
	for line := range strings.Lines(string(src)) {
		f.src = append(f.src, line)
		f.lines = append(f.lines, strings.TrimPrefix(strings.TrimRight(line, "\r\n"), "\ufeff"))
	}
	root := doc.Root()
	if !isBlock(root) {
		if root.Kind() == yamledit.Null {
			f.root = &node{isMap: true, kids: map[string]*node{}, at: &extent{tail: len(f.lines)}}
			return f, nil
		}
		return nil, fmt.Errorf("%w: it is not a mapping with a key a line", errUnfit)
	}
	f.root = &node{isMap: true, kids: map[string]*node{}, at: &extent{}}
	return f, f.members(f.root, root, 0, len(f.lines))
}

// isBlock reports whether a value is a mapping whose keys have lines of their own.
func isBlock(v yamledit.Value) bool {
	members := v.Members()
	if v.Kind() != yamledit.Mapping || len(members) == 0 {
		return false
	}
	last := 0
	for _, m := range members {
		if m.Merged || m.KeyPos.Line <= last {
			return false
		}
		last = m.KeyPos.Line
	}
	return true
}

func blankOrComment(line string) bool {
	t := strings.TrimLeft(line, " \t")
	return t == "" || t[0] == '#'
}

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// members reads the members of a block mapping that has the lines from start up to
// end, comments included.
func (f *yamlFile) members(n *node, v yamledit.Value, start, end int) error {
	list := v.Members()
	col := list[0].KeyPos.Col - 1
	spans := make([]extent, len(list))
	for i, m := range list {
		key := m.KeyPos.Line - 1
		line := f.lines[key]
		if m.KeyPos.Col-1 != col || indent(line) != col {
			return fmt.Errorf("%w: line %d has more than a key and its value", errUnfit, key+1)
		}
		spans[i] = extent{key: key, col: col}
		from := start
		if i > 0 {
			from = spans[i-1].key + 1
		}
		head := key
		for head > from && blankOrComment(f.lines[head-1]) {
			head--
		}
		if i > 0 {
			// What is indented more than the keys belongs to the value before.
			for k := key - 1; k >= head; k-- {
				if strings.TrimSpace(f.lines[k]) != "" && indent(f.lines[k]) > col {
					head = k + 1
					break
				}
			}
			spans[i-1].end = head
		}
		spans[i].head = head
	}
	last := len(list) - 1
	stop := end
	for stop > spans[last].key+1 && blankOrComment(f.lines[stop-1]) {
		stop--
	}
	for k := end - 1; k >= stop; k-- {
		if strings.TrimSpace(f.lines[k]) != "" && indent(f.lines[k]) > col {
			stop = k + 1
			break
		}
	}
	spans[last].end = stop
	at := n.at.(*extent)
	at.tail = stop
	n.tail = f.plain(stop, end, col)
	for i, m := range list {
		if err := f.member(n, m, spans[i]); err != nil {
			return err
		}
	}
	return nil
}

func (f *yamlFile) member(parent *node, m yamledit.Member, at extent) error {
	kid := &node{line: at.key + 1, at: &at, head: f.plain(at.head, at.key, at.col)}
	kid.text = f.plain(at.key, at.end, at.col)
	parent.keys = append(parent.keys, m.Key)
	if parent.kids[m.Key] != nil {
		return fmt.Errorf("%w: %s is there twice", errUnfit, m.Key)
	}
	parent.kids[m.Key] = kid
	if isBlock(m.Value) && m.Value.Members()[0].KeyPos.Line-1 > at.key && strings.HasSuffix(trimComment(f.lines[at.key]), ":") {
		kid.isMap, kid.kids = true, map[string]*node{}
		return f.members(kid, m.Value, at.key+1, at.end)
	}
	kid.value = canonical(m.Value)
	return nil
}

// trimComment is a line without the comment and the space at its end. A # in quotes
// is taken for one as well: then the line does not end like a key, and no more.
func trimComment(line string) string {
	if i := strings.Index(line, " #"); i >= 0 {
		line = line[:i]
	}
	return strings.TrimRight(line, " \t")
}

// plain are lines without the indentation of their mapping and space at their ends.
func (f *yamlFile) plain(from, to, col int) string {
	var b strings.Builder
	for _, l := range f.lines[from:max(from, to)] {
		l = strings.TrimRight(l, " \t")
		b.WriteString(l[min(col, indent(l)):] + "\n")
	}
	return b.String()
}

// canonical is a value in a form that is the same for equal values.
func canonical(v yamledit.Value) string {
	switch v.Kind() {
	case yamledit.Mapping:
		var b strings.Builder
		for _, m := range v.Members() {
			fmt.Fprintf(&b, "%q:%s,", m.Key, canonical(m.Value))
		}
		return "{" + b.String() + "}"
	case yamledit.Sequence:
		var b strings.Builder
		for _, it := range v.Items() {
			b.WriteString(canonical(it) + ",")
		}
		return "[" + b.String() + "]"
	case yamledit.Null:
		return "null"
	}
	return fmt.Sprintf("%d %q", v.Kind(), v.String())
}
