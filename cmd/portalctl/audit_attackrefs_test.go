//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
)

// Names of the base, and what may lie behind them.
// A function, as init_test.go has it.
func refAttacks() []gitAttack {
	return []gitAttack{
		{name: "nothing is wrong", want: 1},
		{name: "an option", base: "--output=x", want: 2},
		{name: "an option of fetch", base: "--upload-pack=touch x", want: 2},
		{name: "a letter's option", base: "-x", want: 2},
		{name: "two hyphens", base: "--", want: 2},
		{name: "a space", base: " ", want: 2},
		{name: "a name and a space", base: "main ", want: 2},
		{name: "reflog, now", base: "HEAD@{0}", want: 3},
		{name: "reflog, before", base: "main@{1.year.ago}", want: 3},
		{name: "reflog, the branch before", base: "@{-1}", want: 3},
		{name: "upstream", base: "main@{u}", want: 3},
		{name: "a message", base: ":/change", want: 2},
		{name: "a message of a branch", base: "change^{/change}", want: 2},
		{name: "the index", base: ":0:yarn.lock", want: 2},
		{name: "a file", base: "main:yarn.lock", want: 2},
		{name: "a tree", base: "main^{tree}", want: 2},
		{name: "a blob", base: "main^{blob}", want: 2},
		{name: "a line break", base: "main\nHEAD", want: 2},
		{name: "a command of a CI system", base: "x\n::error::x", want: 2},
		{name: "NUL", base: "main\x00", want: 2},
		{name: "escape sequences and bidi", base: "\x1b[2Jx\u202e", want: 2},
		{name: "a pattern", base: "*", want: 2},
		{name: "a range", base: "main..HEAD", want: 2},
		{name: "a symmetric range", base: "main...HEAD", want: 2},
		{name: "not main", base: "^main", want: 2},
		{name: "two names", base: "main HEAD", want: 2},
		{name: "a name of a megabyte", base: strings.Repeat("x", 1<<20), want: 2},
		{name: "a million parents", base: "main" + strings.Repeat("^", 1<<20), want: 2},
		{name: "a generation that overflows", base: "main~99999999999999999999", want: 2},
		{name: "a file beside", base: "../../beside/secret", want: 2},
		{name: "a file beside, as a ref", base: "refs/heads/../../../../beside/secret", want: 2},
		{name: "a file beside, absolute", base: "BESIDE/secret", want: 2},
		{name: "a file of .git", base: "config", want: 2},
		{name: "in capitals", base: "MAIN", want: 2},
		{name: "the commit", base: "BASE", want: 1},
		{name: "the commit itself", base: "main^0", want: 1},
		{name: "the commit, shortened", base: "SHORT", want: 1},
		{name: "three letters of a hash", base: "abc", want: 2},
		{name: "a branch that is named as the base's commit, shortened", do: func(g gitCase) {
			g.git("update-ref", "refs/heads/"+g.out("rev-parse", "--short=7", "main"), "change")
		}, base: "SHORT", want: 3},
		{name: "packed refs", do: func(g gitCase) { g.git("pack-refs", "--all") }, want: 1},
		{name: "packed refs that are old", do: func(g gitCase) {
			g.git("update-ref", "refs/heads/main", "change")
			g.git("pack-refs", "--all")
			g.git("update-ref", "refs/heads/main", "change~1")
		}, want: 1},
		{name: "a tag of the same name", do: func(g gitCase) { g.git("tag", "main", "change") }, want: 2, says: "refs/tags/main and refs/heads/main"},
		{name: "a packed tag of the same name", do: func(g gitCase) { g.git("tag", "main", "change"); g.git("pack-refs", "--all") }, want: 3},
		{name: "a tag of the same name and commit", do: func(g gitCase) { g.git("tag", "main", "refs/heads/main") }, want: 1},
		{name: "a file of the same name in .git", do: func(g gitCase) { g.put(".git/main", g.out("rev-parse", "change")+"\n") }, want: 3},
		{name: "a branch that is named as the remote's", do: func(g gitCase) {
			g.git("update-ref", "refs/remotes/origin/main", "main")
			g.git("update-ref", "refs/heads/origin/main", "change")
		}, base: "origin/main", want: 3},
		{name: "a tag that is named as the remote's", do: func(g gitCase) {
			g.git("update-ref", "refs/remotes/origin/main", "main")
			g.git("tag", "origin/main", "change")
		}, base: "origin/main", want: 3},
		{name: "a branch that is named as the base's commit", do: func(g gitCase) {
			g.git("update-ref", "refs/heads/"+g.out("rev-parse", "main"), "change")
		}, base: "BASE", want: 1},
		{name: "an annotated tag", do: func(g gitCase) { g.git("tag", "-a", "-m", "x", "v1", "main") }, base: "v1", want: 1},
		{name: "a tag of a tag", do: func(g gitCase) {
			g.git("tag", "-a", "-m", "x", "v1", "main")
			g.git("tag", "-a", "-m", "x", "v2", "v1")
		}, base: "v2", want: 1},
		{name: "a tag of a file", do: func(g gitCase) { g.git("tag", "v1", "main:yarn.lock") }, base: "v1", want: 2},
		{name: "a ref that leads to a ref", do: func(g gitCase) { g.put(".git/refs/heads/x", "ref: refs/heads/main\n") }, base: "x", want: 1},
		{name: "a ref that leads to itself", do: func(g gitCase) { g.put(".git/refs/heads/main", "ref: refs/heads/main\n") }, want: 2},
		{name: "refs in a circle", do: func(g gitCase) {
			g.put(".git/refs/heads/main", "ref: refs/heads/x\n")
			g.put(".git/refs/heads/x", "ref: refs/heads/main\n")
		}, want: 2},
		{name: "a ref that leads out", do: func(g gitCase) { g.put(".git/refs/heads/main", "ref: ../../beside/secret\n") }, want: 2},
		{name: "a ref with text behind", do: func(g gitCase) {
			g.put(".git/refs/heads/main", strings.TrimSpace(g.out("rev-parse", "main"))+" hunter2-secret\n")
		}, want: 3},
		{name: "a ref that is text", do: func(g gitCase) { g.put(".git/refs/heads/main", "hunter2-secret\n") }, want: 2},
		{name: "a ref of zeros", do: func(g gitCase) { g.put(".git/refs/heads/main", strings.Repeat("0", 40)+"\n") }, want: 2},
		{name: "a ref that is a pipe", do: func(g gitCase) { g.link(".git/refs/heads/main", "") }, want: 2},
		{name: "a ref that is /dev/zero", do: func(g gitCase) { g.link(".git/refs/heads/main", "/dev/zero") }, want: 2},
		{name: "a ref that is a link out", do: func(g gitCase) { g.link(".git/refs/heads/main", filepath.Join(g.beside, "secret")) }, want: 2},
		{name: "packed refs are a pipe", do: func(g gitCase) { g.link(".git/packed-refs", "") }, want: 3},
		{name: "packed refs are /dev/zero", do: func(g gitCase) { g.link(".git/packed-refs", "/dev/zero") }, want: 3},
		{name: "packed refs are text", do: func(g gitCase) { g.put(".git/packed-refs", "hunter2-secret\n") }, want: 3},
		{name: "HEAD is a pipe", do: func(g gitCase) { g.link(".git/HEAD", "") }, want: 2},
		{name: "HEAD is /dev/zero", do: func(g gitCase) { g.link(".git/HEAD", "/dev/zero") }, want: 2},
		{name: "HEAD is text", do: func(g gitCase) { g.put(".git/HEAD", "hunter2-secret\n") }, want: 2},
		{name: "HEAD is not born", do: func(g gitCase) { g.put(".git/HEAD", "ref: refs/heads/new\n") }, want: 2},
		{name: "the job's variable is an option", env: []string{"GITHUB_BASE_REF=--output=x"}, base: "-", want: 2},
		{name: "the job's variable leads out", env: []string{"GITHUB_BASE_REF=../../../beside/secret"}, base: "-", want: 2},
		{name: "the job's variable has two lines", env: []string{"GITHUB_BASE_REF=main\n::error::x"}, base: "-", want: 2},
		{name: "the job's variable is GitLab's, and an option", env: []string{"CI_MERGE_REQUEST_DIFF_BASE_SHA=--output=x"}, base: "-", want: 2},
		{name: "another repository in the environment", do: func(g gitCase) {
			if err := os.CopyFS(filepath.Join(g.beside, "other"), os.DirFS(g.root)); err != nil {
				g.t.Fatal(err)
			}
			gitIn(g.t, filepath.Join(g.beside, "other"), "update-ref", "refs/heads/main", "change")
		}, env: []string{"GIT_DIR=BESIDE/other/.git", "GIT_WORK_TREE=BESIDE/other", "GIT_INDEX_FILE=BESIDE/other/.git/index",
			"GIT_OBJECT_DIRECTORY=BESIDE/other/.git/objects", "GIT_COMMON_DIR=BESIDE/other/.git", "GIT_NAMESPACE=x", "GIT_CEILING_DIRECTORIES=/"}, want: 3},
		{name: "settings of git in the environment", env: []string{"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=core.fsmonitor", "GIT_CONFIG_VALUE_0=touch ROOT/canary",
			"GIT_EXTERNAL_DIFF=touch ROOT/canary", "GIT_SSH_COMMAND=touch ROOT/canary", "GIT_TRACE=ROOT/trace"}, want: 1},
	}
}
