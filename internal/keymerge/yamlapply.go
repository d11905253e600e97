package keymerge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/diff3"
	"github.com/portalctl/portalctl/internal/sorting"
	"github.com/portalctl/portalctl/internal/yamledit"
)

// lineEdits are changes of whole lines of a YAML file, and of scalars within a line.
type lineEdits struct {
	file  *yamlFile
	cr    string // "\r" where lines end so
	list  []lineEdit
	texts []scalarEdit
	keys  map[*node]int
}

// lineEdit puts lines in place of those from from up to to.
type lineEdit struct {
	from, to int
	lines    []string
}

type scalarEdit struct {
	path []string
	node *node
}

func (e *lineEdits) put(from, to int, text string, col int) {
	var lines []string
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if line != "" {
			line = strings.Repeat(" ", col) + line
		}
		lines = append(lines, line)
	}
	e.list = append(e.list, lineEdit{from, to, lines})
}

func (e *lineEdits) apply(o op) error {
	switch o.kind {
	case insert:
		return e.insert(o)
	case remove:
		at := o.from.at.(*extent)
		e.left(o.parent, -1)
		from := at.key
		if o.from.head == o.base.head {
			from = at.head
		}
		e.put(from, at.end, "", 0)
	case comments:
		at := o.from.at.(*extent)
		if o.base.head != o.to.head && o.from.head == o.base.head {
			e.put(at.head, at.key, o.to.head, at.col)
		}
		if o.base.tail != o.to.tail && o.from.tail == o.base.tail {
			e.put(at.tail, at.end, o.to.tail, e.kidCol(o.from))
		}
	case set:
		at := o.from.at.(*extent)
		if o.base != nil && o.from.head == o.base.head && o.to.head != o.base.head {
			e.put(at.head, at.key, o.to.head, at.col)
		}
		switch {
		case o.base == nil || o.from.text == o.base.text || o.from.isMap || o.to.isMap:
			e.put(at.key, at.end, o.to.text, at.col)
		default: // a comment of ours in it, or other quotes
			if _, ok := scalar(o.to.value); ok {
				e.texts = append(e.texts, scalarEdit{o.path, o.to})
				break
			}
			parts := diff3.Merge([]byte(o.base.text), []byte(o.from.text), []byte(o.to.text))
			if slices.ContainsFunc(parts, func(p diff3.Piece) bool { return p.Conflict }) {
				return fmt.Errorf("%w: %s has other comments than the template", errUnfit, strings.Join(o.path, "."))
			}
			e.put(at.key, at.end, string(diff3.Text(parts, diff3.Labels{})), at.col)
		}
	}
	return nil
}

func (e *lineEdits) kidCol(n *node) int { return n.kids[n.keys[0]].at.(*extent).col }

func (e *lineEdits) insert(o op) error {
	if len(o.parent.keys) == 0 {
		if o.parent != e.file.root {
			return fmt.Errorf("%w: %s has no keys", errUnfit, strings.Join(o.path[:len(o.path)-1], "."))
		}
		n := len(e.file.lines)
		e.put(n, n, strings.TrimLeft(o.to.head, "\n")+o.to.text, 0)
		return nil
	}
	e.left(o.parent, 1)
	col := e.kidCol(o.parent)
	text := o.to.head + o.to.text
	for _, k := range o.after {
		if kid := o.parent.kids[k]; kid != nil {
			end := kid.at.(*extent).end
			e.put(end, end, text, col)
			return nil
		}
	}
	last := o.parent.kids[o.parent.keys[len(o.parent.keys)-1]].at.(*extent)
	e.put(last.end, last.end, text, col)
	return nil
}

// left counts the keys that a mapping of ours has after the changes.
func (e *lineEdits) left(n *node, change int) {
	if e.keys == nil {
		e.keys = map[*node]int{}
	}
	if _, seen := e.keys[n]; !seen {
		e.keys[n] = len(n.keys)
	}
	e.keys[n] += change
}

// text is the file with all changes.
func (e *lineEdits) text(file string) ([]byte, error) {
	for _, n := range e.keys {
		if n == 0 {
			return nil, fmt.Errorf("%w: a mapping would lose its last key", errUnfit)
		}
	}
	sorting.Stable(e.list, func(a, b lineEdit) int { return a.from - b.from })
	src := strings.Join(e.file.src, "")
	if len(e.list) > 0 {
		var b strings.Builder
		lines := e.file.src
		at := 0
		for _, c := range e.list {
			if c.from < at {
				return nil, fmt.Errorf("%w: two changes of line %d", errUnfit, c.from+1)
			}
			b.WriteString(strings.Join(lines[at:c.from], ""))
			if s := b.String(); len(c.lines) > 0 && s != "" && !strings.HasSuffix(s, "\n") {
				b.WriteString(e.cr + "\n")
			}
			for _, l := range c.lines {
				b.WriteString(l + e.cr + "\n")
			}
			at = max(at, c.to)
		}
		b.WriteString(strings.Join(lines[at:], ""))
		src = b.String()
	}
	if len(e.texts) == 0 {
		return []byte(src), nil
	}
	doc, err := yamledit.Parse(file, []byte(src))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnfit, err)
	}
	for _, t := range e.texts {
		value, ok := scalar(t.node.value)
		if !ok {
			return nil, fmt.Errorf("%w: %s is more than a text", errUnfit, strings.Join(t.path, "."))
		}
		if err := doc.SetString(t.path, value); err != nil {
			return nil, fmt.Errorf("%w: %w", errUnfit, err)
		}
	}
	return doc.Bytes(), nil
}

// scalar is the text behind a canonical value.
func scalar(value string) (string, bool) {
	var kind int
	var text string
	if n, err := fmt.Sscanf(value, "%d %q", &kind, &text); n != 2 || err != nil {
		return "", false
	}
	return text, true
}
