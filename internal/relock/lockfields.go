package relock

import (
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// LockFields are the fields that Yarn writes into the lock for the version, and
// that follow from its manifest alone: dependencies, peers, bin, conditions.
// Everything else of the entry is empty.
func (m *Manifest) LockFields() *yarnlock.Entry { return m.m.fields() }

// WorkspaceFields are those fields for a workspace, with its devDependencies and
// without conditions, of which Yarn has none there.
func WorkspaceFields(f *pkgjson.File) *yarnlock.Entry {
	e := workspaceManifest(f).fields()
	e.Conditions = ""
	return e
}
