package plugin

import (
	"cmp"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/portal"
	"github.com/portalctl/portalctl/internal/semrange"
)

// fit compares the plugin's ranges with the portal.
func (r *reviewer) fit() {
	f := &r.Review.Fit
	f.Has = r.locked[r.Package]
	m := &r.facts.Manifest
	for name := range r.locked {
		if name != r.Package && kin(name) != "" && kin(name) == kin(r.Package) {
			f.Same = append(f.Same, name)
		}
	}
	slices.Sort(f.Same)
	if r.Project != nil && r.Release == nil {
		r.Release = r.byLock()
		r.unknown("the portal's release", cmp.Or(english.Short(r.NoRelease, maxText), "nothing tells which one it is")+"; what the lock has counts in its place")
	}
	if len(r.Release) == 0 {
		return
	}
	f.Applies = true
	f.Newest = r.Fitting(r.doc, r.Release)
	for _, a := range m.backstage() {
		f.Asks = append(f.Asks, r.asks(a))
	}
	if f.Newest == "" && !slices.ContainsFunc(f.Asks, func(a backstageAsk) bool { return a.Admits != "yes" }) {
		f.Newest = r.Version // by versions of the lock that the release lacks
	}
}

// kin is what the packages of one plugin, or module, have in common whoever publishes
// them: the name without scope and prefix. "" for what is neither.
func kin(name string) string {
	n := portal.ParseName(name)
	if n.ID == "" || n.Kind == portal.Common || n.Kind == portal.React || n.Kind == portal.Node {
		return ""
	}
	return name[strings.LastIndex(name, n.ID):]
}

// byLock are the newest @backstage versions of the lock.
func (r *reviewer) byLock() map[string]string {
	out := map[string]string{}
	for name, list := range r.locked {
		if strings.HasPrefix(name, "@backstage/") {
			out[name] = list[len(list)-1]
		}
	}
	return out
}

// asks compares a range of the manifest with what the portal has.
func (r *reviewer) asks(a backstageAsk) backstageAsk {
	name, rng, peer := a.Name, a.Range, a.Peer
	a.Name, a.Range, a.Release, a.Locked, a.Admits = english.Short(name, maxName), english.Short(rng, maxName), r.Release[name], r.locked[name], "unknown"
	if a.Release == "" {
		a.Gone = goneBefore(name, r.ReleaseName)
	}
	if _, err := semrange.Parse(rng); err != nil {
		return a
	}
	admits := func(version string) bool { return admits(rng, version, peer) }
	has := a.Locked
	if a.Release != "" {
		has = []string{a.Release}
	}
	if len(has) > 0 {
		a.Admits = "no"
		if slices.ContainsFunc(has, admits) || slices.ContainsFunc(a.Locked, admits) {
			a.Admits = "yes"
		}
	}
	return a
}
