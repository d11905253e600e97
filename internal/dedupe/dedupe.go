// Package dedupe moves descriptors of a lock to other packages that the lock
// has already, so that fewer versions remain. It asks no registry: what stays
// keeps its checksum. Nothing is pruned here; see yarnlock.Lock.Prune.
package dedupe

import (
	"cmp"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/sorting"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// Strategy decides which version a range gets of those in the lock.
type Strategy string

// The strategies.
const (
	// release gives packages of the Backstage release the release's version
	// where the range admits it and has nothing newer; no package leaves the
	// release, and none gets less than it has. All others get the highest.
	release Strategy = "release"
	// Highest is what "yarn dedupe" and yarn-deduplicate do by default.
	Highest Strategy = "highest"
	// Fewer is yarn-deduplicate's other strategy: the version that most ranges
	// admit, of equals the highest.
	Fewer Strategy = "fewer"
)

// Strategies are all, the default first.
func Strategies() []Strategy { return []Strategy{release, Highest, Fewer} }

// Options say what to look at and how to decide.
type Options struct {
	// Strategy is release when "".
	Strategy Strategy
	// Scope admits package names, as they are asked for; nil admits all.
	Scope func(name string) bool
	// Versions are those of the Backstage release, for release.
	Versions map[string]string
	// Singleton says which packages should have one copy, for release; nil is
	// none.
	Singleton func(name string) bool
}

// Move is one descriptor that another version in the lock satisfies.
type Move struct {
	Descriptor yarnlock.Descriptor
	// Name is the real package, behind an alias.
	Name     string
	From, To *yarnlock.Entry
}

// ask is one descriptor of a package that the lock has several times.
type ask struct {
	d    yarnlock.Descriptor
	at   *yarnlock.Entry
	name string // the real one
	rng  semrange.Range
	ok   bool // rng counts: the descriptor is a semver range
	have *version
}

// version is one candidate.
type version struct {
	entry  *yarnlock.Entry
	parsed *semver.Version
	// satisfies counts the asks whose range admits it.
	satisfies int
}

// Plan lists the moves, in the order of the lock. It changes nothing. A move is
// left out if a patch of the package would have to be made anew for it.
func Plan(lock *yarnlock.Lock, opts Options) []Move {
	groups, order := collect(lock, opts.Scope)
	var moves []Move
	for _, name := range order {
		moves = append(moves, decide(lock.Kind, groups[name], opts)...)
	}
	moves = possible(lock, moves)
	sorting.Stable(moves, func(a, b Move) int { return cmp.Compare(a.From.Line, b.From.Line) })
	return moves
}

// Targets is where Apply would bind descriptors to, by descriptor: the moved
// ones, and the patches that follow them.
func Targets(lock *yarnlock.Lock, moves []Move) map[yarnlock.Descriptor]*yarnlock.Entry {
	to := make(map[yarnlock.Descriptor]*yarnlock.Entry, len(moves))
	bind(lock, moves, func(d yarnlock.Descriptor, e *yarnlock.Entry) { to[d] = e })
	return to
}

// Apply makes the moves in the lock that Plan looked at. Entries that lose
// their last descriptor go; what only they asked for stays, see Prune.
// Patches follow what they patch.
func Apply(lock *yarnlock.Lock, moves []Move) { bind(lock, moves, lock.RebindTo) }

func bind(lock *yarnlock.Lock, moves []Move, to func(yarnlock.Descriptor, *yarnlock.Entry)) {
	patches := followers(lock)
	for _, m := range moves {
		for _, f := range patches[m.Descriptor] {
			if e := f.patchOf(lock, m.To); e != nil {
				to(f.key, e)
			}
		}
		to(m.Descriptor, m.To)
	}
}

// collect finds the packages with several entries, in lock order.
func collect(lock *yarnlock.Lock, scope func(string) bool) (map[string][]ask, []string) {
	first := make(map[string]*yarnlock.Entry, len(lock.Entries))
	several := map[string]bool{}
	for _, e := range lock.Entries {
		for i, k := range e.Keys {
			name := groupName(lock.Kind, k)
			if i > 0 && name == groupName(lock.Kind, e.Keys[i-1]) {
				continue
			}
			if other, ok := first[name]; ok && other != e {
				several[name] = true
			}
			first[name] = e
		}
	}
	groups := make(map[string][]ask, len(several))
	var order []string
	for _, e := range lock.Entries {
		for _, k := range e.Keys {
			name := groupName(lock.Kind, k)
			if !several[name] || scope != nil && !scope(name) {
				continue
			}
			if _, ok := groups[name]; !ok {
				order = append(order, name)
			}
			groups[name] = append(groups[name], newAsk(lock.Kind, k, e))
		}
	}
	return groups, order
}

// decide is the moves of one package.
func decide(kind yarnlock.Kind, asks []ask, opts Options) []Move {
	versions := candidates(kind, asks)
	if len(versions) < 2 {
		return nil
	}
	for _, v := range versions {
		for i := range asks {
			if asks[i].ok && asks[i].admits(kind, v) {
				v.satisfies++
			}
		}
	}
	choose := chooser(kind, asks, versions, opts)
	var moves []Move
	for i := range asks {
		a := &asks[i]
		if !a.ok || a.have == nil {
			continue
		}
		if best := choose(a); best != nil && best != a.have {
			moves = append(moves, Move{Descriptor: a.d, Name: a.name, From: a.at, To: best.entry})
		}
	}
	return moves
}

// chooser is the strategy, made ready for one package.
func chooser(kind yarnlock.Kind, asks []ask, versions []*version, opts Options) func(*ask) *version {
	highest := func(a *ask) *version {
		return best(a, kind, versions, func(x, y *version) int { return semrange.Compare(x.parsed, y.parsed) })
	}
	switch opts.Strategy {
	case Highest:
		return highest
	case Fewer:
		return func(a *ask) *version {
			return best(a, kind, versions, func(x, y *version) int {
				return cmp.Or(cmp.Compare(x.satisfies, y.satisfies), semrange.Compare(x.parsed, y.parsed))
			})
		}
	}
	return releaseChooser(kind, asks, versions, opts, highest)
}

// best is the candidate of the ask that comes last by less. On Classic the
// version that it has counts even if the range does not admit it: a resolution
// may have put it there.
func best(a *ask, kind yarnlock.Kind, versions []*version, less func(x, y *version) int) *version {
	var top *version
	for _, v := range versions {
		if !a.admits(kind, v) && (v != a.have || kind == yarnlock.Berry) {
			continue
		}
		if top == nil || less(v, top) > 0 {
			top = v
		}
	}
	return top
}

// admits reports whether the ask may resolve to v. On Berry a candidate must
// be the very package asked for: an alias may have brought others.
func (a *ask) admits(kind yarnlock.Kind, v *version) bool {
	if kind == yarnlock.Berry && v.entry.Resolution.Name != a.name {
		return false
	}
	return a.rng.Satisfies(v.parsed)
}
