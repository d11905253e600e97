package audit

import (
	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
)

// workspaceVersion is what a Berry lock gives for a workspace. No published
// package has it.
const workspaceVersion = "0.0.0-use.local"

// WorkspacePackages are the names of the head's workspaces, to be asked about
// with the packages: not as npm packages, but for whether a public package of
// the same name is malware (see malware).
func WorkspacePackages(locks []*Lock) []osv.Package {
	seen := map[string]bool{}
	var list []osv.Package
	for _, l := range locks {
		if l.Project == nil {
			continue
		}
		for _, ws := range l.Project.Workspaces {
			if name := ws.File.Name; name != "" && !seen[name] {
				seen[name] = true
				list = append(list, osv.Package{Name: name, Version: workspaceVersion})
			}
		}
	}
	return list
}

// malware names the advisory that calls a public package malicious, for the
// names of WorkspacePackages.
func malware(list []osv.Hit) func(name string) (id string, ok bool) {
	ids := map[string]string{}
	for _, h := range list {
		if h.Advisory.Malicious && h.Package.Version == workspaceVersion {
			ids[h.Package.Name] = h.Advisory.ID
		}
	}
	return func(name string) (string, bool) {
		id, ok := ids[name]
		return id, ok
	}
}

// fixes reports whether a version fixes an advisory of the hits: such a version
// may be young.
func fixes(list []osv.Hit) func(name, version string) bool {
	type fix struct{ name, version string }
	known := map[fix]bool{}
	for _, h := range list {
		for _, v := range h.Advisory.Fixed(h.Package.Name) {
			known[fix{h.Package.Name, v}] = true
		}
	}
	return func(name, version string) bool { return known[fix{name, version}] }
}

// Reason is why a package is locked: see Why.
type Reason struct {
	Lockfile         string
	Package, Version string
	Where            Where
	// Ranges are what asks for it, as written.
	Ranges []string
}

// Why says who asks for the packages of a name, by lock and version. version is
// a version or a range; "" is any.
func Why(locks []*Lock, name, version string) []Reason {
	want, rangeErr := semrange.Parse(version)
	var list []Reason
	for _, l := range locks {
		m := newModel(l)
		for _, p := range Packages([]*Lock{l}) {
			if p.Name != name {
				continue
			}
			if version != "" && p.Version != version {
				v, err := semrange.ParseVersion(p.Version)
				if rangeErr != nil || err != nil || !want.Satisfies(v) {
					continue
				}
			}
			r := Reason{Lockfile: l.Path, Package: p.Name, Version: p.Version, Where: m.where(p)}
			seen := map[string]bool{}
			for _, n := range m.nodes[p] {
				for _, rng := range m.graph.Asking(n) {
					if !seen[rng] && !spec.Patch.In(rng) {
						seen[rng] = true
						r.Ranges = append(r.Ranges, rng)
					}
				}
			}
			list = append(list, r)
		}
	}
	return list
}
