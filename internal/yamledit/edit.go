package yamledit

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/portalctl/portalctl/internal/fault"
)

// SetString makes the scalar at path the text s and changes no other byte. The
// quotes of the old scalar stay; a plain scalar gets quotes when it would
// otherwise not read as the text s (a plain number may become another plain
// number). A *fault.Error says why a value is not changed: it does not exist,
// is not a scalar, has a tag, is a block of several lines, or is reached through
// an alias or merge key and so would change elsewhere too.
func (d *Doc) SetString(path []string, s string) error {
	r, err := d.plan(path, s)
	if err != nil || r.spellings == nil {
		return err
	}
	for _, text := range r.spellings {
		if d.splice(r.start, r.end, text, sameBut{r.node, s}) {
			return nil
		}
	}
	return d.notEdited(d.posOf(r.node), path)
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
	if n.Value == s && v.Kind() == stringKind {
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
