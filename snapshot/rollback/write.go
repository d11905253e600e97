package rollback

import (
	"bytes"
	"os"
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
	files, err := p.files()
	if err != nil {
		return err
	}
	for name, text := range files {
		if err := txn.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return err
		}
	}
	return snapshot.WritePlanSums(dir, files)
}

// Written reports whether the snapshot's folder has this plan already.
func (p *Plan) Written(dir string) (bool, error) {
	files, err := p.files()
	if err != nil {
		return false, err
	}
	for name, text := range files {
		have, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !bytes.Equal(have, text) {
			return false, nil
		}
	}
	return true, nil
}

func (p *Plan) files() (map[string][]byte, error) {
	script, err := p.script()
	return map[string][]byte{MarkdownFile: []byte(p.Markdown()), ScriptFile: []byte(script)}, err
}
