package audit

import (
	"slices"
)

// ActionKind is the way of getting rid of findings.
type ActionKind string

// The kinds.
const (
	// DropMalware: take the package out and change the secrets it could read.
	DropMalware ActionKind = "malware"
	// UpdateLock: the ranges admit the fix, the lock does not have it.
	UpdateLock ActionKind = "lock"
	// EditRange: a range of the project's own has to move.
	EditRange ActionKind = "package.json"
	// BumpParent: a newer version of a package that asks admits the fix.
	BumpParent ActionKind = "bump"
	// BumpRelease: a newer Backstage release brings it.
	BumpRelease ActionKind = "release"
	// AddResolution: an entry in resolutions overrules the package that asks.
	AddResolution ActionKind = "resolution"
	// DeleteLock: nothing reads the lock.
	DeleteLock ActionKind = "delete"
	// LookAbove: the advisory names the last version that is affected, and no fix.
	LookAbove ActionKind = "above"
	// NoFix: nobody has published a fix.
	NoFix ActionKind = "none"
)

func (k ActionKind) order() int {
	return slices.Index([]ActionKind{DropMalware, DeleteLock, UpdateLock, EditRange, BumpParent, BumpRelease, AddResolution, LookAbove, NoFix}, k)
}

// Action is one thing to do and the findings that it does away with.
type Action struct {
	Kind ActionKind
	// Lockfile is the lock that it is about.
	Lockfile string
	// Title says what to do in one sentence.
	Title string
	// Steps are the exact edits and commands, in order.
	Steps []string
	// Caution is what to know before, "" if nothing.
	Caution  string
	Findings []*Finding
}

// rank puts malware first and what is only fit to know last.
func (a *Action) rank() int {
	switch {
	case a.Kind == DropMalware:
		return 0
	case a.blocking() > 0:
		return 1
	case a.Kind == NoFix:
		return 3
	}
	return 2
}

// blocking counts the findings that block.
func (a *Action) blocking() int {
	n := 0
	for _, f := range a.Findings {
		if f.Verdict == Blocks {
			n++
		}
	}
	return n
}
