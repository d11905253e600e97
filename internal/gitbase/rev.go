package gitbase

import (
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/storer"

	"github.com/portalctl/portalctl/internal/fault"
)

// resolve reads a revision: a ref by the rules of gitrevisions(7), a commit's
// name or the start of it, and after that any number of ^, ^N and ~N. A plain
// branch name that is only known as origin's is found, too, as git checkout
// does.
func (r *Repo) resolve(rev string) (plumbing.Hash, error) {
	name, steps := rev, ""
	if i := strings.IndexAny(rev, "^~"); i >= 0 {
		name, steps = rev[:i], rev[i:]
	}
	h, err := r.name(name)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	for steps != "" {
		kind := steps[0]
		end := 1
		for end < len(steps) && steps[end] >= '0' && steps[end] <= '9' {
			end++
		}
		n := 1
		if end > 1 {
			if n, err = strconv.Atoi(steps[1:end]); err != nil {
				return plumbing.ZeroHash, unknownRevision(rev)
			}
		}
		steps = steps[end:]
		if steps != "" && steps[0] != '^' && steps[0] != '~' || kind == '^' && n == 0 {
			return plumbing.ZeroHash, unknownRevision(rev)
		}
		nth, times := n, 1
		if kind == '~' {
			nth, times = 1, n
		}
		for range times {
			c, err := r.load(h)
			if err != nil {
				return plumbing.ZeroHash, r.missing(err, rev)
			}
			if len(c.parents) < nth {
				return plumbing.ZeroHash, unknownRevision(rev)
			}
			h = c.parents[nth-1]
		}
	}
	return h, nil
}

func (r *Repo) name(name string) (plumbing.Hash, error) {
	if strings.HasPrefix(name, "-") {
		return plumbing.ZeroHash, unknownRevision(name)
	}
	if name == "@" {
		name = "HEAD"
	}
	if plumbing.IsHash(name) {
		return plumbing.NewHash(name), nil
	}
	for _, form := range []string{"", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/", "refs/remotes/origin/"} {
		ref, err := storer.ResolveReference(r.store, plumbing.ReferenceName(form+name))
		if err == nil && !ref.Hash().IsZero() {
			return ref.Hash(), nil
		}
	}
	if h, ok := r.short(name); ok {
		return h, nil
	}
	f := unknownRevision(name)
	if branch := branchOf(name); branch != "" {
		f.WithNext("Fetch it: git fetch origin +refs/heads/%s:refs/remotes/origin/%s; %s", branch, branch, nextWithout)
		if r.Shallow() {
			f.WithNext("%s", deepen(name))
		}
	}
	return plumbing.ZeroHash, f
}

// short finds a commit by the start of its name, if it is the only one.
func (r *Repo) short(name string) (plumbing.Hash, bool) {
	if len(name) < 4 || len(name) > 40 {
		return plumbing.ZeroHash, false
	}
	prefix, err := hex.DecodeString(name[:len(name)&^1])
	if err != nil {
		return plumbing.ZeroHash, false
	}
	list, err := r.store.HashesWithPrefix(prefix)
	if err != nil {
		return plumbing.ZeroHash, false
	}
	var found []plumbing.Hash
	for _, h := range list {
		if !strings.HasPrefix(h.String(), strings.ToLower(name)) {
			continue
		}
		if _, err := r.commitOf(h); err == nil {
			found = append(found, h)
		}
	}
	if len(found) != 1 {
		return plumbing.ZeroHash, false
	}
	return found[0], true
}

func unknownRevision(rev string) *fault.Error {
	return fault.New("git: there is no branch, tag or commit %q", rev).
		WithNext("Name one that git log knows; " + nextWithout)
}
