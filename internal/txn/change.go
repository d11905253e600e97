package txn

import "path/filepath"

// Change is a change of one file as plans and diffs have it: by its slashed path below
// the root. Old is nil for a file that is made, New for one that is deleted.
type Change struct {
	Rel      string
	Old, New []byte
}

// Edits make the changes of files below root.
func Edits(root string, files []Change) []Edit {
	var out []Edit
	for _, f := range files {
		out = append(out, Edit{Path: filepath.Join(root, filepath.FromSlash(f.Rel)), Old: f.Old, New: f.New})
	}
	return out
}
