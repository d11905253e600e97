package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/portalctl/portalctl/internal/osv"
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

// known are what a base had: the versions by what was found. A finding has an
// alias of an advisory, too, so that one that is published under another name
// meanwhile is not new.
type known map[found][]string

// add notes the findings of a lock under path. With prod only what production
// needs counts, malware apart.
func (k known) add(m *model, path string, h hits, prod bool) {
	for p := range m.nodes {
		for _, a := range h[p] {
			if prod && !a.Malicious && !m.production(p) {
				continue
			}
			for _, id := range append([]string{a.ID}, a.Aliases...) {
				key := found{path, p.Name, id}
				k[key] = append(k[key], p.Version)
			}
		}
	}
}

// before are the versions that the base had an advisory for.
func (k known) before(path, name string, a *osv.Advisory) []string {
	versions := k[found{path, name, a.ID}]
	for _, id := range a.Aliases {
		versions = append(versions, k[found{path, name, id}]...)
	}
	versions = slices.Clone(versions)
	slices.Sort(versions)
	return slices.Compact(versions)
}

// Moves pairs the locks of the head with those of the base that went elsewhere:
// by path at the head, the path at the base. A lock has moved when its path is
// new, and an old one is gone that had the same text, or belonged to a package
// of the same name, or installs the same for the most part.
func Moves(head, base []*Lock) map[string]string {
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
func (f *RuleFinding) fingerprint(seen map[string]int) string {
	id := strings.Join([]string{f.Rule, f.Pos.File, f.Name, f.Key}, "\x00")
	seen[id]++
	if n := seen[id]; n > 1 {
		id += "\x00" + strconv.Itoa(n)
	}
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:8])
}
