package trust

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/jsonedit"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// manifests is the rule yarnrc for what package.json files say about which code
// runs: the release of Yarn that Corepack fetches (packageManager), and packages
// that may run scripts where others may not (dependenciesMeta).
func (c *checker) manifests() {
	if c.in.Base == nil || c.in.Base.Files == nil {
		return
	}
	installed := c.was.names
	for _, file := range slices.Sorted(maps.Keys(c.head)) {
		if path.Base(file) != manifest {
			continue
		}
		doc, was := c.now.at(file), c.old.at(file)
		if doc == nil {
			continue
		}
		if v, ok := doc.Get("packageManager"); ok {
			if now := v.String(); now != textOf(was, "packageManager") && strings.Contains(now, ":") {
				c.setting(v.Pos(), "packageManager", "address", true, false, "packageManager has Corepack run what it fetches from an address, instead of a release of Yarn",
					"Write the version: yarn@4.9.1")
			}
		}
		c.manager(file, doc, was)
		for _, m := range doc.Members("dependenciesMeta") {
			if v, ok := m.Value.Get("built"); !ok || !v.Bool() {
				continue
			}
			if was != nil {
				if v, ok := was.Get("dependenciesMeta", m.Name, "built"); ok && v.Bool() {
					continue
				}
			}
			name := m.Name
			if d, ok := spec.ParseDescriptor(name); ok {
				name = d.Name
			}
			c.setting(m.Pos(), "dependenciesMeta."+m.Name, "built", true, installed[name],
				"dependenciesMeta lets "+m.Name+" run code when it is installed", "Make sure that it needs to, and read what it runs")
		}
	}
}

// manager is about a change by which another package manager installs than the
// one that the lock beside is of.
func (c *checker) manager(file string, doc, was *jsonedit.Doc) {
	dir := path.Dir(file)
	tool, version, _ := strings.Cut(textOf(doc, "packageManager"), "@")
	oldTool, oldVersion, _ := strings.Cut(textOf(was, "packageManager"), "@")
	var lock *yarnlock.Lock
	for _, l := range c.in.Head.Locks {
		if path.Dir(l.File) == dir && ofYarn(l) {
			lock = l
		} else if path.Dir(l.File) == dir && tool != "yarn" {
			return // it has a lock of its own, which is judged
		}
	}
	if lock == nil || was == nil || tool == oldTool && version == oldVersion {
		return
	}
	rc := path.Join(dir, berryFile)
	classic := strings.HasPrefix(version, "0.") || strings.HasPrefix(version, "1.")
	pos := posOf(file)
	if v, ok := doc.Get("packageManager"); ok {
		pos = v.Pos()
	}
	switch {
	case tool != "" && tool != "yarn":
		c.setting(pos, "packageManager", "tool", true, false, "packageManager is "+tool+" now, which does not read "+lock.File+": what it installs is not audited",
			"Commit the lock that it writes, or leave packageManager as it was")
	case lock.Kind == yarnlock.Berry && settingOf(c.heads, rc, "yarnPath") == "" && (tool == "yarn" && classic || tool == "" && oldTool == "yarn"):
		c.setting(pos, "packageManager", "tool", true, tool == "", "Yarn 1 may install now, which cannot read the form of "+lock.File+": what it installs is not audited",
			"Name the Yarn that wrote the lock in packageManager")
	}
}

// newYarn reports whether a change brings another Yarn, or another way of
// packing archives, by which the key of all checksums in a lock may change.
func (c *checker) newYarn(lock string) bool {
	if textOf(c.now.beside(lock), "packageManager") != textOf(c.old.beside(lock), "packageManager") {
		return true
	}
	rc := path.Join(path.Dir(lock), berryFile)
	for _, key := range []string{"yarnPath", "compressionLevel"} {
		if settingOf(c.heads, rc, key) != settingOf(c.bases, rc, key) {
			return true
		}
	}
	return false
}
