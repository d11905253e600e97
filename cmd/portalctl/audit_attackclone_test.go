//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
)

// cloned moves the repository beside and puts a clone of it in its place, on the
// change's commit; main is the remote's.
func cloned(args ...string) func(g gitCase) {
	return func(g gitCase) {
		from := filepath.Join(g.beside, "origin")
		if err := os.Rename(g.root, from); err != nil {
			g.t.Fatal(err)
		}
		gitIn(g.t, from, "config", "uploadpack.allowFilter", "true")
		gitIn(g.t, g.beside, append(append([]string{"clone", "-q", "--no-tags", "--branch", "change"}, args...), "file://"+from, g.root)...)
	}
}

// merged makes the checkout a merge of main, which went on, and the change, as
// a CI system checks it out.
func merged(g gitCase) {
	g.git("checkout", "-q", "main")
	g.put("README.md", "x")
	g.git("add", "README.md")
	g.git("commit", "-q", "-m", "main goes on")
	g.git("checkout", "-q", "--detach")
	g.git("merge", "-q", "--no-ff", "-m", "merge", "change")
}

func rewritten(args ...string) func(g gitCase) {
	return func(g gitCase) { g.git(args...) }
}

// submodule puts a repository of its own into a folder, with a lock that has malware.
func submodule(folder string, checkedOut, named bool) func(g gitCase) {
	return func(g gitCase) {
		sub := filepath.Join(g.beside, "sub")
		t := tree{"package.json": `{"name": "sub", "version": "1.0.0", "dependencies": {"left-pad": "^1.0.0"}}`,
			"yarn.lock": "# yarn lockfile v1\n\n\nleft-pad@^1.0.0:\n" + classicLeftPad}
		if err := t.write(sub, nil); err != nil {
			g.t.Fatal(err)
		}
		gitIn(g.t, sub, "init", "-q", "-b", "main")
		gitIn(g.t, sub, "add", "-A")
		gitIn(g.t, sub, "commit", "-q", "-m", "sub")
		// The change as it was is the base's, so that the submodule alone is judged.
		g.put(".portalctl.yaml", "audit:\n  unread-locks: fail\n")
		g.git("add", "-A")
		g.git("commit", "-q", "-m", "policy")
		g.git("update-ref", "refs/heads/main", "change")
		if named {
			g.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "file://"+sub, folder)
		} else {
			gitIn(g.t, g.beside, "clone", "-q", sub, filepath.Join(g.root, folder))
			g.git("-c", "advice.addEmbeddedRepo=false", "add", folder)
		}
		g.git("commit", "-q", "-m", "submodule")
		if !checkedOut {
			if err := os.RemoveAll(filepath.Join(g.root, folder)); err != nil {
				g.t.Fatal(err)
			}
			if err := os.Mkdir(filepath.Join(g.root, folder), 0o755); err != nil {
				g.t.Fatal(err)
			}
		}
	}
}

// Kinds of clones and histories.
var cloneAttacks = []gitAttack{
	{name: "a clone", do: cloned(), base: "origin/main", want: 1},
	{name: "a clone, its base by the branch's name alone", do: cloned(), want: 3},
	{name: "a shallow clone of one commit", do: cloned("--depth=1"), base: "origin/main", want: 2, says: "git fetch"},
	{name: "a shallow clone of one commit, by its hash", do: cloned("--depth=1"), base: "BASE", want: 2, says: "git fetch"},
	{name: "a shallow clone of two commits", do: cloned("--depth=2", "--no-single-branch"), base: "origin/main", want: 1},
	{name: "a shallow clone of all branches, of one commit each", do: cloned("--depth=1", "--no-single-branch"), base: "origin/main", want: 2, says: "git fetch"},
	{name: "a clone without files of history", do: cloned("--filter=blob:none"), base: "origin/main", want: 2, says: "git fetch"},
	{name: "a clone without folders of history", do: cloned("--filter=tree:0"), base: "origin/main", want: 2, says: "git fetch"},
	{name: "a clone that shares objects", do: cloned("--shared"), base: "origin/main", want: 3},
	{name: "a history of its own", do: func(g gitCase) {
		g.git("checkout", "-q", "--orphan", "own")
		g.git("commit", "-q", "-m", "own")
	}, want: 2},
	{name: "a merge of main and the change", do: merged, want: 1},
	{name: "a merge whose first parent is the change", do: func(g gitCase) {
		merged(g)
		g.git("checkout", "-q", "change")
		g.git("merge", "-q", "--no-ff", "-m", "merge", "main")
	}, want: 1},
	{name: "the change was merged, and taken back", fine: "what main took back stays away when this is merged", do: func(g gitCase) {
		g.git("checkout", "-q", "main")
		g.git("merge", "-q", "--no-ff", "-m", "merge", "change")
		g.git("revert", "--no-edit", "-m", "1", "HEAD")
		g.git("checkout", "-q", "change")
		g.put("README.md", "again")
		g.git("add", "README.md")
		g.git("commit", "-q", "-m", "again")
	}, want: 3},
	{name: "two bases, one of them with the fault", do: func(g gitCase) {
		// main and change each merge the other's first commit.
		g.git("checkout", "-q", "main")
		g.put("README.md", "x")
		g.git("add", "README.md")
		g.git("commit", "-q", "-m", "a")
		g.git("branch", "a")
		g.git("merge", "-q", "-s", "ours", "-m", "main merges, without it", "change")
		g.git("checkout", "-q", "change")
		g.git("merge", "-q", "-m", "change merges", "a")
	}, want: 3},
	{name: "the lock is staged alone", do: func(g gitCase) {
		g.git("checkout", "-q", "main")
		g.git("checkout", "change", "--", "yarn.lock", "package.json")
	}, want: 1},
	{name: "the lock is in the work tree alone", do: func(g gitCase) {
		g.git("checkout", "-q", "main")
		g.git("checkout", "change", "--", "yarn.lock", "package.json")
		g.git("reset", "-q")
	}, want: 1},
	{name: "the lock is not to be looked at", do: func(g gitCase) {
		g.git("checkout", "-q", "main")
		g.git("update-index", "--skip-worktree", "yarn.lock", "package.json")
		for name, text := range worsened(attackBase("berry")) {
			g.put(name, text)
		}
	}, want: 1},
	{name: "the lock is assumed unchanged", do: func(g gitCase) {
		g.git("checkout", "-q", "main")
		g.git("update-index", "--assume-unchanged", "yarn.lock", "package.json")
		for name, text := range worsened(attackBase("berry")) {
			g.put(name, text)
		}
	}, want: 1},
	{name: "git's index of version 4", do: rewritten("update-index", "--index-version", "4"), want: 1},
	{name: "git's index is split", do: rewritten("update-index", "--split-index"), want: 3},
	{name: "git's index has an untracked cache", do: rewritten("update-index", "--force-untracked-cache"), want: 1},
	{name: "a sparse checkout", do: rewritten("sparse-checkout", "set", "packages"), want: 3},
	{name: "a sparse checkout and index", do: rewritten("sparse-checkout", "set", "--sparse-index", "packages"), want: 3},
	{name: "a commit graph", do: func(g gitCase) { g.git("commit-graph", "write", "--reachable") }, want: 1},
	{name: "packs with a bitmap and one index for all", do: func(g gitCase) {
		g.git("repack", "-q", "-a", "-d", "-b")
		g.git("multi-pack-index", "write")
	}, want: 1},
	{name: "hashes of SHA-256", do: func(g gitCase) {
		if err := os.RemoveAll(filepath.Join(g.root, ".git")); err != nil {
			g.t.Fatal(err)
		}
		g.git("init", "-q", "-b", "main", "--object-format=sha256")
		g.git("add", "-A")
		g.git("commit", "-q", "-m", "x")
	}, want: 2},
	{name: "a submodule with malware", do: submodule("e2e", true, true), want: 1, says: "MAL-0000-1"},
	{name: "a submodule with malware that is not checked out", do: submodule("e2e", false, true), want: 2, says: "submodule"},
	{name: "a submodule that is a workspace", do: submodule("packages/sub", true, true), want: 1, says: "MAL-0000-1"},
	{name: "a submodule that is a workspace and not checked out", do: submodule("packages/sub", false, true), want: 2, says: "submodule"},
	{name: "a repository in the repository, with malware", do: submodule("e2e", true, false), want: 1, says: "MAL-0000-1"},
	{name: "a workspace that becomes a submodule", do: func(g gitCase) {
		g.git("rm", "-q", "-r", "packages/app")
		g.git("commit", "-q", "-m", "away")
		submodule("packages/app", false, true)(g)
	}, want: 2, says: "submodule"},
	{name: "in a submodule", do: func(g gitCase) {
		outer := filepath.Join(g.beside, "outer")
		gitIn(g.t, g.beside, "init", "-q", "-b", "main", outer)
		gitIn(g.t, outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "-b", "change", "file://"+g.root, "sub")
		if err := os.Rename(g.root, filepath.Join(g.beside, "x")); err != nil {
			g.t.Fatal(err)
		}
		if err := exec.Command("cp", "-a", outer, g.root).Run(); err != nil {
			g.t.Fatal(err)
		}
		if err := os.Rename(g.root, g.beside+"/y"); err != nil {
			g.t.Fatal(err)
		}
		if err := os.Symlink(g.beside+"/y/sub", g.root); err != nil {
			g.t.Fatal(err)
		}
	}, base: "origin/main", want: 1},
}
