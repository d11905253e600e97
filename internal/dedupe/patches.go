package dedupe

import (
	"slices"

	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// A patch: descriptor resolves to the patch of whatever its source resolves to:
// Yarn looks it up anew on every install, so it has to follow its source. Yarn
// itself patches resolve, typescript and fsevents.

// follower is a patch: descriptor.
type follower struct {
	key   yarnlock.Descriptor
	entry *yarnlock.Entry
}

// followers are the patch: descriptors by the descriptor that they patch.
func followers(lock *yarnlock.Lock) map[yarnlock.Descriptor][]follower {
	if lock.Kind == yarnlock.Classic {
		return nil
	}
	list := map[yarnlock.Descriptor][]follower{}
	for _, e := range lock.Entries {
		for _, k := range e.Keys {
			source, ok := k.PatchSource()
			if !ok {
				continue
			}
			source.Range = spec.Qualify(source.Range) // before Yarn 4
			list[source] = append(list[source], follower{k, e})
		}
	}
	return list
}

// patchOf is the entry of the same patch over another package, nil if the lock
// has none: it would have to be made.
func (f follower) patchOf(lock *yarnlock.Lock, to *yarnlock.Entry) *yarnlock.Entry {
	selector := f.entry.Resolution.Parsed().Selector()
	for _, e := range lock.Named(f.key.Name) {
		r := e.Resolution.Parsed()
		source, ok := r.PatchSource()
		if ok && r.Selector() == selector && source.Name == to.Resolution.Name &&
			spec.Bare(source.Range) == spec.Bare(to.Resolution.Reference) {
			return e
		}
	}
	return nil
}

// possible drops the moves that a patch could not follow.
func possible(lock *yarnlock.Lock, moves []Move) []Move {
	if len(moves) == 0 {
		return moves
	}
	patches := followers(lock)
	return slices.DeleteFunc(moves, func(m Move) bool {
		return slices.ContainsFunc(patches[m.Descriptor], func(f follower) bool { return f.patchOf(lock, m.To) == nil })
	})
}
