package audit

import (
	"slices"

	"github.com/portalctl/portalctl/internal/yarnlock"
)

// inheritedFrom are the locks of the base that a lock of the head took packages
// over from, by path at the head, apart from the lock that it was itself: a
// monorepo is split, so that a lock is new for folders that were workspaces under
// another; or is put together, so that a folder whose lock is gone is a workspace
// under another now. What was known there is nothing that the change brings.
func inheritedFrom(head, base []*Lock) map[string][]string {
	atHead, atBase := paths(head), paths(base)
	out := map[string][]string{}
	for _, h := range head {
		for _, b := range base {
			split := !atBase[h.Path] && shares(h, b)
			joined := !atHead[b.Path] && slices.Contains(folders(h), dirOf(b))
			if h.Path != b.Path && (split || joined) {
				out[h.Path] = append(out[h.Path], b.Path)
			}
		}
	}
	return out
}

func paths(list []*Lock) map[string]bool {
	out := map[string]bool{}
	for _, l := range list {
		out[l.Path] = true
	}
	return out
}

// folders are those of the packages that a lock is for, from the root of what
// is audited.
func folders(l *Lock) []string {
	if l.Project == nil {
		return nil
	}
	var out []string
	for _, ws := range l.Project.Workspaces {
		out = append(out, join(dirOf(l), ws.Rel))
	}
	return out
}

// shares reports whether two locks are for a package in the same folder.
func shares(a, b *Lock) bool {
	have := folders(b)
	return slices.ContainsFunc(folders(a), func(dir string) bool { return slices.Contains(have, dir) })
}

// alike is the part of what both locks install that each of them does, from
// above which one is taken for the other under a new path. git takes half of the
// lines for that; the ranges and checksums in a lock are as good as unique.
const alike = 0.6

// sameContent reports whether two locks install the same for the most part: a
// package was renamed together with its folder.
func sameContent(a, b *Lock) bool {
	x, y := installed(a.Lock), installed(b.Lock)
	both := 0
	for at := range x {
		if y[at] {
			both++
		}
	}
	return both > 0 && float64(both) >= alike*float64(max(len(x), len(y)))
}

// installed are what a lock installs from elsewhere.
func installed(l *yarnlock.Lock) map[yarnlock.Locator]bool {
	out := make(map[yarnlock.Locator]bool, len(l.Entries))
	for _, e := range l.Entries {
		if !e.IsWorkspace() {
			out[e.Resolution] = true
		}
	}
	return out
}
