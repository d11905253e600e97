package pkgjson

import (
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/jsonedit"
	"github.com/portalctl/portalctl/internal/spec"
)

// Resolution is one entry of resolutions.
type Resolution struct {
	Key     string
	Pattern spec.Pattern
	Value   string
	Parsed  spec.Spec // Value taken apart
	Pos     fault.Pos // of the value
	KeyPos  fault.Pos
}

// Resolutions lists the entries of resolutions in file order.
func (f *File) Resolutions() []Resolution { return f.resolutions }

// SetResolution changes the value of a resolutions entry, or adds the entry.
func (f *File) SetResolution(key, value string) error {
	path := []string{"resolutions", key}
	return f.Edit(func(d *jsonedit.Doc) error {
		if _, ok := d.Get(path...); ok {
			return d.SetString(path, value)
		}
		return d.InsertString(path, value)
	})
}

// RemoveResolution takes an entry out of resolutions.
func (f *File) RemoveResolution(key string) error {
	return f.Edit(func(d *jsonedit.Doc) error { return d.Remove([]string{"resolutions", key}) })
}

func loadResolutions(root jsonedit.Value) ([]Resolution, error) {
	v, ok := field(root, "resolutions")
	if !ok {
		return nil, nil
	}
	if err := want(v, jsonedit.Object, "resolutions", `{"name": "^1.0.0"}`); err != nil {
		return nil, err
	}
	var out []Resolution
	for _, m := range last(v.Members()) {
		value, err := text(m.Value, "the resolution of "+m.Name, `"^1.0.0"`)
		if err != nil {
			return nil, err
		}
		out = append(out, Resolution{Key: m.Name, Pattern: spec.ParsePattern(m.Name), Value: value, Parsed: spec.Read(value), Pos: m.Value.Pos(), KeyPos: m.Pos()})
	}
	return out, nil
}
