package audit

import (
	"slices"
)

// actionKind is the way of getting rid of findings.
type actionKind string

// The kinds.
const (
	// dropMalware: take the package out and change the secrets it could read.
	dropMalware actionKind = "malware"
	// updateLock: the ranges admit the fix, the lock does not have it.
	updateLock actionKind = "lock"
	// editRange: a range of the project's own has to move.
	editRange actionKind = "package.json"
	// bumpParent: a newer version of a package that asks admits the fix.
	bumpParent actionKind = "bump"
	// bumpRelease: a newer Backstage release brings it.
	bumpRelease actionKind = "release"
	// addResolution: an entry in resolutions overrules the package that asks.
	addResolution actionKind = "resolution"
	// deleteLock: nothing reads the lock.
	deleteLock actionKind = "delete"
	// lookAbove: the advisory names the last version that is affected, and no fix.
	lookAbove actionKind = "above"
	// noFix: nobody has published a fix.
	noFix actionKind = "none"
)

func (k actionKind) order() int {
	return slices.Index([]actionKind{dropMalware, deleteLock, updateLock, editRange, bumpParent, bumpRelease, addResolution, lookAbove, noFix}, k)
}

// action is one thing to do and the findings that it does away with.
type action struct {
	Kind actionKind `json:"kind"`
	// Lockfile is the lock that it is about.
	Lockfile string `json:"lockfile"`
	// Title says what to do in one sentence.
	Title string `json:"title"`
	// Steps are the exact edits and commands, in order.
	Steps []string `json:"steps"`
	// Caution is what to know before, "" if nothing.
	Caution  string     `json:"caution"`
	Findings []*Finding `json:"-"`
}

// rank puts malware first and what is only fit to know last.
func (a *action) rank() int {
	switch {
	case a.Kind == dropMalware:
		return 0
	case a.blocking() > 0:
		return 1
	case a.Kind == noFix:
		return 3
	}
	return 2
}

// blocking counts the findings that block.
func (a *action) blocking() int {
	n := 0
	for _, f := range a.Findings {
		if f.Verdict == verdictBlocks {
			n++
		}
	}
	return n
}
