package audit

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/sorting"
)

// fixer looks for the fixes of one lock.
type fixer struct {
	in    FixInput
	plan  *FixPlan
	lock  FixLock
	m     *model
	plans *plans // how lines of resolutions are written, and which release has what
	known *advised
	// yarnOnly says why only Yarn can write the lock, "" where it can be solved.
	yarnOnly string
	// before is the lock in line with its package.json, as it is without a fix.
	before *trial
	// plain is what Yarn makes of the lock without a step, where Yarn writes it and
	// that had to be found out; nil else. runs is how often Yarn was asked.
	plain *trial
	runs  int
	// last is what Yarn wrote when it was asked last.
	last *written
	// versions are the published ones of a package that may be taken, lowest first.
	versions map[string][]candidate
	// asked are their dependencies, by name and version.
	asked map[string]map[string]map[string]string
	// fetch tells that those who ask will be looked up.
	fetch func([]ask)
	// stopped reports that nobody waits for the plan any more: a search is long.
	stopped func() bool
	// accepted are the ways taken so far, state the lock as they leave it.
	accepted []*remedy
	state    *trial
	// wrong are the breaches for which the first guess at who brings them was.
	// via are the package versions by which they come, as last looked at.
	wrong map[[2]string]bool
	via   map[[2]string][]osv.Package
	// dropped are those that did not keep the rules when the lock was written,
	// orphans the packages that were to go with them.
	dropped []dropped
	orphans []*pending
}

// candidate is a published version; held says that the age gate keeps it out.
type candidate struct {
	publishedVersion
	held bool
}

func newFixer(in FixInput, p *FixPlan, l *Lock, known *advised) (*fixer, error) {
	switch {
	case l.Tool != "":
		return nil, errors.New("the lock is one of " + l.Tool + ", which has to write it")
	case l.Leftover:
		return nil, errors.New("no Yarn reads this lock")
	case l.Project == nil:
		return nil, errors.New("there is no package.json beside the lock that can be read")
	}
	i := slices.IndexFunc(in.Locks, func(f FixLock) bool { return f.Lock == l })
	if i < 0 {
		return nil, errors.New("the lock is not one to be written")
	}
	m := newModel(l)
	b := &builder{in: in.Input, opts: in.Options, hits: newHits(in.Input.Hits)}
	if err := b.unknown(m); err != nil {
		return nil, err
	}
	return &fixer{in: in, plan: p, lock: in.Locks[i], m: m, plans: newPlans(b, m), known: known,
		yarnOnly: in.Locks[i].YarnOnly, versions: map[string][]candidate{}, asked: map[string]map[string]map[string]string{}, wrong: map[[2]string]bool{}, via: map[[2]string][]osv.Package{}}, nil
}

// fix makes the plan of the lock and returns it as it is then.
func (x *fixer) fix(ctx context.Context, list []*Finding) (*Lock, error) {
	x.stopped = func() bool { return ctx.Err() != nil }
	if err := x.start(ctx); err != nil {
		return nil, err
	}
	x.prefetch(ctx, list)
	var open []*pending
	for _, g := range pendingOf(list) {
		p, err := x.consider(ctx, g)
		if err != nil {
			return nil, err
		}
		if p != nil {
			open = append(open, p)
		}
	}
	// What the lock alone ends comes first: it may end what else takes a line.
	sorting.Stable(open, func(a, b *pending) int { return a.size() - b.size() })
	if err := x.together(ctx, open); err != nil {
		return nil, err
	}
	for _, p := range open {
		if err := x.take(ctx, p); err != nil {
			return nil, err
		}
	}
	return x.finish(ctx)
}

// prefetch tells which packages the registry will be asked about: those with
// findings, and where a range keeps the fix out, who asks.
func (x *fixer) prefetch(ctx context.Context, list []*Finding) {
	askers := func(asks []ask) (names []string) {
		for _, a := range asks {
			if name := x.m.graph.Name(a.From); a.hold == byPackage && x.versions[name] == nil {
				names = append(names, name)
			}
		}
		return names
	}
	x.fetch = func(asks []ask) {
		if names := askers(asks); len(names) > 1 && x.in.Prefetch != nil {
			x.in.Prefetch(ctx, sorted(names))
		}
	}
	if x.in.Prefetch == nil {
		return
	}
	var names []string
	for _, f := range list {
		if f.Malicious() {
			continue
		}
		names = append(names, f.Package)
		if f.Admitted || f.Fixed == "" {
			continue
		}
		names = append(names, askers(x.m.asks(osv.Package{Name: f.Package, Version: f.Version}, f.Fixed))...)
	}
	x.in.Prefetch(ctx, sorted(names))
}

// pending is a package version with findings, and the ways to end them, the
// smallest first.
type pending struct {
	pkg      osv.Package
	findings []*Finding
	ways     []*remedy
	done     bool
}

func (p *pending) size() int { return p.ways[0].size() }

// pendingOf groups findings by the version that they are about.
func pendingOf(list []*Finding) []*pending {
	var out []*pending
	for _, f := range list {
		pkg := osv.Package{Name: f.Package, Version: f.Version}
		i := slices.IndexFunc(out, func(p *pending) bool { return p.pkg == pkg })
		if i < 0 {
			i = len(out)
			out = append(out, &pending{pkg: pkg})
		}
		out[i].findings = append(out[i].findings, f)
	}
	return out
}

// rootManifest is the package.json at the project's root.
func (x *fixer) rootManifest() string { return x.plans.manifest() }

// askAbout finds out which versions of a package there are, and which advisories
// apply to those above one.
func (x *fixer) askAbout(ctx context.Context, pkg osv.Package) error {
	var list []osv.Package
	for _, c := range x.published(pkg.Name) {
		if semrange.CompareText(c.Version, pkg.Version) > 0 {
			list = append(list, osv.Package{Name: pkg.Name, Version: c.Version})
		}
	}
	return x.known.ask(ctx, list)
}

// published are the versions of a package, lowest first.
func (x *fixer) published(name string) []candidate {
	if list, ok := x.versions[name]; ok {
		return list
	}
	all, _ := x.in.Input.Published(name)
	list := make([]candidate, 0, len(all))
	for _, v := range all {
		if _, err := semrange.ParseVersion(v.Version); err == nil {
			list = append(list, candidate{v, x.held(name, v.Version)})
		}
	}
	sorting.By(list, func(a, b candidate) int { return semrange.CompareText(a.Version, b.Version) })
	x.versions[name], x.asked[name] = list, map[string]map[string]string{}
	for _, c := range list {
		x.asked[name][c.Version] = c.Dependencies
	}
	return list
}

// asksFor are the dependencies of a published version.
func (x *fixer) asksFor(name, version string) map[string]string {
	x.published(name)
	return x.asked[name][version]
}

// held reports whether Yarn's age gate keeps a version out, as the solver has it:
// one of unknown age is.
func (x *fixer) held(name, version string) bool {
	gate := x.m.Settings.MinimalAge(name, x.lock.YarnVersion)
	if gate == 0 {
		return false
	}
	if at, ok := x.lock.Released(name, version); ok && x.in.Options.Now.Sub(at) >= gate {
		return false
	}
	parsed, err := semrange.ParseVersion(version)
	return err != nil || !x.m.Settings.Preapproved(name, parsed)
}

// rel is a file of the project by its path from the root of what is audited.
func (x *fixer) rel(file string) string { return path.Join(x.m.dir(), file) }

// asker says who asks for what, in a few words.
func (x *fixer) asker(a ask) string {
	switch ws := x.m.graph.Workspace(a.From); {
	case ws != nil:
		return fmt.Sprintf("%s asks for %s %s", x.m.at(a.Pos), a.Name, bare(a.Range))
	case strings.TrimSpace(x.m.graph.Version(a.From)) == "":
		return fmt.Sprintf("%s asks for %s %s", x.m.graph.Name(a.From), a.Name, bare(a.Range))
	}
	return fmt.Sprintf("%s %s asks for %s %s", x.m.graph.Name(a.From), x.m.graph.Version(a.From), a.Name, bare(a.Range))
}
