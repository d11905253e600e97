package yamledit

import (
	"slices"

	"go.yaml.in/yaml/v3"
)

// sameBut is the difference that an edit may make: this scalar becomes that text.
type sameBut struct {
	node *yaml.Node
	want string
}

// splice replaces src[start:end] by text if that parses to the same tree but for the
// one difference; else the document stays as it is.
func (d *Doc) splice(start, end int, text string, diff sameBut) bool {
	next, err := Parse(d.file, slices.Concat(d.lay.src[:start], []byte(text), d.lay.src[end:]))
	if err != nil || !diff.equal(d.root, next.root) {
		return false
	}
	*d = *next
	return true
}

func (s sameBut) equal(a, b *yaml.Node) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a == s.node {
		return b.Kind == yaml.ScalarNode && b.Value == s.want && b.Anchor == a.Anchor &&
			(b.ShortTag() == "!!str" || b.Style&quoted == 0 && a.ShortTag() != "!!str")
	}
	if a.Kind != b.Kind || a.Style != b.Style || a.Tag != b.Tag || a.Value != b.Value || a.Anchor != b.Anchor {
		return false
	}
	// Aliases compare by name: their targets are compared where they stand.
	return slices.EqualFunc(a.Content, b.Content, s.equal)
}
