package relock

import (
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// Manifest is the part of a registry version that decides a lock entry.
type Manifest struct {
	Tarball   string
	Integrity string // subresource integrity, "" if the registry has none
	Shasum    string // hex SHA-1
	// Install says that installing the package runs code: a preinstall,
	// install or postinstall script, or node-gyp.
	Install bool

	m manifest
}

// NewManifest is what the solver needs of a published version.
func NewManifest(r *registry.Manifest) *Manifest {
	out := &Manifest{Tarball: r.Dist.Tarball, Integrity: r.Dist.Integrity, Shasum: r.Dist.Shasum}
	m := &out.m
	m.deps, m.optional, m.peers = depList(r.Dependencies), depList(r.OptionalDependencies), depList(r.PeerDependencies)
	m.depsMeta, m.peersMeta = metaList(r.DependenciesMeta), metaList(r.PeerDependenciesMeta)
	for name, path := range r.Bin {
		m.bin = append(m.bin, yarnlock.Bin{Name: name, Path: path})
	}
	m.os, m.cpu, m.libc = r.OS, r.CPU, r.Libc
	for name, script := range r.Scripts {
		m.scripts = append(m.scripts, script)
		switch name {
		case "preinstall", "install", "postinstall":
			out.Install = true
		}
	}
	m.addNodeGyp()
	out.Install = out.Install || hasDep(m.deps, "node-gyp") || r.GypFile
	return out
}

func depList(ranges map[string]string) []yarnlock.Dep {
	out := make([]yarnlock.Dep, 0, len(ranges))
	for name, rng := range ranges {
		out = append(out, yarnlock.Dep{Name: name, Range: rng})
	}
	return out
}

func metaList(entries map[string]registry.Flags) []yarnlock.Meta {
	var out []yarnlock.Meta
	for name, flags := range entries {
		meta := yarnlock.Meta{Name: name}
		for flag, on := range flags {
			meta.Flags = append(meta.Flags, boolFlag(flag, on))
		}
		out = append(out, meta)
	}
	return out
}
