package yamledit

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/portalctl/portalctl/internal/fault"
)

// SetString makes the scalar at path the text s and changes no other byte. The
// quotes of the old scalar stay; a plain scalar gets quotes when it would
// otherwise not read as the text s (a plain number may become another plain
// number). A *fault.Error says why a value is not changed: it does not exist,
// is no scalar, has a tag, is a block of several lines, or is reached through
// an alias or merge key and so would change elsewhere too.
func (d *Doc) SetString(path []string, s string) error {
	r, err := d.plan(path, s)
	if err != nil || r.spellings == nil {
		return err
	}
	for _, text := range r.spellings {
		if d.splice(r.start, r.end, text, sameBut{values: map[*yaml.Node]string{r.node: s}}) {
			return nil
		}
	}
	return d.notEdited(d.posOf(r.node), path)
}

// Set is one change of SetStrings.
type Set struct {
	Path  []string
	Value string
}

// SetStrings is SetString for many values at once: a file is parsed again only
// once. Either all values are changed or none.
func (d *Doc) SetStrings(sets []Set) error {
	var plans []replacement
	diff := sameBut{values: map[*yaml.Node]string{}}
	for _, set := range sets {
		r, err := d.plan(set.Path, set.Value)
		if err != nil {
			return err
		}
		if r.spellings != nil {
			plans = append(plans, r)
			diff.values[r.node] = set.Value
		}
	}
	slices.SortFunc(plans, func(a, b replacement) int { return cmp.Compare(a.start, b.start) })
	var out []byte
	at, overlap := 0, false
	for _, r := range plans {
		if overlap = overlap || r.start < at; overlap {
			break
		}
		out = append(append(out, d.lay.src[at:r.start]...), r.spellings[0]...)
		at = r.end
	}
	if !overlap && d.accept(append(out, d.lay.src[at:]...), diff) {
		return nil
	}
	before := *d
	for _, set := range sets {
		if err := d.SetString(set.Path, set.Value); err != nil {
			*d = before
			return err
		}
	}
	return nil
}

// replacement is a scalar's text and what may take its place, the best first;
// no spellings mean that the value is there already.
type replacement struct {
	node       *yaml.Node
	start, end int
	spellings  []string
}

func (d *Doc) plan(path []string, s string) (replacement, error) {
	v, ok := d.Get(path...)
	if !ok || v.node == nil {
		return replacement{}, d.missing(path)
	}
	if err := d.editable(v, path); err != nil {
		return replacement{}, err
	}
	n := v.node
	if n.Kind != yaml.ScalarNode {
		return replacement{}, fault.At(v.Pos(), "%s is %s, not a text", name(path), v.Kind()).WithNext("Change it by hand")
	}
	if !utf8.ValidString(s) {
		return replacement{}, fault.At(v.Pos(), "the new value of %s is not valid UTF-8", name(path)).WithNext("Give a valid text")
	}
	if n.Value == s && v.Kind() == String {
		return replacement{}, nil
	}
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle|yaml.TaggedStyle) != 0 {
		return replacement{}, fault.At(v.Pos(), "%s is a tagged value or a block of text, which is not changed", name(path)).
			WithNext("Write it as a plain or quoted text, or change it by hand")
	}
	start, end, ok := d.lay.span(n)
	if !ok {
		return replacement{}, d.notEdited(v.Pos(), path)
	}
	k := v.Kind()
	r := replacement{node: n, start: start, end: end, spellings: spellings(s, n.Style, d.commonQuotes(), k == Number || k == Bool)}
	if start == end && start > 0 && !d.lay.blank(start-1) {
		for i := range r.spellings {
			r.spellings[i] = " " + r.spellings[i] // "key:" without a value
		}
	}
	return r, nil
}

// InsertString adds the member path (its last element is the new key) with the
// text s behind the last member of a mapping in block style, indented like it.
// A file without content gets its first member. What is not that simple is
// refused with a *fault.Error.
func (d *Doc) InsertString(path []string, s string) error {
	if len(path) == 0 || !utf8.ValidString(s) || !utf8.ValidString(path[len(path)-1]) {
		return fault.At(fault.Pos{File: d.file}, "no valid key or text to insert")
	}
	parentPath, key := path[:len(path)-1], path[len(path)-1]
	if old, ok := d.Get(path...); ok {
		return fault.At(old.Pos(), "%s is there already", name(path))
	}
	parent, ok := d.Get(parentPath...)
	if !ok {
		return d.missing(parentPath)
	}
	if err := d.editable(parent, parentPath); err != nil {
		return err
	}
	at, indent := len(d.lay.src), 0
	mapping := parent.node
	if parent.Omitted() && len(parentPath) == 0 {
		mapping = nil
	}
	if mapping != nil {
		if parent.Kind() != Mapping || parent.node.Style&yaml.FlowStyle != 0 || len(parent.node.Content) == 0 {
			return fault.At(parent.Pos(), "%s is not a mapping with one member a line", name(parentPath)).
				WithNext("Add %q to it by hand", key)
		}
		_, end, ok := d.lay.span(mapping)
		if ok {
			at, ok = d.restOfLine(end)
		}
		if !ok {
			return d.notEdited(parent.Pos(), path)
		}
		indent = mapping.Content[0].Column - 1
	}
	eol := d.eol()
	before, after := eol, ""
	if at == 0 || d.lay.src[at-1] == '\n' || string(d.lay.src[:at]) == bom {
		before, after = "", eol
	}
	quotes := d.commonQuotes()
	for _, k := range spellings(key, 0, quotes, false) {
		for _, text := range spellings(s, 0, quotes, false) {
			line := before + strings.Repeat(" ", indent) + k + ": " + text + after
			if d.splice(at, at, line, sameBut{insert: true, parent: mapping, key: key, want: s}) {
				return nil
			}
		}
	}
	return d.notEdited(parent.Pos(), path)
}

// Remove deletes the member at path with the lines it stands on. Comments on
// lines of their own stay. The mapping must be in block style and keep another
// member, and the member must start a line; all else is refused with a
// *fault.Error.
func (d *Doc) Remove(path []string) error {
	v, ok := d.Get(path...)
	if !ok || len(path) == 0 {
		return d.missing(path)
	}
	if v.shared {
		return d.editable(v, path)
	}
	parent, _ := d.Get(path[:len(path)-1]...)
	if parent.Kind() != Mapping || parent.node.Style&yaml.FlowStyle != 0 || len(parent.node.Content) < 4 {
		return fault.At(v.Pos(), "%s is not one of several members on lines of their own", name(path)).WithNext("Remove it by hand")
	}
	var key *yaml.Node
	for i := 0; i+1 < len(parent.node.Content); i += 2 {
		if parent.node.Content[i+1] == v.node {
			key = parent.node.Content[i]
		}
	}
	start := d.lay.offset(key.Line, 1)
	_, end, ok := d.lay.span(v.node)
	if ok {
		end, ok = d.restOfLine(end)
	}
	if !ok || strings.Trim(string(d.lay.src[start:d.lay.offset(key.Line, key.Column)]), " ") != "" {
		return d.notEdited(v.Pos(), path)
	}
	if end < len(d.lay.src) {
		end += breakAt(d.lay.src, end)
	}
	if !d.splice(start, end, "", sameBut{parent: parent.node, removed: key}) {
		return d.notEdited(v.Pos(), path)
	}
	return nil
}

// restOfLine is the end of the line that offset i is on, if nothing but blanks
// and a comment follow there.
func (d *Doc) restOfLine(i int) (int, bool) {
	src := d.lay.src
	comment := false
	for ; i < len(src) && breakAt(src, i) == 0; i++ {
		switch {
		case comment || d.lay.blank(i):
		case src[i] == '#':
			comment = true
		default:
			return 0, false
		}
	}
	return i, true
}

func (d *Doc) eol() string {
	if i := bytes.IndexByte(d.lay.src, '\n'); i > 0 && d.lay.src[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// commonQuotes are the quotes that the file uses most, single ones if none.
func (d *Doc) commonQuotes() yaml.Style {
	double := 0
	var count func(*yaml.Node)
	count = func(n *yaml.Node) {
		switch n.Style & quoted {
		case yaml.DoubleQuotedStyle:
			double++
		case yaml.SingleQuotedStyle:
			double--
		}
		for _, c := range n.Content {
			count(c)
		}
	}
	if d.root != nil {
		count(d.root)
	}
	if double > 0 {
		return yaml.DoubleQuotedStyle
	}
	return yaml.SingleQuotedStyle
}

func (d *Doc) editable(v Value, path []string) error {
	if v.node == nil || !v.shared && v.node.Kind != yaml.AliasNode {
		return nil
	}
	where := v.doc.posOf(v.target())
	return fault.At(v.Pos(), "%s comes through an alias or merge key from line %d and other places use it too", name(path), where.Line).
		WithNext("Change line %d of %s by hand, or write the value out here", where.Line, d.file)
}

func (d *Doc) missing(path []string) error {
	return fault.At(fault.Pos{File: d.file}, "there is no %s", name(path)).WithNext("Check the key in %s", d.file)
}

func (d *Doc) notEdited(pos fault.Pos, path []string) error {
	return fault.At(pos, "%s is written in a way that cannot be changed safely", name(path)).WithNext("Change it by hand")
}

func name(path []string) string {
	if len(path) == 0 {
		return "the document"
	}
	return strings.Join(path, ".")
}
