package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/portalctl/portalctl/internal/depgraph"
	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/semrange"
)

// hits are the advisories by the package that they apply to.
type hits map[osv.Package][]*osv.Advisory

func newHits(list []osv.Hit) hits {
	h := hits{}
	for _, hit := range list {
		h[hit.Package] = append(h[hit.Package], hit.Advisory)
	}
	for _, list := range h {
		slices.SortFunc(list, func(a, b *osv.Advisory) int { return strings.Compare(a.ID, b.ID) })
	}
	return h
}

// found is an advisory in a lock, with the versions that it applies to there.
// It is the identity of a finding: with the version in it, a bump that stays
// vulnerable would look new.
type found struct{ lock, name, advisory string }

// known are what a base had, by what was found. A finding has an alias of an
// advisory, too, so that one that is published under another name meanwhile is
// not new.
type known map[found]was

// was is what a base had of a finding: its versions, the parts of the portal
// that they ended up in, the names of what asked for one, and whether production
// needed one.
type was struct {
	versions, parts, askers []string
	production              bool
}

func (w was) and(o was) was {
	w.versions, w.parts = sorted(append(slices.Clone(w.versions), o.versions...)), sorted(append(slices.Clone(w.parts), o.parts...))
	w.askers = sorted(append(slices.Clone(w.askers), o.askers...))
	w.production = w.production || o.production
	return w
}

// add notes the findings of a lock under path. With prod only what production
// needs counts, malware apart.
func (k known) add(m *model, path string, h hits, prod bool) {
	assumed := m.assumed()
	for p := range m.nodes {
		if len(h[p]) == 0 {
			continue
		}
		here := was{[]string{p.Version}, m.parts(p), m.askers(p), m.production(p)}
		if m.Project == nil && m.Tool == "" { // who asked is not known: it may have been all
			here.parts, here.production = []string{runsInBackend, runsInFrontend}, true
		}
		for _, n := range m.nodes[p] {
			here = here.and(assumed[n])
		}
		for _, a := range h[p] {
			if prod && !a.Malicious && !here.production {
				continue
			}
			for _, id := range append([]string{a.ID}, a.Aliases...) {
				key := found{path, p.Name, id}
				k[key] = k[key].and(here)
			}
		}
	}
}

// was is what the base had of an advisory.
func (k known) was(path, name string, a *osv.Advisory) was {
	w := k[found{path, name, a.ID}]
	for _, id := range a.Aliases {
		w = w.and(k[found{path, name, id}])
	}
	return w
}

// askers are the names of the packages and workspaces that ask for a package.
func (m *model) askers(p osv.Package) []string {
	var out []string
	for _, n := range m.nodes[p] {
		for e := range m.graph.In(n) {
			if e.Kind != depgraph.Source {
				out = append(out, m.graph.Name(e.From))
			}
		}
	}
	return out
}

// worse says what is worse about a finding than what the base has of it: it
// gets further, its version is lower than any before, or it is one more copy,
// for what did not ask for one before. A copy that moved to another version is
// none more, nor is one that splits off because some of those that asked moved.
func (m *model) worse(f *Finding, a *osv.Advisory, h hits, w was) string {
	// Of what nobody is known to ask for it is not known, and nothing installs it.
	asked := m.Tool != "" || len(f.Where.Paths) > 0
	if f.Where.Production && !w.production && asked {
		return "for development only"
	}
	for _, part := range f.Where.Parts {
		if part != runsInTooling && !slices.Contains(w.parts, part) {
			return "not in the " + part
		}
	}
	if slices.Contains(w.versions, f.Version) {
		return ""
	}
	versions := slices.Clone(w.versions)
	semrange.SortText(versions)
	if semrange.CompareText(f.Version, versions[0]) < 0 {
		return "in no version below " + versions[0]
	}
	copies := 0
	for p := range m.nodes {
		if p.Name == f.Package && slices.Contains(h[p], a) {
			copies++
		}
	}
	before := func(name string) bool { return slices.Contains(w.askers, name) }
	for p := range m.nodes {
		if p.Name == f.Package && p.Version == f.Version && slices.ContainsFunc(m.askers(p), before) {
			return ""
		}
	}
	if copies > len(versions) {
		return "in fewer copies (" + english.Some(versions, 3) + ")"
	}
	return ""
}

// moves pairs the locks of the head with those of the base that went elsewhere:
// by path at the head, the path at the base. A lock has moved when its path is
// new, and an old one is gone that had the same text, or belonged to a package
// of the same name, or installs the same for the most part.
func moves(head, base []*Lock) map[string]string {
	return pair(head, base, sameText, sameName, sameContent)
}

// pair does so by the first of several measures that fits.
func pair(head, base []*Lock, measures ...func(a, b *Lock) bool) map[string]string {
	atHead, atBase := paths(head), paths(base)
	moves, taken := map[string]string{}, map[string]bool{}
	for _, same := range measures {
		for _, h := range head {
			if atBase[h.Path] || moves[h.Path] != "" {
				continue
			}
			for _, b := range base {
				if !atHead[b.Path] && !taken[b.Path] && same(h, b) {
					moves[h.Path], taken[b.Path] = b.Path, true
					break
				}
			}
		}
	}
	return moves
}

func sameText(a, b *Lock) bool {
	return len(a.Lock.Entries) > 0 && bytes.Equal(a.Lock.Format(), b.Lock.Format())
}

func sameName(a, b *Lock) bool { return nameOf(a) != "" && nameOf(a) == nameOf(b) }

// nameOf is the name of the package at a lock's root.
func nameOf(l *Lock) string {
	if l.Project == nil {
		return ""
	}
	return l.Project.RootWorkspace().File.Name
}

// fingerprint identifies a finding across runs. Of several versions of one
// package in one lock each has its own.
func fingerprint(f *Finding, nth int) string {
	id := strings.Join([]string{"vulnerability", f.Lockfile, f.Package, f.Advisory.ID}, "\x00")
	if nth > 0 {
		id += "\x00" + f.Version
	}
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:8])
}

// fingerprint identifies a finding of a rule across runs, as package finding
// does: by rule, file, name and key. Equal ones are numbered in seen.
func (f *ruleFinding) fingerprint(seen map[string]int) string {
	id := strings.Join([]string{f.Rule, f.Pos.File, f.Name, f.Key}, "\x00")
	seen[id]++
	if n := seen[id]; n > 1 {
		id += "\x00" + strconv.Itoa(n)
	}
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:8])
}
