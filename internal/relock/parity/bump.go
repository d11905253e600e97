package parity

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/relock"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/workspace"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// Bump moves the tree at dir to a release, as far as a lock is concerned:
// ranges of its packages, and backstage.json.
func Bump(dir, release string, versions map[string]string) error {
	project, err := workspace.Open(dir)
	if err != nil {
		return err
	}
	for _, w := range project.Workspaces {
		f := w.File
		for _, d := range f.AllDeps() {
			to, ok := versions[d.Name]
			if !ok {
				continue
			}
			v, err := semrange.ParseVersion(to)
			if err != nil {
				return err
			}
			if to, _ := pkgjson.Retarget(d.Parsed, v, pkgjson.Options{}); to != d.Spec {
				if err := f.Set(d.Section, d.Name, to); err != nil {
					return err
				}
			}
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(w.Rel), pkgjson.FileName), f.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, "backstage.json"), fmt.Appendf(nil, "{\n  \"version\": %q\n}\n", release), 0o644)
}

// CheckPinned finds what a lock must not have after a bump: a package off the
// release that no range excludes, that is not ahead, and that the registry
// has; or a copy that no range forces.
func CheckPinned(res *relock.Result) []string {
	var bad []string
	byName := map[string][]relock.Off{}
	for _, o := range res.OffRelease {
		byName[o.Name] = append(byName[o.Name], o)
		forced := false
		for _, d := range o.Asks {
			forced = forced || d.Excludes
		}
		if !forced && o.Reason != relock.ReasonMissing && o.Reason != relock.ReasonOneCopy {
			bad = append(bad, fmt.Sprintf("%s %s (release %s) is off the release for no reason: %s", o.Name, o.Version, o.Release, o.Reason))
		}
	}
	for _, o := range res.Ahead {
		if c := compare(o.Version, o.Release); c <= 0 {
			bad = append(bad, fmt.Sprintf("%s %s is called ahead of %s", o.Name, o.Version, o.Release))
		}
	}
	return bad
}

func compare(a, b string) int {
	v, err := semrange.ParseVersion(a)
	w, err2 := semrange.ParseVersion(b)
	if err != nil || err2 != nil {
		return 0
	}
	return semrange.Compare(v, w)
}

// Unforced finds copies of the release's packages in a lock, other than the
// release's own version, whose every range would also admit a higher version
// that the lock has: nothing forces them.
func Unforced(lock *yarnlock.Lock, versions map[string]string) []string {
	copies := map[string][]*yarnlock.Entry{}
	for _, e := range lock.Entries {
		if e.Resolution.Is(spec.NPM) && versions[e.Resolution.Name] != "" {
			copies[e.Resolution.Name] = append(copies[e.Resolution.Name], e)
		}
	}
	var bad []string
	for name, list := range copies {
		for _, e := range list {
			for _, other := range list {
				if e.Version != versions[name] && compare(other.Version, e.Version) > 0 && admitsAll(e.Keys, other.Version) {
					bad = append(bad, fmt.Sprintf("%s %s: all its ranges admit %s", name, e.Version, other.Version))
				}
			}
		}
	}
	return bad
}

func admitsAll(keys []yarnlock.Descriptor, version string) bool {
	v, err := semrange.ParseVersion(version)
	if err != nil {
		return false
	}
	for _, k := range keys {
		rng := spec.Bare(k.Range)
		if bound := spec.Parse(k.Range).Bind("npm"); bound != "" {
			rng = "^" + bound
		}
		if r, err := semrange.Parse(rng); err != nil || !r.Satisfies(v) {
			return false
		}
	}
	return true
}
