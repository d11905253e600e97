package audit

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/depgraph"
	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/relock"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// trial is a lock with remedies made.
type trial struct {
	*edited
	text []byte
	lock *yarnlock.Lock
	// versions are what the lock has of each package, found the advisories by
	// package and ID.
	versions map[string][]string
	found    map[[2]string][]string
}

// start reads the lock as it is in line with its package.json: what that alone
// changes is no fix's doing.
func (x *fixer) start(ctx context.Context) error {
	before, err := x.try(ctx, nil)
	if err != nil {
		return err
	}
	x.before, x.state = before, before
	if x.yarnOnly == "" && !bytes.Equal(before.text, x.m.Lock.Lock.Original()) {
		x.plan.Notes = append(x.plan.Notes, x.m.Path+" was not in line with its package.json; a fix brings it in line, too")
	}
	return nil
}

// try makes the lock that remedies leave, without new checksums.
func (x *fixer) try(ctx context.Context, list []*remedy) (*trial, error) {
	e, err := x.edit(list)
	if err != nil {
		return nil, err
	}
	t := &trial{edited: e}
	if x.yarnOnly == "" {
		r, err := x.solve(ctx, e, true)
		if u := relock.AsUnsupported(err); u != nil && len(list) == 0 {
			x.yarnOnly = u.Construct + ": " + u.Why
		} else if err != nil {
			return nil, err
		} else {
			t.text = r.Lock
		}
	}
	if x.yarnOnly != "" {
		lock, err := x.seed(ctx, e)
		if err != nil {
			return nil, err
		}
		t.text = foreseen(lock, e)
	}
	return t, x.look(ctx, t)
}

// solve has the lock of an edited project written.
func (x *fixer) solve(ctx context.Context, e *edited, leaveChecksums bool) (*relock.Result, error) {
	lock, err := yarnlock.ParseIndented(x.m.Lock.Lock.File, x.m.Lock.Lock.Original())
	if err != nil {
		return nil, err
	}
	return relock.Solve(ctx, &relock.Input{
		Project: e.project, Lock: lock, Settings: e.settings, YarnVersion: x.lock.YarnVersion,
		Release: x.lock.Release, BackstageVersion: x.lock.BackstageVersion, Brief: true, LeaveChecksums: leaveChecksums, Now: x.in.Options.Now,
		ReadFile: func(rel string) ([]byte, error) {
			if text, ok := e.texts[rel]; ok {
				return text, nil
			}
			return x.lock.ReadFile(rel)
		},
	}, x.lock.Source, x.raise(e))
}

// raise is how the versions of an edited project are decided.
func (x *fixer) raise(e *edited) *relock.Raise {
	return &relock.Raise{Moves: e.moves, Avoid: func(name, version string) bool {
		return len(x.known.affects(osv.Package{Name: name, Version: version})) > 0
	}}
}

// seed is the lock that Yarn is given where only Yarn can write it. What nothing asks
// for now stays in it: what is to come may ask for that, and Yarn takes out the rest.
func (x *fixer) seed(ctx context.Context, e *edited) (*yarnlock.Lock, error) {
	lock, err := yarnlock.ParseIndented(x.m.Lock.Lock.File, x.m.Lock.Lock.Original())
	if err != nil || len(e.moves)+len(e.binds) == 0 {
		return lock, err
	}
	if err := relock.Reseat(ctx, lock, x.lock.Source, x.raise(e), e.binds); err != nil {
		return nil, err
	}
	if lock.Kind == yarnlock.Berry {
		x.declare(lock, e)
	}
	return lock, nil
}

// foreseen is what a seed is known to become: less what nothing asks for.
func foreseen(lock *yarnlock.Lock, e *edited) []byte {
	if len(e.moves)+len(e.binds) > 0 {
		g := depgraph.Of(lock, e.project, e.settings)
		lock.Prune(g.Roots(), g.Resolver())
	}
	return lock.Format()
}

// declare brings the workspaces' own entries in line with package.json: what they
// do not ask for is pruned.
func (x *fixer) declare(lock *yarnlock.Lock, e *edited) {
	for _, entry := range lock.Entries {
		rel, own := entry.Resolution.Workspace()
		ws := e.project.ByRel(rel)
		if !own || ws == nil {
			continue
		}
		for i, d := range entry.Dependencies {
			for _, dep := range ws.File.AllDeps() {
				rng := dep.Spec
				if lock.Version >= yarnlock.Yarn4 {
					rng = spec.Normalize(rng)
				}
				if dep.Name == d.Name && dep.Section != "peerDependencies" && bare(d.Range) != bare(rng) {
					entry.Dependencies[i].Range = rng
					entry.Touch()
				}
			}
		}
	}
}

// look notes what a trial's lock has, and asks about what is new in it.
func (x *fixer) look(ctx context.Context, t *trial) error {
	lock, err := yarnlock.ParseIndented(x.m.Lock.Lock.File, t.text)
	if err != nil {
		return err
	}
	t.lock = lock
	l := *x.m.Lock
	l.Lock, l.Project, l.Settings = lock, t.project, t.settings
	list := Packages([]*Lock{&l})
	if err := x.known.ask(ctx, list); err != nil {
		return err
	}
	t.versions, t.found = versionsOf(list), map[[2]string][]string{}
	for _, p := range list {
		for _, a := range x.known.of[p] {
			key := [2]string{p.Name, a.ID}
			t.found[key] = append(t.found[key], p.Version)
		}
	}
	return nil
}

// versionsOf are the versions of each package.
func versionsOf(list []osv.Package) map[string][]string {
	out := map[string][]string{}
	for _, p := range list {
		out[p.Name] = append(out[p.Name], p.Version)
	}
	return out
}

// advisories are the keys of found, sorted.
func (t *trial) advisories() [][2]string {
	return slices.SortedFunc(maps.Keys(t.found), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
}

// copies is in how many versions of a package an advisory is found without a step:
// in the lock as it is, or in what Yarn makes of it.
func (x *fixer) copies(key [2]string) int {
	n := len(x.before.found[key])
	if x.plain != nil {
		n = max(n, len(x.plain.found[key]))
	}
	return n
}

// ended reports whether a trial's lock has none of the findings. One that only
// goes on under another version of the package is not ended.
func (x *fixer) ended(t *trial, list []*Finding) bool {
	return !slices.ContainsFunc(list, func(f *Finding) bool {
		key := [2]string{f.Package, f.Advisory.ID}
		return slices.Contains(t.found[key], f.Version) || len(t.found[key]) > 0 && len(t.found[key]) >= x.copies(key)
	})
}

// together takes the smallest way of all that the lock alone ends, as far as they
// go together: most do, and one look is enough then. Those that seem to be in the
// way of the others are left out, and looked at one by one.
func (x *fixer) together(ctx context.Context, open []*pending) error {
	var list []*remedy
	of := map[*remedy]*pending{}
	for _, p := range open {
		if r := p.ways[0]; len(r.moves) == 1 && len(r.lines) == 0 {
			list, of[r] = append(list, r), p
		}
	}
	for len(list) > 1 {
		t, err := x.try(ctx, list)
		if err != nil {
			return passing(ctx, err)
		}
		bad := x.breaches(t)
		out := x.suspects(t, list, bad)
		for _, r := range list {
			if !x.ended(t, of[r].findings) {
				out = union(out, []*remedy{r})
			}
		}
		if len(bad)+len(out) == 0 {
			x.accepted, x.state = list, t
			for _, r := range list {
				r.ends, of[r].done = of[r].findings, true
			}
			return nil
		}
		if len(out) == 0 {
			return nil // one by one, then
		}
		list = without(list, out)
	}
	return nil
}

// passing is an error that ends the run: what a single way meets does not.
func passing(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return nil
}

// take adds the first way of a package that does no more than it is to do.
func (x *fixer) take(ctx context.Context, p *pending) error {
	if p.done {
		return nil
	}
	if x.ended(x.state, p.findings) {
		x.besides(p)
		return nil
	}
	reason := ""
	for _, r := range p.ways {
		if why := x.useless(r); why != "" {
			reason = cmp.Or(reason, why)
			continue
		}
		t, err := x.try(ctx, append(slices.Clone(x.accepted), r))
		why := ""
		switch {
		case err != nil:
			if err := passing(ctx, err); err != nil {
				return err
			}
			why = english.Plain(err.Error())
		case !x.ended(t, p.findings):
			why = "the lock keeps it all the same"
		case x.undoes(t, x.accepted):
			why = "it would bring back what another step ends"
		default:
			why = x.refused(t)
		}
		if why == "" {
			r.ends = p.findings
			x.accepted, x.state = append(x.accepted, r), t
			return nil
		}
		reason = cmp.Or(reason, r.title()+": "+why)
	}
	x.plan.leave(leftRefused, x.m.Path, p.findings, reason, "")
	return nil
}

// undoes reports whether a trial's lock has a finding that one of some ways is to
// end.
func (x *fixer) undoes(t *trial, list []*remedy) bool {
	return slices.ContainsFunc(list, func(r *remedy) bool { return !x.ended(t, r.all()) })
}

// title is the moves of a remedy in a few words.
func (r *remedy) title() string {
	var out []string
	for _, m := range r.moves {
		out = append(out, m.text())
	}
	return strings.Join(out, ", ")
}
