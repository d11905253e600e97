package gitbase

import (
	"container/heap"
	"errors"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/portalctl/portalctl/internal/fault"
)

// The marks of a commit in the search for a merge base.
const (
	ofOne    = 1 << iota // an ancestor of the first commit
	ofTwo                // an ancestor of the second
	stale                // an ancestor of a common ancestor
	isResult             // was found as common
)

// MergeBase is the best common ancestor of HEAD and a revision: where the
// branch left it. It walks as git does (paint_down_to_common of commit-reach.c),
// newest first, so that it reads about as many commits as the branch has. Of
// several bases the newest counts.
func (r *Repo) MergeBase(rev string) (*Commit, error) {
	head, err := r.Commit("HEAD")
	if err != nil {
		return nil, err
	}
	other, err := r.Commit(rev)
	if err != nil {
		return nil, err
	}
	found, cut, err := r.common(head.c, other.c)
	switch {
	case err != nil:
		return nil, r.missing(err, rev)
	case found == nil && cut:
		return nil, fault.New("git: this clone's history does not reach back to where the branch left %s", rev).WithNext("%s", deepen(rev))
	case found == nil:
		return nil, fault.New("git: HEAD and %s have no commit in common", rev).
			WithNext("Name the branch that this one is to be merged into; " + nextWithout)
	}
	return r.shown(found), nil
}

// common is the newest common ancestor; cut says that the search came to
// commits whose parents the clone does not have.
func (r *Repo) common(one, two *commit) (best *commit, cut bool, err error) {
	marks := map[plumbing.Hash]int{}
	q := &queue{}
	push := func(c *commit, mark int) {
		if marks[c.hash]|mark == marks[c.hash] {
			return
		}
		marks[c.hash] |= mark
		heap.Push(q, c)
	}
	push(one, ofOne)
	push(two, ofTwo)
	var results []*commit
	for slices.ContainsFunc(*q, func(c *commit) bool { return marks[c.hash]&stale == 0 }) {
		c := heap.Pop(q).(*commit)
		mark := marks[c.hash] & (ofOne | ofTwo | stale)
		if mark == ofOne|ofTwo {
			if marks[c.hash]&isResult == 0 {
				marks[c.hash] |= isResult
				results = append(results, c)
			}
			mark |= stale
		}
		if r.shallow[c.hash] {
			cut = true
			continue
		}
		for _, h := range c.parents {
			if marks[h]|mark == marks[h] {
				continue
			}
			parent, err := r.commitOf(h)
			if errors.Is(err, plumbing.ErrObjectNotFound) {
				cut = true
				continue
			}
			if err != nil {
				return nil, cut, err
			}
			push(parent, mark)
		}
	}
	for _, c := range results {
		if marks[c.hash]&stale == 0 && (best == nil || c.when > best.when) {
			best = c
		}
	}
	return best, cut, nil
}

// queue is a heap of commits, the newest first.
type queue []*commit

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].when > q[j].when }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)        { *q = append(*q, x.(*commit)) }

func (q *queue) Pop() any {
	old := *q
	c := old[len(old)-1]
	*q = old[:len(old)-1]
	return c
}
