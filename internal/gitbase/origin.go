package gitbase

import (
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"

	"github.com/portalctl/portalctl/internal/repofile"
)

// Origin is where a checkout comes from: the address of its remote, "" without one, and
// the default branch, as the remote had it when it was cloned. Without a remote the
// branch is the one that is checked out. Of several remotes it is origin, else the first.
func Origin(dir string) (remote, branch string) {
	r, err := Open(dir)
	if err != nil {
		return "", ""
	}
	name, remote := remoteIn(filepath.Join(r.commonDir, "config"))
	if ref, err := r.store.Reference(plumbing.NewRemoteHEADReferenceName(name)); err == nil && ref.Type() == plumbing.SymbolicReference {
		if _, short, ok := strings.Cut(ref.Target().String(), "refs/remotes/"+name+"/"); ok {
			return remote, short
		}
	}
	if ref, err := r.store.Reference(plumbing.HEAD); err == nil && ref.Target().IsBranch() {
		branch = ref.Target().Short()
	}
	return remote, branch
}

// remoteIn is the remote that a configuration names, and its first address.
func remoteIn(file string) (name, address string) {
	src, err := repofile.Read(file, maxText)
	if err != nil {
		return "origin", ""
	}
	c := config.NewConfig()
	if err := c.Unmarshal(src); err != nil {
		return "origin", ""
	}
	for key, remote := range c.Remotes {
		if len(remote.URLs) > 0 && (name == "" || key == "origin" || name != "origin" && key < name) {
			name, address = key, remote.URLs[0]
		}
	}
	if name == "" {
		name = "origin"
	}
	return name, address
}
