package plugin

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/relock"
	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/sorting"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/workspace"
	"github.com/portalctl/portalctl/internal/yarnlock"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// versionsIn are the versions of each registry package of a lock, lowest first.
func versionsIn(lock *yarnlock.Lock) map[string][]string {
	out := map[string][]string{}
	for _, e := range lock.Entries {
		if name, version, ok := e.Package(); ok && !slices.Contains(out[name], version) {
			out[name] = append(out[name], version)
		}
	}
	for _, list := range out {
		semrange.SortText(list)
	}
	return out
}

// brings solves what adopting the plugin adds to the lock. The project that is
// solved has nothing but the plugin, and the portal's lock and resolutions: what the
// rest of the portal asks for stays as it is, and need not be understood.
func (r *reviewer) brings(ctx context.Context) error {
	b := &r.Review.Brings
	own := []pkgVersion{{r.Package, r.Version}}
	switch {
	case r.Project == nil:
	case r.Lock == nil:
		b.Unknown = "the portal has no yarn.lock that can be read"
	default:
		smallest, err := r.solve(ctx, &relock.Raise{})
		if err == nil {
			b.Applies = true
			r.added(smallest)
			own = b.Packages
			if err := r.licences(ctx, own); err != nil {
				return err
			}
			var plain *relock.Result
			if plain, err = r.solve(ctx, relock.Highest{}); err == nil {
				b.Plain = r.plain(plain)
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			b.Applies, b.Unknown = false, english.Short(err.Error(), maxText)
		}
	}
	if b.Unknown != "" {
		r.unknown("what it brings into the lock", b.Unknown)
	}
	if !slices.Contains(own, pkgVersion{r.Package, r.Version}) {
		own = append(own, pkgVersion{r.Package, r.Version})
	}
	return r.findings(ctx, own)
}

// solve makes the lock of a project with the plugin alone, starting from the
// portal's.
func (r *reviewer) solve(ctx context.Context, policy relock.Policy) (*relock.Result, error) {
	project, err := r.alone()
	if err != nil {
		return nil, err
	}
	lock, err := berry(r.Lock)
	if err != nil {
		return nil, err
	}
	return relock.Solve(ctx, &relock.Input{Project: project, Lock: lock, Settings: r.solved(), YarnVersion: r.yarn(), Release: r.Release,
		BackstageVersion: r.ReleaseName, Brief: true, LeaveChecksums: true, Now: r.Now,
		ReadFile: func(rel string) ([]byte, error) { return r.Project.Read(rel, repofile.MaxCode) },
	}, unwritten{r.Source}, policy)
}

// unwritten answers for a lock that nobody will write: which patch Yarn's own program
// has does not matter to what is brought.
type unwritten struct{ relock.Source }

func (unwritten) PatchHash(context.Context, string, string, string) (string, error) {
	return "0000000000", nil
}

// yarn is the version of the Yarn that the lock is solved for: the portal's, if its
// locks are of the kind that is solved.
func (r *reviewer) yarn() string {
	if r.Lock.Kind == yarnlock.Classic {
		return ""
	}
	return r.YarnVersion
}

// solved are the settings that the lock is solved by: those of a repo of Yarn 1 are
// about the registry alone.
func (r *reviewer) solved() *yarnrc.Settings {
	if r.Lock.Kind != yarnlock.Classic {
		return r.Settings
	}
	s := *r.Settings
	s.Classic, s.Unknown = false, nil
	return &s
}

// alone is the portal without its workspaces, and with the plugin as the only
// dependency of its root.
func (r *reviewer) alone() (*workspace.Project, error) {
	root := r.Project.RootWorkspace()
	src, err := r.Project.Read(pkgjson.FileName, repofile.MaxCode)
	if err != nil {
		return nil, err
	}
	var has map[string]json.RawMessage
	if err := json.Unmarshal(src, &has); err != nil {
		return nil, err
	}
	text := map[string]any{"name": cmp.Or(root.File.Name, "root"), "private": true, "dependencies": map[string]string{r.Package: r.Version}}
	for _, kept := range []string{"resolutions", "dependenciesMeta"} {
		if has[kept] != nil {
			text[kept] = has[kept]
		}
	}
	out, err := json.Marshal(text)
	if err != nil {
		return nil, err
	}
	p := *r.Project
	p.Workspaces = []*workspace.Workspace{root}
	return p.With(map[string][]byte{pkgjson.FileName: out})
}

// berry is a lock as the newest Yarn would have it, without its workspaces: the
// solver knows that form, and all versions and ranges are the same.
func berry(from *yarnlock.Lock) (*yarnlock.Lock, error) {
	version, key := from.Version, from.CacheKey
	if from.Kind == yarnlock.Classic || version < yarnlock.Yarn4 {
		version, key = yarnlock.Yarn4, "10c0"
	}
	out, err := yarnlock.New(from.File, version, key)
	if err != nil {
		return nil, err
	}
	ranges := func(list []yarnlock.Dep) []yarnlock.Dep {
		list = slices.Clone(list)
		for i := range list {
			list[i].Range = spec.Normalize(list[i].Range)
		}
		return list
	}
	for _, e := range from.Entries {
		name, v, ok := e.Package()
		if !ok {
			continue
		}
		if _, patched := e.Resolution.Unpatched(); !patched {
			continue
		}
		n := &yarnlock.Entry{Version: v, Resolution: yarnlock.Locator{Name: name, Reference: spec.NPM.Of(v)}, Checksum: e.Checksum, Conditions: e.Conditions,
			Dependencies: ranges(e.Dependencies), PeerDependencies: e.PeerDependencies, DependenciesMeta: e.DependenciesMeta,
			PeerDependenciesMeta: e.PeerDependenciesMeta, LanguageName: "node", LinkType: "hard"}
		n.Dependencies = append(n.Dependencies, ranges(e.OptionalDependencies)...)
		for _, k := range e.Keys {
			k.Range = spec.Normalize(k.Range)
			if (k.Name == name || spec.NPM.In(k.Range)) && !spec.Patch.In(k.Range) && out.Lookup(k) == nil && !slices.Contains(n.Keys, k) {
				n.Keys = append(n.Keys, k)
			}
		}
		if exact := (yarnlock.Descriptor{Name: name, Range: spec.NPM.Of(v)}); out.Lookup(exact) == nil && !slices.Contains(n.Keys, exact) {
			n.Keys = append(n.Keys, exact) // a version of the lock that a patch or an alias has
		}
		if out.Locate(n.Resolution) != nil || len(n.Keys) == 0 {
			continue
		}
		if err := out.Add(n); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// added takes over what a solved lock has that the portal's lacks.
func (r *reviewer) added(s *relock.Result) {
	b := &r.Review.Brings
	b.Packages, b.Second = r.newIn(s)
	for _, p := range s.InstallScripts {
		if slices.Contains(b.Packages, pkgVersion(p)) {
			b.Scripts = append(b.Scripts, pkgVersion(p))
		}
	}
}

func (r *reviewer) plain(s *relock.Result) plain {
	list, second := r.newIn(s)
	p := plain{Packages: len(list), Second: len(second)}
	for _, d := range second {
		if d.Breaks != "" {
			p.Breaking = append(p.Breaking, d.Name)
		}
	}
	return p
}

// newIn are the packages of a solved lock that the portal's lock lacks, and those
// among them that are there in another version.
func (r *reviewer) newIn(s *relock.Result) (list []pkgVersion, second []secondVersion) {
	gets := map[string][]string{}
	for _, p := range s.Added {
		gets[p.Name] = append(gets[p.Name], p.Version)
	}
	for _, u := range s.Updated {
		gets[u.Name] = append(gets[u.Name], u.To...)
	}
	for _, name := range slices.Sorted(maps.Keys(gets)) {
		var fresh []string
		for _, v := range gets[name] {
			if !slices.Contains(r.locked[name], v) {
				list, fresh = append(list, pkgVersion{name, v}), append(fresh, v)
			}
		}
		has := r.locked[name]
		if len(fresh) == 0 || len(has) == 0 && len(fresh) < 2 {
			continue
		}
		if name == r.Package { // the version that is there goes
			continue
		}
		second = append(second, secondVersion{Name: name, Has: has, Gets: fresh, Breaks: r.Singleton(name)})
	}
	slices.SortStableFunc(second, func(a, b secondVersion) int { return sorting.First(a.Breaks != "", b.Breaks != "") })
	return list, second
}

// findings asks which advisories apply to packages.
func (r *reviewer) findings(ctx context.Context, list []pkgVersion) error {
	b := &r.Review.Brings
	if r.Match == nil {
		b.FindingsWhy = r.NoMatch
		r.unknown("advisories", r.NoMatch)
		return nil
	}
	var asked []osv.Package
	for _, p := range list {
		asked = append(asked, osv.Package(p))
	}
	hits, err := r.Match(ctx, asked)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		b.FindingsWhy = english.Short(err.Error(), maxText)
		r.unknown("advisories", b.FindingsWhy)
		return nil
	}
	b.FindingsKnown = true
	for _, h := range hits {
		f := finding{Advisory: h.Advisory.ID, Summary: english.Short(h.Advisory.Summary, maxText), Severity: cmp.Or(h.Advisory.Rating, "unknown"),
			Package: h.Package.Name, Version: h.Package.Version, URL: h.Advisory.URL}
		if h.Advisory.Malicious {
			f.Severity = "malware"
		}
		b.Findings = append(b.Findings, f)
	}
	slices.SortStableFunc(b.Findings, func(a, b finding) int {
		return cmp.Or(cmp.Compare(slices.Index(severities, a.Severity), slices.Index(severities, b.Severity)), cmp.Compare(a.Package, b.Package), cmp.Compare(a.Advisory, b.Advisory))
	})
	return nil
}

// severities in the order in which they are told.
var severities = []string{"malware", "critical", "high", "unknown", "medium", "low"}

// text is a package as it is named.
func (p pkgVersion) text() string { return fmt.Sprintf("%s@%s", p.Name, p.Version) }
