package gitbase

import (
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
)

// FindBase is the revision that the work tree of dir is compared with: rev, or
// without one what a pull request goes to, by what CI says in its variables, which
// get answers for. r is nil outside of a pull request. name is what to call it.
func FindBase(dir, rev string, get func(string) string) (r *Repo, base, name string, err error) {
	if rev == "" && get("GITHUB_BASE_REF") == "" && get("CI_MERGE_REQUEST_DIFF_BASE_SHA") == "" && get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME") == "" {
		return nil, "", "", nil
	}
	if r, err = Open(dir); err != nil || rev != "" {
		return r, rev, rev, err
	}
	base, name, err = r.pullRequest(get)
	return r, base, name, err
}

// pullRequest is what a pull request goes to.
func (r *Repo) pullRequest(get func(string) string) (rev, name string, err error) {
	if branch := get("GITHUB_BASE_REF"); branch != "" {
		rev = "refs/remotes/origin/" + branch
		// GitHub checks out a merge of the base branch and the change: where it
		// cloned nothing else, the merge's first parent is the base branch. Only
		// a commit that GitHub made counts: a change could make its own.
		if !r.Has(rev) && strings.HasPrefix(get("GITHUB_REF"), "refs/pull/") && strings.HasSuffix(get("GITHUB_REF"), "/merge") {
			if head, err := r.Commit("HEAD"); err == nil && head.Hash == get("GITHUB_SHA") && len(head.c.parents) == 2 {
				if r.Has("HEAD^1") {
					return "HEAD^1", branch, nil
				}
				return "", "", fault.New("git: this clone has the merge of the pull request, but not what it is merged into").
					WithNext("Have CI fetch one commit more (actions/checkout: fetch-depth: 2), or run git fetch --deepen=1")
			}
		}
		return rev, branch, nil
	}
	sha, branch := get("CI_MERGE_REQUEST_DIFF_BASE_SHA"), get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
	if branch != "" && r.Has("refs/remotes/origin/"+branch) || sha == "" {
		return "refs/remotes/origin/" + branch, branch, nil
	}
	if branch == "" {
		branch = sha[:min(len(sha), 12)]
	}
	if !r.Has(sha) {
		return "", "", fault.New("git: this clone does not have %s, where the merge request left %s", sha, branch).
			WithNext("Run git fetch --deepen=200 origin, or set GIT_DEPTH: 0 for the job")
	}
	return sha, branch, nil
}
