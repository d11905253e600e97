package jsonedit

import (
	"slices"

	"github.com/tailscale/hujson"

	"github.com/portalctl/portalctl/internal/fault"
)

// Rename gives the member at path another name and changes no other byte of it.
// Among siblings that are sorted by name it moves to where the new name belongs;
// else it stays in its place. A name that is taken is an error.
func (d *Doc) Rename(path []string, name string) error {
	if _, err := d.find(path); err != nil {
		return err
	}
	parent, old, ok := d.memberOf(path)
	if !ok {
		return fault.At(fault.Pos{File: d.src.file}, "%s is not a member of an object", where(path)).WithNext(nextReport)
	}
	next := slices.Concat(path[:len(path)-1], []string{name})
	if v, taken := d.Get(next...); taken {
		return fault.At(v.Pos(), "%s is there already", where(next)).WithNext(nextReport)
	}
	members := parent.Members()
	var before, after []string
	for _, m := range members {
		before = append(before, m.Name)
		if m.Name == old {
			m.Name = name
		}
		after = append(after, m.Name)
	}
	twice := slices.Index(before, old) != parent.index(old)
	if twice || len(path) > 1 && slices.IsSorted(before) && !slices.IsSorted(after) {
		v, _ := d.Get(path...)
		raw, saved := slices.Clone(v.Raw()), *d
		if err := d.Remove(path); err != nil {
			return err
		}
		if err := d.Insert(next, raw); err != nil {
			*d = saved
			return err
		}
		return nil
	}
	literal := parent.object().Members[parent.index(old)].Name
	return d.splice(literal.StartOffset, literal.EndOffset, hujson.String(name))
}
