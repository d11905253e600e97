package bump

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/portal"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/semrange"
)

// newestAdmitting is the newest version of another scope's package whose own
// @backstage ranges admit the release's versions. Versions above the latest
// tag, deprecated ones and, unless one is in use, prereleases do not count;
// nor does anything below what is in use now.
func (pl *planner) newestAdmitting(name string, p *registry.Packument, use inUse) (target, error) {
	var top *semver.Version
	if v, err := semrange.ParseVersion(p.DistTags["latest"]); err == nil {
		top = v
	}
	pre := use.version != nil && use.version.Prerelease() != ""
	var candidates []*semver.Version
	for _, s := range p.Versions() {
		v, err := semrange.ParseVersion(s)
		if err != nil || (v.Prerelease() != "" && !pre) || (top != nil && v.GreaterThan(top) && !pre) {
			continue
		}
		if use.version != nil && v.LessThan(use.version) && !pl.opts.AllowDowngrade {
			continue
		}
		candidates = append(candidates, v)
	}
	sort.Slice(candidates, func(i, j int) bool { return candidates[i].GreaterThan(candidates[j]) })

	if len(candidates) == 0 {
		return target{note: &Note{Kind: noteKept, Name: name, Message: nothingNewer(use, top) + "; it stays"}}, nil
	}
	blocking, deprecated := "", ""
	for _, v := range candidates {
		m, err := p.Version(v.Original())
		if err != nil {
			continue
		}
		if m.Deprecated != "" {
			if deprecated == "" {
				deprecated = fmt.Sprintf("%s@%s is deprecated (%s)", name, v, m.Deprecated)
			}
			continue
		}
		reason := pl.refuses(m)
		if reason == "" {
			return target{version: v}, nil
		}
		if blocking == "" {
			blocking = fmt.Sprintf("%s@%s asks for %s", name, v, reason)
		}
	}
	switch {
	case blocking != "":
	case deprecated != "":
		blocking = deprecated
	default:
		blocking = "the registry describes none of its versions"
	}
	return target{note: &Note{Kind: noteBlocker, Name: name, Message: fmt.Sprintf(
		"no version admits release %s: %s", pl.manifest.ReleaseVersion, blocking)}}, nil
}

// nothingNewer says why there is nothing to choose from. That is not a verdict on
// the version in use: it may be one that the registry no longer has as latest.
func nothingNewer(use inUse, top *semver.Version) string {
	if use.version != nil && top != nil && use.version.GreaterThan(top) {
		return fmt.Sprintf("%s is newer than the registry's latest, %s", use.version, top)
	}
	return "the registry has no version that could be taken"
}

// noteFamilies says of a blocked package which others of the same plugin move:
// a plugin's packages are made to go together.
func (pl *planner) noteFamilies() {
	families := map[string][]string{}
	for key := range pl.moves {
		if f := portal.ParseName(key.name).Family; f != "" {
			families[f] = append(families[f], key.name+" → "+key.to)
		}
	}
	for i, n := range pl.plan.Notes {
		moved := families[portal.ParseName(n.Name).Family]
		if n.Kind != noteBlocker || len(moved) == 0 {
			continue
		}
		slices.Sort(moved)
		pl.plan.Notes[i].Message += fmt.Sprintf("; of the same plugin, %s moves without it: check that they go together, or leave all out with a narrower --pattern", strings.Join(slices.Compact(moved), ", "))
	}
}

// refuses names the first @backstage range of a package that excludes the
// release's version, or "".
func (pl *planner) refuses(m *registry.Manifest) string { return refusal(m, pl.manifest.Packages) }

// refusal is refuses for the packages of a release. Peers follow Yarn's wider rule
// for prereleases.
func refusal(m *registry.Manifest, release map[string]string) string {
	check := func(deps map[string]string, peer bool) string {
		names := make([]string, 0, len(deps))
		for name := range deps {
			if strings.HasPrefix(name, backstageScope) {
				names = append(names, name)
			}
		}
		sort.Strings(names)
		for _, name := range names {
			has, ok := release[name]
			if !ok {
				continue
			}
			v, err := semrange.ParseVersion(has)
			if err != nil {
				continue
			}
			r, err := semrange.Parse(deps[name])
			if err != nil {
				continue // a tag or a protocol: nothing to compare
			}
			if peer && r.SatisfiesPeer(v) || !peer && r.Satisfies(v) {
				continue
			}
			return fmt.Sprintf("%s %s (the release has %s)", name, deps[name], has)
		}
		return ""
	}
	if r := check(m.Dependencies, false); r != "" {
		return r
	}
	return check(m.PeerDependencies, true)
}

// Fitting is the newest version of a package whose own @backstage ranges admit a
// release's versions, "" for none. Prereleases, deprecated versions and those above
// the latest tag do not count.
func Fitting(p *registry.Packument, release map[string]string) string {
	top, err := semrange.ParseVersion(p.DistTags["latest"])
	if err != nil {
		return ""
	}
	var best *semver.Version
	for _, s := range p.Versions() {
		v, err := semrange.ParseVersion(s)
		if err != nil || v.Prerelease() != "" || v.GreaterThan(top) || best != nil && !v.GreaterThan(best) {
			continue
		}
		if m, err := p.Version(s); err == nil && m.Deprecated == "" && refusal(m, release) == "" {
			best = v
		}
	}
	if best == nil {
		return ""
	}
	return best.Original()
}
