package rollback

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"strings"

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
	var sums strings.Builder
	for _, f := range []struct {
		name, text string
	}{{MarkdownFile, p.Markdown()}, {ScriptFile, script}} {
		if err := txn.WriteFile(filepath.Join(dir, f.name), []byte(f.text), 0o600); err != nil {
			return err
		}
		sum := sha256.Sum256([]byte(f.text))
		sums.WriteString(hex.EncodeToString(sum[:]) + "  " + f.name + "\n")
	}
	return txn.WriteFile(filepath.Join(dir, snapshot.PlanSumsFile), []byte(sums.String()), 0o600)
}
