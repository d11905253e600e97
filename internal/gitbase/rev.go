package gitbase

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

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
		if steps != "" && steps[0] != '^' && steps[0] != '~' {
			return plumbing.ZeroHash, unknownRevision(rev)
		}
		if kind == '^' && n == 0 {
			continue // the commit itself
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
	if !isRefName(name) {
		return plumbing.ZeroHash, unknownRevision(name)
	}
	h, err := r.ref(name)
	if err == nil && !h.IsZero() {
		if c, ok := r.short(name); ok && c != h {
			err = fault.New("git: %q is a branch or tag and the start of commit %s, which differ", name, c).
				WithNext("Write the one that you mean in full")
		}
	}
	if err != nil || !h.IsZero() {
		return h, err
	}
	if h, ok := r.short(name); ok {
		return h, nil
	}
	f := unknownRevision(name)
	if branch := branchOf(name); branch != "" {
		f.WithNext("Fetch it: git fetch origin +refs/heads/%s:refs/remotes/origin/%s; %s", branch, branch, nextWithout)
		if len(r.shallow) > 0 {
			f.WithNext("%s", deepen(name))
		}
	}
	return plumbing.ZeroHash, f
}

// isRefName reports whether a name can be one of a ref (git-check-ref-format), or
// the start of a hash. What cannot is not looked for: it would lead elsewhere.
func isRefName(name string) bool {
	if name == "" || len(name) > 4096 || strings.HasSuffix(name, "/") || strings.HasSuffix(name, ".") || strings.Contains(name, "@{") || strings.Contains(name, "..") {
		return false
	}
	for _, r := range name {
		if r <= ' ' || r == 0x7f || r == utf8.RuneError || strings.ContainsRune("~^:?*[\\", r) {
			return false
		}
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part[0] == '.' || strings.HasSuffix(part, ".lock") {
			return false
		}
	}
	return true
}

// ref finds a ref by a full or a short name; the hash is zero when there is none.
// Git takes the first of several, a tag before a branch. Where they differ nobody
// can say which was meant, and a gate would be open by the wrong one.
func (r *Repo) ref(name string) (plumbing.Hash, error) {
	var found plumbing.Hash
	var first string
	for _, form := range []string{"", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"} {
		// Directly in .git only what is written in capitals is a ref.
		if form == "" && !strings.HasPrefix(name, "refs/") && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") != "" {
			continue
		}
		ref, err := storer.ResolveReference(r.store, plumbing.ReferenceName(form+name))
		if err != nil || ref.Hash().IsZero() {
			continue
		}
		if !found.IsZero() && found != ref.Hash() {
			return plumbing.ZeroHash, fault.New("git: %q is %s and %s, which differ", name, first, form+name).
				WithNext("Write the one that you mean in full, such as refs/heads/%s", name)
		}
		if found.IsZero() {
			found, first = ref.Hash(), form+name
		}
	}
	if found.IsZero() {
		if ref, err := storer.ResolveReference(r.store, plumbing.ReferenceName("refs/remotes/origin/"+name)); err == nil {
			found = ref.Hash()
		}
	}
	return found, nil
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
	for _, store := range r.alternates {
		borrowed, err := store.HashesWithPrefix(prefix)
		if err != nil {
			return plumbing.ZeroHash, false
		}
		list = append(list, borrowed...)
	}
	var found []plumbing.Hash
	for _, h := range list {
		if !strings.HasPrefix(h.String(), strings.ToLower(name)) || slices.Contains(found, h) {
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
