package audit

import (
	"encoding/json"
	"errors"
	"path"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/otherlock"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// readOther reads the lock of another package manager into out. One of a version
// that is not known is not judged.
func (f Files) readOther(rel string, src []byte, out *State) error {
	other, err := otherlock.Parse(rel, src)
	if errors.As(err, new(otherlock.UnknownError)) {
		out.Unread = append(out.Unread, Unread{Path: rel, Reason: "is of a version that portalctl cannot read: " + strings.TrimPrefix(errors.Unwrap(err).Error(), rel)})
		return nil
	}
	if err != nil {
		return err
	}
	if len(other.Lock.Entries) == 0 && f.asks(path.Join(path.Dir(rel), pkgjson.FileName)) {
		return fault.At(fault.Pos{File: rel}, "the lock is empty, and the package.json beside it has dependencies: what is installed is not known").
			WithNext("Run %s install, and commit %s", other.Tool, path.Base(rel))
	}
	out.Locks = append(out.Locks, &Lock{Path: rel, Lock: other.Lock, Tool: string(other.Tool), Dev: other.Dev, Lacks: f.lacks(rel, other.Lock)})
	return nil
}

// lacks are the dependencies of the package.json beside a lock that the lock has
// no package of. Ranges are the package manager's to compare.
func (f Files) lacks(rel string, lock *yarnlock.Lock) []askedFor {
	name := path.Join(path.Dir(rel), pkgjson.FileName)
	src, err := f.Repo.Read(f.path(name), repofile.MaxCode)
	if err != nil {
		return nil
	}
	file, err := pkgjson.Parse(name, src)
	if err != nil {
		return nil
	}
	has := map[string]bool{}
	for _, e := range lock.Entries {
		for _, n := range append(e.Names(), e.Keys[0].Name) {
			has[n] = true
		}
	}
	var out []askedFor
	for _, d := range file.AllDeps() {
		real := d.Name
		if alias, ok := spec.Parse(d.Spec).Alias(); ok {
			real = alias.Name
		}
		protocol, _, ok := strings.Cut(d.Spec, ":")
		if d.Section == pkgjson.PeerDependencies || has[real] || has[d.Name] || ok && protocol != "npm" && protocol != "catalog" {
			continue
		}
		out = append(out, askedFor{Name: d.Name, Range: d.Spec, Pos: d.Pos})
	}
	return out
}

// asks reports whether a manifest has dependencies.
func (f Files) asks(manifest string) bool {
	src, err := f.Repo.Read(f.path(manifest), repofile.MaxCode)
	if err != nil {
		return false
	}
	var m struct {
		Dependencies    map[string]any `json:"dependencies"`
		DevDependencies map[string]any `json:"devDependencies"`
	}
	return json.Unmarshal(src, &m) == nil && len(m.Dependencies)+len(m.DevDependencies) > 0
}
