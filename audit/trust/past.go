package trust

import (
	"strings"

	"github.com/portalctl/portalctl/internal/yarnlock"
)

// past is what the base had. Its locks count as one: an entry that moved from
// one lock to another is nothing new.
type past struct {
	// seen has what was wrong with an entry, by the entry and the words; and
	// the addresses that entries had.
	seen map[string]bool
	// checksums are those of a locator, by the algorithm and version that they
	// begin with.
	checksums map[sumID]map[string]bool
	// pinned are the locators that had a checksum whatever the platform.
	pinned map[string]bool
	// hosts are those that packages of a registry came from.
	hosts map[string]bool
	// exact are the names and versions of registry packages; repos the sources
	// of what is not from a registry, without the commit.
	exact map[[2]string]bool
	repos map[string]bool
	// names are those of all packages; kinds the algorithms of a locator's
	// checksums; keys the cacheKeys of locks, by their paths.
	names map[string]bool
	kinds map[string]map[string]bool
	keys  map[string]string
	// versions are those of locks, by their paths; bodies what an entry said of its
	// package; unpinned the entries without a checksum.
	versions map[string]int
	bodies   map[string]map[string]bool
	unpinned map[string]bool
}

type sumID struct{ locator, kind string }

func newPast(base *Side, files manifests) *past {
	p := &past{map[string]bool{}, map[sumID]map[string]bool{}, map[string]bool{}, map[string]bool{}, map[[2]string]bool{}, map[string]bool{},
		map[string]bool{}, map[string]map[string]bool{}, map[string]string{}, map[string]int{}, map[string]map[string]bool{}, map[string]bool{}}
	if base == nil {
		return p
	}
	for _, l := range base.Locks {
		a := files.aliases(l)
		p.keys[l.File], p.versions[l.File] = l.CacheKey, l.Version
		for _, e := range l.Entries {
			p.note(l, e, a)
		}
	}
	return p
}

func (p *past) note(l *yarnlock.Lock, e *yarnlock.Entry, a aliases) {
	for _, w := range weaknesses(l, e, a) {
		p.seen[identity(e)+"\x00"+w.message] = true
	}
	for _, s := range sums(l, e) {
		id := sumID{s.locator, s.kind}
		if p.checksums[id] == nil {
			p.checksums[id] = map[string]bool{}
		}
		p.checksums[id][s.sum] = true
		if p.kinds[s.locator] == nil {
			p.kinds[s.locator] = map[string]bool{}
		}
		p.kinds[s.locator][s.kind] = true
		if e.Conditions == "" {
			p.pinned[s.locator] = true
		}
	}
	if p.bodies[identity(e)] == nil {
		p.bodies[identity(e)] = map[string]bool{}
	}
	p.bodies[identity(e)][body(e)] = true
	if e.Checksum == "" {
		p.unpinned[identity(e)] = true
	}
	for _, name := range e.Names() {
		p.names[name] = true
	}
	if name, version, ok := e.Package(); ok {
		p.exact[[2]string{name, version}] = true
	}
	src := sourceOf(l, e)
	switch src.kind {
	case fromRegistry:
		p.hosts[src.host] = true
	case fromGit, fromURL:
		p.repos[src.repo()] = true
	}
	p.seen[identity(e)+"\x00"+src.url] = true
	if src.kind == fromLocal {
		p.seen[identity(e)+"\x00local"] = true
	}
}

// identity is an entry apart from the ranges that ask for it: what is installed
// and from where.
func identity(e *yarnlock.Entry) string {
	return e.Resolution.String() + "\x00" + e.Resolved
}

// sum is a checksum of a locator. Only sums of one kind can be compared.
type sum struct{ locator, kind, sum string }

// sums are the checksums of an entry. Berry's depends on the cache's version,
// which stands before it or, before Yarn 4, in the lock's metadata.
func sums(l *yarnlock.Lock, e *yarnlock.Entry) []sum {
	if l.Kind == yarnlock.Berry {
		if e.Checksum == "" {
			return nil
		}
		key, hex, ok := strings.Cut(e.Checksum, "/")
		if !ok {
			key, hex = l.CacheKey, e.Checksum
		}
		return []sum{{e.Resolution.String(), key, hex}}
	}
	name, version, ok := e.Package()
	if !ok {
		return nil
	}
	at := name + "@" + version
	var out []sum
	for part := range strings.FieldsSeq(e.Integrity) {
		algorithm, hash, _ := strings.Cut(part, "-")
		hash, _, _ = strings.Cut(hash, "?")
		out = append(out, sum{at, algorithm, hash})
	}
	if _, hash, ok := strings.Cut(e.Resolved, "#"); ok && hash != "" {
		out = append(out, sum{at, "resolved", hash})
	}
	return out
}
