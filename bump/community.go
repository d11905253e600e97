package bump

import (
	"cmp"
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
func (pl *planner) newestAdmitting(name string, p *registry.Packument, use *semver.Version) (target, error) {
	top, _ := semrange.ParseVersion(p.DistTags["latest"])
	pre := use != nil && use.Prerelease() != ""
	candidates := candidatesOf(p, func(v *semver.Version) bool {
		return (pre || v.Prerelease() == "" && (top == nil || !v.GreaterThan(top))) && (use == nil || !v.LessThan(use) || pl.opts.AllowDowngrade)
	})
	if len(candidates) == 0 {
		return target{note: &Note{Kind: noteKept, Name: name, Message: nothingNewer(use, top) + "; it stays"}}, nil
	}
	v, blocking := firstAdmitting(name, p, candidates, pl.manifest.Packages)
	if v != nil {
		return target{version: v}, nil
	}
	return target{note: &Note{Kind: noteBlocker, Name: name, Message: fmt.Sprintf(
		"no version admits release %s: %s", pl.manifest.ReleaseVersion, blocking)}}, nil
}

// candidatesOf are the versions of a package that may be chosen, newest first.
func candidatesOf(p *registry.Packument, may func(*semver.Version) bool) []*semver.Version {
	var out []*semver.Version
	for _, s := range p.Versions() {
		if v, err := semrange.ParseVersion(s); err == nil && may(v) {
			out = append(out, v)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].GreaterThan(out[j]) })
	return out
}

// firstAdmitting is the first of some versions that is not deprecated and whose own
// @backstage ranges admit a release's versions; nil for none, and why.
func firstAdmitting(name string, p *registry.Packument, candidates []*semver.Version, release map[string]string) (found *semver.Version, blocking string) {
	deprecated := ""
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
		reason := refusal(m, release)
		if reason == "" {
			return v, ""
		}
		if blocking == "" {
			blocking = fmt.Sprintf("%s@%s asks for %s", name, v, reason)
		}
	}
	return nil, cmp.Or(blocking, deprecated, "the registry describes none of its versions")
}

// nothingNewer says why there is nothing to choose from. That is not a verdict on
// the version in use: it may be one that the registry no longer has as latest.
func nothingNewer(use, top *semver.Version) string {
	if use != nil && top != nil && use.GreaterThan(top) {
		return fmt.Sprintf("%s is newer than the registry's latest, %s", use, top)
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

// refusal names the first @backstage range of a package that excludes the version
// of a release, or "". Peers follow Yarn's wider rule for prereleases.
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
	best, _ := firstAdmitting("", p, candidatesOf(p, func(v *semver.Version) bool { return v.Prerelease() == "" && !v.GreaterThan(top) }), release)
	if best == nil {
		return ""
	}
	return best.Original()
}
