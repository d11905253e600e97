package rollback

import (
	"path/filepath"

	"github.com/portalctl/portalctl/internal/txn"
	"github.com/portalctl/portalctl/snapshot"
)

// The files of the plan in the snapshot's folder.
const (
	MarkdownFile = "ROLLBACK.md"
	ScriptFile   = "rollback.sh"
)

// Write puts the plan into the snapshot's folder, with its own list of sums:
// the snapshot's is written once and never again.
func (p *Plan) Write(dir string) error {
	script, err := p.Script()
	if err != nil {
		return err
	}
	files := map[string][]byte{MarkdownFile: []byte(p.Markdown()), ScriptFile: []byte(script)}
	for name, text := range files {
		if err := txn.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return err
		}
	}
	return snapshot.WritePlanSums(dir, files)
}
