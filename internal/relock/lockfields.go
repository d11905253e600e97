package relock

import (
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// LockFields are the fields that Yarn writes into the lock for the version, and
// that follow from its manifest alone: dependencies, peers, bin, conditions.
// Everything else of the entry is empty.
func (m *Manifest) LockFields() *yarnlock.Entry {
	var p pkg
	m.m.fields(&p)
	return &yarnlock.Entry{Dependencies: p.deps, PeerDependencies: p.peers, DependenciesMeta: p.depsMeta,
		PeerDependenciesMeta: p.peersMeta, Bin: p.bin, Conditions: p.conditions}
}

// WorkspaceFields are those fields for a workspace, with its devDependencies.
func WorkspaceFields(f *pkgjson.File) *yarnlock.Entry {
	var p pkg
	workspaceManifest(f).fields(&p)
	return &yarnlock.Entry{Dependencies: p.deps, PeerDependencies: p.peers, DependenciesMeta: p.depsMeta,
		PeerDependenciesMeta: p.peersMeta, Bin: p.bin}
}
