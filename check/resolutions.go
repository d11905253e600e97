package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/depgraph"
	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// override is a resolution of the root package.json as Yarn reads it.
type override struct {
	yarnlock.Override
	res pkgjson.Resolution
}

// overrides are the resolutions that Yarn understands.
func (m *model) overrides() []override {
	if m.hasParsed || m.in.Project == nil {
		return m.resolved
	}
	m.hasParsed = true
	kind := yarnlock.Berry
	if m.in.Lock != nil {
		kind = m.in.Lock.Kind
	}
	for _, r := range m.in.Project.RootWorkspace().File.Resolutions() {
		if o, ok := yarnlock.OverrideOf(kind, r.Pattern, r.Value); ok {
			m.resolved = append(m.resolved, override{o, r})
		}
	}
	return m.resolved
}

// overrideMatches reports whether a resolution is about a dependency, by the
// rule of Yarn's reduceDependency hook.
func overrideMatches(o yarnlock.Override, g *depgraph.Graph, e depgraph.Edge) bool {
	if e.Name != o.Name || e.Kind == depgraph.Source {
		return false
	}
	if o.Parent != "" {
		if g.Name(e.From) != o.Parent {
			return false
		}
		if entry := g.Entry(e.From); o.ParentRange != "" && entry != nil &&
			spec.Bare(o.ParentRange) != spec.Bare(entry.Resolution.Reference) {
			return false
		}
	}
	return o.Range == "" || spec.Bare(o.Range) == spec.Bare(e.Range)
}

// unusedResolutions is the rule resolution-unused, as "backstage-cli pm
// verify-patches" has it: no dependency in the lock is what the key says.
func (m *model) unusedResolutions() {
	if m.graph.Lock().Kind == yarnlock.Berry && len(m.graph.Missing()) > len(m.graph.Lock().Entries) {
		return // a lock of another project tells nothing
	}
	used := map[string]bool{}
	byName := map[string][]override{}
	for _, o := range m.overrides() {
		byName[o.Name] = append(byName[o.Name], o)
	}
	mark := func(e depgraph.Edge) {
		for _, o := range byName[e.Name] {
			if !used[o.res.Key] && overrideMatches(o.Override, m.graph, e) {
				used[o.res.Key] = true
			}
		}
	}
	if len(m.overrides()) > 0 {
		for n := range depgraph.Node(m.graph.Len()) {
			for _, e := range m.graph.Out(n) {
				mark(e)
			}
		}
		for _, e := range m.graph.Missing() {
			mark(e)
		}
	}
	understood := map[string]bool{}
	for _, o := range m.overrides() {
		understood[o.res.Key] = true
	}
	for _, r := range m.in.Project.RootWorkspace().File.Resolutions() {
		if used[r.Key] || m.isClaimed(at(r.KeyPos)) {
			continue
		}
		f := finding.Finding{Rule: ruleUnused, Pos: r.KeyPos, Name: r.Key, Fixes: []finding.Fix{finding.FixManifest}, FixedBy: finding.ByManifests,
			Message: fmt.Sprintf("the resolution %q: %q applies to nothing that is in yarn.lock", r.Key, r.Value),
			Next:    "Remove it, unless it waits for a package to come back: " + m.fix(" --fix-manifests") + " does"}
		if asked := m.askedAs(r.Key); asked != "" {
			// A pin that was only misspelt is not to be deleted.
			f.Message = fmt.Sprintf("the resolution %q: %q applies to nothing: a key names the range that is asked for, and %s", r.Key, r.Value, asked)
			f.Next, f.FixedBy = "Write the range that it is meant for into the key, or remove it if that has gone", ""
			if keys := m.askedKeys(r.Key); len(keys) > 0 {
				f.Next = fmt.Sprintf("Write the key as %s, then run %s", strings.Join(keys, ", or "), m.install())
				if newer := m.lockedAbove(r.Key, r.Value); newer != "" {
					// A pin that was to raise the version would lower it now.
					f.Next = fmt.Sprintf("Remove it: yarn.lock has %s, which is newer, without it; or, to go back, write the key as %s", newer, strings.Join(keys, ", or "))
				}
			}
		}
		message, next, follows := m.misspelt(r.Key)
		if message != "" {
			f.Message = fmt.Sprintf("the resolution %q: %q applies to nothing: %s", r.Key, r.Value, message)
			f.Next, f.FixedBy = next, ""
		}
		if !understood[r.Key] {
			f.Message = fmt.Sprintf("Yarn does not understand the resolution %q, and ignores it", r.Key)
			f.Next, f.FixedBy = "Write the key as name, name@range or parent/name", ""
		}
		m.add(f, append(follows, at(r.KeyPos))...)
		if f.FixedBy != "" {
			m.unused = append(m.unused, r.Key)
		}
	}
	for _, p := range m.packages {
		if p.Rel == "." {
			continue
		}
		if list := p.File.Resolutions(); len(list) > 0 {
			m.add(finding.Finding{Rule: ruleUnused, Pos: list[0].KeyPos, Name: p.Name(),
				Message: fmt.Sprintf("Yarn ignores the resolutions of %s: only those of the root package.json count", p.Name()),
				Next:    "Move them to the root package.json, or remove them", Fixes: []finding.Fix{finding.FixManifest}})
		}
	}
}

// askedKeys are the keys that a resolution was meant to have, where it matches
// nothing because its key names a version: that of the lock, and not the range
// that is asked for and that Yarn compares. There are none for keys of ranges:
// those wait for somebody who asks so.
func (m *model) askedKeys(key string) []string {
	var keys []string
	for _, o := range m.overrides() {
		v, err := semrange.ParseVersion(spec.Bare(o.Range))
		if o.res.Key != key || err != nil {
			continue
		}
		protocol := spec.Protocol("")
		if strings.Contains(key, string(spec.NPM)) {
			protocol = spec.NPM
		}
		for _, rng := range m.askedRanges(o.Name) {
			if r, err := semrange.Parse(rng); err == nil && r.Satisfies(v) {
				keys = append(keys, fmt.Sprintf("%q", strings.TrimSuffix(key, "@"+o.Range)+"@"+protocol.Of(rng)))
			}
		}
	}
	return keys
}

// lockedAbove is the lowest version that the lock has of a resolution's package,
// where all are above the one that the resolution gives; else "".
func (m *model) lockedAbove(key, value string) string {
	lowest := ""
	for _, o := range m.overrides() {
		if o.res.Key != key {
			continue
		}
		for _, n := range m.graph.Ident(o.Name) {
			v := m.graph.Version(n)
			if !semrange.Above(v, spec.Bare(value)) {
				return ""
			}
			if lowest == "" || semrange.Above(lowest, v) {
				lowest = v
			}
		}
	}
	return lowest
}

// askedAs says in which ranges the package of a key is asked for, "" if it is not.
func (m *model) askedAs(key string) string {
	for _, o := range m.overrides() {
		if ranges := m.askedRanges(o.Name); o.res.Key == key && len(ranges) > 0 {
			return o.Name + " is asked for as " + english.Some(ranges, 3)
		}
	}
	return ""
}

// askedRanges are the ranges that a package is asked for with, sorted.
func (m *model) askedRanges(name string) []string {
	var list []string
	for _, n := range m.graph.Ident(name) {
		for e := range m.graph.In(n) {
			if rng := spec.Bare(e.Range); e.Name == name && e.Kind != depgraph.Source && !slices.Contains(list, rng) {
				list = append(list, rng)
			}
		}
	}
	for _, e := range m.graph.Missing() {
		if rng := spec.Bare(e.Range); e.Name == name && !slices.Contains(list, rng) {
			list = append(list, rng)
		}
	}
	slices.Sort(list)
	return list
}

// blocks is the rule resolution-blocks-release: a resolution that excludes the
// release's version of a package.
func (m *model) blocks() {
	for _, o := range m.overrides() {
		want, ok := m.versions[o.Name]
		if !ok || m.isClaimed(at(o.res.KeyPos)) {
			continue
		}
		v, err := semrange.ParseVersion(want)
		if err != nil {
			continue
		}
		asked := o.res.Parsed
		if asked.Kind != spec.KindRange || asked.Versions.Satisfies(v) {
			continue // patches are another rule's; what else there is, is meant to be something else
		}
		next := fmt.Sprintf("Remove the resolution, or let it admit %s", want)
		switch to, out := pkgjson.Retarget(asked, v, pkgjson.Options{}); out.Verdict {
		case pkgjson.Ahead:
			next = fmt.Sprintf("Move the portal to a release that has %s (%s), then remove the resolution; %s", o.res.Value, m.bump(), goingBack)
		case pkgjson.Changed:
			next = fmt.Sprintf("Remove the resolution, or write %q, then run %s", to, m.install())
		}
		m.add(finding.Finding{Rule: ruleBlocks, Pos: o.res.Pos, Name: o.Name, Key: o.res.Key, Fixes: []finding.Fix{finding.FixManifest},
			Message: fmt.Sprintf("the resolution %q: %q keeps %s off %s, the version of the release", o.res.Key, o.res.Value, o.Name, want),
			Next:    next}, allVersions(o.Name))
	}
}
