package yamledit

import (
	"slices"

	"go.yaml.in/yaml/v3"
)

// sameBut names the difference that an edit may make.
type sameBut struct {
	values  map[*yaml.Node]string // these scalars become that
	parent  *yaml.Node            // this mapping gains key: want at its end, or loses removed
	insert  bool                  // without parent: the file had no content before
	key     string
	removed *yaml.Node // the key
	want    string
}

// splice replaces src[start:end] by text if accept agrees.
func (d *Doc) splice(start, end int, text string, diff sameBut) bool {
	return d.accept(slices.Concat(d.lay.src[:start], []byte(text), d.lay.src[end:]), diff)
}

// accept makes src the document's text if it parses to the same tree but for
// the one difference; else the document stays as it is.
func (d *Doc) accept(src []byte, diff sameBut) bool {
	next, err := Parse(d.file, src)
	if err != nil || !diff.equal(d.root, next.root) {
		return false
	}
	*d = *next
	return true
}

func (s sameBut) equal(a, b *yaml.Node) bool {
	switch {
	case s.insert && s.parent == nil:
		return b != nil && b.Kind == yaml.MappingNode && len(b.Content) == 2 && s.isAdded(b.Content)
	case a == nil || b == nil:
		return a == b
	}
	if want, ok := s.values[a]; ok {
		return b.Kind == yaml.ScalarNode && b.Value == want && b.Anchor == a.Anchor &&
			(b.ShortTag() == "!!str" || b.Style&quoted == 0 && a.ShortTag() != "!!str")
	}
	if a.Kind != b.Kind || a.Style != b.Style || a.Tag != b.Tag || a.Value != b.Value || a.Anchor != b.Anchor {
		return false
	}
	want, got := a.Content, b.Content
	if a == s.parent {
		switch {
		case s.removed != nil:
			i := slices.Index(want, s.removed)
			want = slices.Concat(want[:i], want[i+2:])
		default:
			if len(got) < 2 || !s.isAdded(got[len(got)-2:]) {
				return false
			}
			got = got[:len(got)-2]
		}
	}
	// Aliases compare by name: their targets are compared where they stand.
	return slices.EqualFunc(want, got, s.equal)
}

func (s sameBut) isAdded(pair []*yaml.Node) bool {
	k, v := pair[0], pair[1]
	return k.Kind == yaml.ScalarNode && k.Value == s.key && k.ShortTag() == "!!str" &&
		v.Kind == yaml.ScalarNode && v.Value == s.want && v.ShortTag() == "!!str"
}
