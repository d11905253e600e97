package trust

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/relock"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// asked is an entry that the registry is asked about.
type asked struct {
	lock    *yarnlock.Lock
	entry   *yarnlock.Entry
	version string
	fresh   bool // the base does not have the version
}

// online is the rules that ask the registry: about what the change adds, and
// about everything where there is no base. What the registry does not have, or
// does not show, is unknown. Any other failure is an error: the user has asked
// for an answer.
func (c *checker) online(ctx context.Context) error {
	sigs := c.newSignatures()
	if err := c.offline(ctx); err != nil {
		return err
	}
	if c.in.Registry == nil || c.off(ruleEdited) && (c.off(ruleFresh) || c.in.MinAge <= 0) && sigs == nil {
		return nil
	}
	byName := c.toAsk()
	var mu sync.Mutex
	missing := []string{}
	exempt := c.preapproved()
	var sums *checksummer // of what a change adds: all of a lock would be gigabytes
	if c.in.Base != nil && !c.off(ruleEdited) {
		sums = newChecksummer(c.in.Registry, c.in.ChecksumDir)
		defer sums.close()
	}
	err := each(ctx, byName, c.in.Registry.Packument, c.in.Progress, func(ctx context.Context, name string, list []asked, doc *registry.Packument) error {
		for _, a := range list {
			at := name + "@" + a.version
			if doc == nil || !doc.Has(a.version) {
				mu.Lock()
				missing = append(missing, at)
				mu.Unlock()
				continue
			}
			published, err := doc.Version(a.version)
			if err != nil {
				return err
			}
			m := relock.NewManifest(published)
			other, unknown, err := sums.differs(ctx, name, a, m)
			if err != nil {
				return err
			}
			signed, err := sigs.judge(ctx, name, a, doc, published.Dist.Integrity)
			if err != nil {
				return err
			}
			mu.Lock()
			c.signed(sigs, name, a, signed)
			if unknown {
				missing = append(missing, at+" (its archive)")
			}
			c.judge(name, a, m, other)
			c.age(doc, name, a, exempt)
			mu.Unlock()
		}
		return nil
	}, registry.ErrNotFound, registry.ErrAuth)
	if err != nil {
		return unanswered(ctx, err, "the rule "+ruleEdited+" cannot ask the registry", "Try again, or leave out --online")
	}
	c.notKnown(ruleEdited, "the registry does not have, or does not show, ", missing, "", nextRegistry)
	c.unsigned(sigs)
	return nil
}

const nextRegistry = "Ask the registry that they come from"

// notKnown says once of which packages something is not known.
func (c *checker) notKnown(rule string, before string, list []string, after, next string) {
	if len(list) > 0 {
		slices.Sort(list)
		c.unknown = append(c.unknown, finding.Unknown{Rule: rule, Reason: before + english.Some(slices.Compact(list), 3) + after, Next: next})
	}
}

// toAsk are the registry entries of the head's locks, by real name. With a base
// those that it has in the same form are left out.
func (c *checker) toAsk() map[string][]asked {
	known := map[string]bool{}
	if c.in.Base != nil {
		for _, l := range c.in.Base.Locks {
			for _, e := range l.Entries {
				known[content(e)] = true
			}
		}
	}
	out := map[string][]asked{}
	seen := map[string]bool{}
	for _, l := range c.in.Head.Locks {
		for _, e := range l.Entries {
			name, version, ok := e.Package()
			id := content(e)
			if !ok || !ofYarn(l) || known[id] || seen[l.File+id] || e.Resolution.Is(spec.Patch) {
				continue // the package behind a patch has an entry of its own
			}
			seen[l.File+id] = true
			if list := e.Versions(); len(list) > 0 {
				version = list[0]
			}
			out[name] = append(out[name], asked{l, e, version, !c.was.exact[[2]string{name, version}]})
		}
	}
	return out
}

// content is what the registry can contradict in an entry: see contradictions and judge.
func content(e *yarnlock.Entry) string {
	return fmt.Sprint(e.Version, e.Resolution, depTexts(e.Dependencies), depTexts(e.OptionalDependencies), e.Bin, e.DependenciesMeta,
		e.Checksum, e.Conditions, e.Resolved, e.Integrity)
}

func depTexts(list []yarnlock.Dep) []string {
	out := make([]string, len(list))
	for i, d := range list {
		out[i] = d.Name + "@" + d.Range
	}
	return out
}

// judge is the rule lock-edited. other says that the checksum is not the one
// that the registry's tarball gives.
func (c *checker) judge(name string, a asked, m *relock.Manifest, other bool) {
	if c.off(ruleEdited) {
		return
	}
	list := contradictions(a.lock, a.entry, m)
	if other {
		list = append(list, contradiction{"checksum", "has another checksum in yarn.lock than what the registry has gives", 0})
	}
	for _, d := range list {
		pos := a.lock.Pos(a.entry)
		if d.line > 0 {
			pos = fault.Pos{File: a.lock.File, Line: d.line, Col: 5}
		}
		c.add(issue{rule: ruleEdited, pos: pos, name: name, kind: d.kind, added: true, standing: finding.Warning,
			message: fmt.Sprintf("%s@%s %s", name, a.version, d.text),
			next:    "Do not install it: the entry was edited. Remove it from yarn.lock and run yarn install"})
	}
}

// preapproved are the packages that the base's settings exempt from a minimal
// age, or the head's without a base.
func (c *checker) preapproved() *yarnrc.Settings {
	out := &yarnrc.Settings{}
	for _, s := range c.sides() {
		for _, it := range s.preapproved {
			out.NpmPreapprovedPackages = append(out.NpmPreapprovedPackages, it.text)
		}
	}
	return out
}

// age is the rule fresh-release.
func (c *checker) age(doc *registry.Packument, name string, a asked, exempt *yarnrc.Settings) {
	published := doc.Time(a.version)
	if c.in.MinAge <= 0 || !a.fresh || published.IsZero() || c.in.Now.Sub(published) >= c.in.MinAge {
		return
	}
	if v, err := semrange.ParseVersion(a.version); err == nil && exempt.Preapproved(name, v) || c.in.Fixes != nil && c.in.Fixes(name, a.version) {
		return
	}
	c.add(issue{rule: ruleFresh, pos: a.lock.Pos(a.entry), name: name, kind: a.version, added: true,
		message: fmt.Sprintf("%s@%s was published on %s, less than %s ago", name, a.version, published.Format("2006-01-02 15:04 UTC"), ageText(c.in.MinAge)),
		next:    "Wait: most malicious versions are taken down within days"})
}
