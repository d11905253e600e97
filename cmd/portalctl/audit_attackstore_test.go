//go:build unix

package main

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/adler32"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit"
)

// objectFile is where a loose object lies.
func objectFile(hash string) string { return ".git/objects/" + hash[:2] + "/" + hash[2:] }

// zlibBomb is a loose blob that unpacks to a gigabyte of zeros. Only the first of
// its megabytes are packed: when a flush has ended one, the next has the same bytes.
func zlibBomb() string {
	const size = 1 << 30
	block := make([]byte, 1<<20)
	head := fmt.Sprintf("blob %d\x00", size)
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, _ = io.WriteString(z, head)
	var at int
	for range 3 {
		at = b.Len()
		_, _ = z.Write(block)
		_ = z.Flush()
	}
	megabyte := bytes.Clone(b.Bytes()[at:])
	for range size/len(block) - 3 {
		b.Write(megabyte)
	}
	at = b.Len()
	_ = z.Close()
	end := bytes.Clone(b.Bytes()[at : b.Len()-4])
	b.Truncate(at)
	b.Write(end)
	// Adler-32: a zero adds nothing to the first sum, and the first to the second.
	sum := adler32.Checksum([]byte(head))
	first, second := uint64(sum&0xffff), uint64(sum>>16)
	second = (second + size*first) % 65521
	return b.String() + string(binary.BigEndian.AppendUint32(nil, uint32(second<<16|first)))
}

func TestZlibBombUnpacks(t *testing.T) {
	testkit.SkipRace(t)
	z, err := zlib.NewReader(strings.NewReader(zlibBomb()))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, z); n != 1<<30+int64(len("blob 1073741824\x00")) || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// inConfig adds a setting to .git/config; CANARY is a command that leaves a file.
func inConfig(pairs ...string) func(g gitCase) {
	return func(g gitCase) {
		for i := 0; i < len(pairs); i += 2 {
			g.git("config", pairs[i], strings.NewReplacer("CANARY", "touch "+g.root+"/canary; false", "BESIDE", g.beside).Replace(pairs[i+1]))
		}
	}
}

// What lies in .git, beside refs.
var storeAttacks = []gitAttack{
	{name: "the base's commit is replaced", do: func(g gitCase) { g.git("replace", "main", "change") }, want: 3},
	{name: "the base's tree is replaced", do: func(g gitCase) { g.git("replace", "main^{tree}", "change^{tree}") }, want: 3},
	{name: "the base's lock is replaced", do: func(g gitCase) { g.git("replace", "main:yarn.lock", "change:yarn.lock") }, want: 3},
	{name: "the change is grafted", do: func(g gitCase) { g.put(".git/info/grafts", g.out("rev-parse", "change")+"\n") }, want: 3},
	{name: "the base is grafted onto the change", do: func(g gitCase) {
		g.put(".git/info/grafts", g.out("rev-parse", "main")+" "+g.out("rev-parse", "change")+"\n")
	}, want: 3},
	{name: "the change is said to be shallow", do: func(g gitCase) { g.put(".git/shallow", g.out("rev-parse", "change")+"\n") }, want: 3},
	{name: "the base is said to be shallow", do: func(g gitCase) { g.put(".git/shallow", g.out("rev-parse", "main")+"\n") }, want: 1},
	{name: "the list of shallow commits is a pipe", do: func(g gitCase) { g.link(".git/shallow", "") }, want: 3},
	{name: "the list of shallow commits is text", do: func(g gitCase) { g.put(".git/shallow", "hunter2-secret\n") }, want: 3},
	{name: "objects of others that are not there", do: func(g gitCase) { g.put(".git/objects/info/alternates", "/nowhere\n../../../beside\n") }, want: 1},
	{name: "objects of others are its own", do: func(g gitCase) { g.put(".git/objects/info/alternates", ".\n"+g.root+"/.git/objects\n") }, want: 1},
	{name: "objects of others, in a circle", do: func(g gitCase) {
		if err := os.MkdirAll(filepath.Join(g.beside, "o", "info"), 0o755); err != nil {
			g.t.Fatal(err)
		}
		g.put(".git/objects/info/alternates", g.beside+"/o\n")
		g.put("../beside/o/info/alternates", g.root+"/.git/objects\n")
	}, want: 1},
	{name: "objects of others, by /dev/zero", do: func(g gitCase) { g.link(".git/objects/info/alternates", "/dev/zero") }, want: 3},
	{name: "objects of others, by a pipe", do: func(g gitCase) { g.link(".git/objects/info/alternates", "") }, want: 3},
	{name: "objects of others, all of them", do: func(g gitCase) {
		if err := os.Rename(filepath.Join(g.root, ".git/objects"), filepath.Join(g.beside, "objects")); err != nil {
			g.t.Fatal(err)
		}
		g.put(".git/objects/info/alternates", g.beside+"/objects\n")
	}, want: 1},
	{name: "objects of others that deny the base", do: func(g gitCase) {
		g.git("repack", "-q", "-a", "-d")
		g.put(".git/objects/info/alternates", g.beside+"\n")
	}, want: 1},
	{name: ".git is a link", do: func(g gitCase) {
		if err := os.Rename(filepath.Join(g.root, ".git"), filepath.Join(g.beside, "x.git")); err != nil {
			g.t.Fatal(err)
		}
		g.link(".git", g.beside+"/x.git")
	}, want: 3},
	{name: ".git is a file", do: func(g gitCase) {
		if err := os.Rename(filepath.Join(g.root, ".git"), filepath.Join(g.beside, "x.git")); err != nil {
			g.t.Fatal(err)
		}
		g.put(".git", "gitdir: "+g.beside+"/x.git\n")
	}, want: 1},
	{name: ".git is a file that leads nowhere", do: func(g gitCase) { g.link(".git", "x"); g.put(".git", "gitdir: /nowhere/x\n") }, want: 2},
	{name: ".git is a file of text", do: func(g gitCase) { g.link(".git", "x"); g.put(".git", "hunter2-secret\n") }, want: 2},
	{name: ".git is a pipe", do: func(g gitCase) { g.link(".git", "") }, want: 2},
	{name: ".git is /dev/zero", do: func(g gitCase) { g.link(".git", "/dev/zero") }, want: 2},
	{name: ".git leads to itself", do: func(g gitCase) { g.link(".git", "x"); g.put(".git", "gitdir: .git\n") }, want: 2},
	{name: ".git is gone", do: func(g gitCase) { g.link(".git", "x"); _ = os.Remove(filepath.Join(g.root, ".git")) }, want: 2},
	{name: ".git is gone, and a bare repository lies around it", do: func(g gitCase) {
		if err := os.Rename(filepath.Join(g.root, ".git"), filepath.Join(g.root, "x")); err != nil {
			g.t.Fatal(err)
		}
		for _, name := range []string{"HEAD", "config", "objects", "refs"} {
			if err := os.Rename(filepath.Join(g.root, "x", name), filepath.Join(g.root, name)); err != nil {
				g.t.Fatal(err)
			}
		}
	}, want: 2},
	{name: "the folder of all work trees is elsewhere", do: func(g gitCase) { g.put(".git/commondir", g.beside+"\n") }, want: 3},
	{name: "a linked work tree", do: func(g gitCase) {
		if err := os.Rename(g.root, filepath.Join(g.beside, "first")); err != nil {
			g.t.Fatal(err)
		}
		gitIn(g.t, filepath.Join(g.beside, "first"), "checkout", "-q", "--detach")
		gitIn(g.t, filepath.Join(g.beside, "first"), "worktree", "add", "-q", g.root, "change")
	}, want: 1},
	{name: "the base's lock is a bomb", do: func(g gitCase) { g.put(objectFile(g.out("rev-parse", "main:yarn.lock")), zlibBomb()) }, want: 2},
	{name: "the base's lock is cut", do: func(g gitCase) {
		file := objectFile(g.out("rev-parse", "main:yarn.lock"))
		src, err := os.ReadFile(filepath.Join(g.root, file))
		if err != nil {
			g.t.Fatal(err)
		}
		g.put(file, string(src[:len(src)/2]))
	}, want: 2},
	{name: "the base's lock is the change's, with its own name", do: func(g gitCase) {
		src, err := os.ReadFile(filepath.Join(g.root, objectFile(g.out("rev-parse", "change:yarn.lock"))))
		if err != nil {
			g.t.Fatal(err)
		}
		g.put(objectFile(g.out("rev-parse", "main:yarn.lock")), string(src))
	}, want: 3},
	{name: "the base's lock is gone", do: func(g gitCase) {
		if err := os.Remove(filepath.Join(g.root, objectFile(g.out("rev-parse", "main:yarn.lock")))); err != nil {
			g.t.Fatal(err)
		}
	}, want: 2},
	{name: "the base's tree is gone", do: func(g gitCase) {
		if err := os.Remove(filepath.Join(g.root, objectFile(g.out("rev-parse", "main^{tree}")))); err != nil {
			g.t.Fatal(err)
		}
	}, want: 2},
	{name: "the base's object is a pipe", do: func(g gitCase) { g.link(objectFile(g.out("rev-parse", "main:yarn.lock")), "") }, want: 2},
	{name: "the base's commit is a pipe", do: func(g gitCase) { g.link(objectFile(g.out("rev-parse", "main")), "") }, want: 2},
	{name: "a pack that is cut", do: func(g gitCase) {
		g.git("repack", "-q", "-a", "-d")
		packs, _ := filepath.Glob(filepath.Join(g.root, ".git/objects/pack/*.pack"))
		if err := os.Chmod(packs[0], 0o600); err != nil {
			g.t.Fatal(err)
		}
		if err := os.Truncate(packs[0], 200); err != nil {
			g.t.Fatal(err)
		}
	}, want: 2},
	{name: "the index of a pack is text", do: func(g gitCase) {
		g.git("repack", "-q", "-a", "-d")
		packs, _ := filepath.Glob(filepath.Join(g.root, ".git/objects/pack/*.idx"))
		if err := os.Remove(packs[0]); err != nil {
			g.t.Fatal(err)
		}
		if err := os.WriteFile(packs[0], []byte("\xfftOc\x00\x00\x00\x02"+strings.Repeat("\xff", 4096)), 0o600); err != nil {
			g.t.Fatal(err)
		}
	}, want: 2},
	{name: "git's index is a pipe", do: func(g gitCase) { g.link(".git/index", "") }, want: 3},
	{name: "git's index is /dev/zero", do: func(g gitCase) { g.link(".git/index", "/dev/zero") }, want: 3},
	{name: "git's index is text", do: func(g gitCase) { g.put(".git/index", "hunter2-secret") }, want: 3},
	{name: "git's config is a pipe", do: func(g gitCase) { g.link(".git/config", "") }, want: 3},
	{name: "git's config is /dev/zero", do: func(g gitCase) { g.link(".git/config", "/dev/zero") }, want: 3},
	{name: "git's config is text", do: func(g gitCase) { g.put(".git/config", "hunter2-secret\n\x00[") }, want: 3},
	{name: "config runs a monitor", do: inConfig("core.fsmonitor", "CANARY"), want: 1},
	{name: "config runs hooks", do: func(g gitCase) {
		g.put("../beside/hooks/post-checkout", "#!/bin/sh\ntouch "+g.root+"/canary\n")
		_ = os.Chmod(filepath.Join(g.beside, "hooks/post-checkout"), 0o755)
		inConfig("core.hooksPath", "BESIDE/hooks")(g)
	}, want: 1},
	{name: "config runs programs", do: inConfig("core.sshCommand", "CANARY", "core.editor", "CANARY", "core.pager", "CANARY", "diff.external", "CANARY", "gpg.program", "CANARY",
		"credential.helper", "!CANARY", "core.gitProxy", "CANARY", "uploadpack.packObjectsHook", "CANARY", "core.alternateRefsCommand", "CANARY", "alias.rev-parse", "!CANARY"), want: 1},
	{name: "config runs filters", do: func(g gitCase) {
		g.put(".git/info/attributes", "* filter=x diff=x merge=x\n")
		inConfig("filter.x.clean", "CANARY", "filter.x.smudge", "CANARY", "filter.x.process", "CANARY", "filter.x.required", "true", "diff.x.textconv", "CANARY", "merge.x.driver", "CANARY")(g)
	}, want: 1},
	{name: "config has another work tree", do: inConfig("core.worktree", "BESIDE"), want: 3},
	{name: "config says that it is bare", do: inConfig("core.bare", "true"), want: 3},
	{name: "config includes /dev/zero", do: inConfig("include.path", "/dev/zero"), want: 3},
	{name: "config includes itself", do: inConfig("include.path", "config"), want: 3},
	{name: "config fetches what is missing, by a command", do: func(g gitCase) {
		inConfig("core.repositoryFormatVersion", "1", "extensions.partialClone", "origin", "remote.origin.promisor", "true", "remote.origin.url", "ext::sh -c touch% "+g.root+"/canary", "protocol.ext.allow", "always")(g)
		if err := os.Remove(filepath.Join(g.root, objectFile(strings.TrimSpace(lsTree(g, "yarn.lock"))))); err != nil {
			g.t.Fatal(err)
		}
	}, want: 2},
	{name: "config has an extension that is not known", do: inConfig("core.repositoryFormatVersion", "1", "extensions.evil", "true"), want: 3},
	{name: "config has version 9", do: inConfig("core.repositoryFormatVersion", "9"), want: 3},
}

// lsTree is the object of a file of main, read without asking for it.
func lsTree(g gitCase, name string) string {
	cmd := exec.Command("git", "ls-tree", "main", name)
	cmd.Dir = g.root
	out, err := cmd.Output()
	if err != nil {
		g.t.Fatal(err)
	}
	return strings.Fields(string(out))[2]
}
