//go:build unix

package main

import "strings"

// evil replaces the archive of ms, and what the lock says of it.
func evil(name, sum string) func(t tree) {
	return func(t tree) {
		t.del(msArchive("archive of ms")).set(name, "evil")
		t.sub("yarn.lock", "  checksum: 10c0/"+sha512Of("archive of ms")+"\n", sum)
	}
}

// zz is a new package with its archive.
func zz(archive, checksum, more string) func(t tree) {
	return func(t tree) {
		t.locked("zz", "^1.0.0", "\n\"zz@npm:^1.0.0\":\n  version: 1.0.0\n  resolution: \"zz@npm:1.0.0\"\n"+checksum+more+"  languageName: node\n  linkType: hard\n")
		t.set(archive, "evil")
	}
}

// What a change does to archives that are committed. Yarn 4.4.1 (install
// --immutable) compares an archive with the checksum of the lock, and installs
// what is there where the change moves that checksum too, or has
// checksumBehavior "ignore".
var cacheAttacks = []attack{
	{name: "nothing", edit: func(tree) {}, fine: "nothing changes"},
	{name: "another archive below its name", edit: func(t tree) { t.set(msArchive("archive of ms"), "evil") }},
	{name: "another archive, checksums ignored", edit: func(t tree) { t.set(msArchive("archive of ms"), "evil"); rc("checksumBehavior: ignore")(t) }},
	{name: "another archive and checksum", edit: evil(msArchive("evil"), "  checksum: 10c0/"+sha512Of("evil")+"\n")},
	{name: "another archive, no checksum", edit: evil(msArchive("evil"), "")},
	{name: "another archive, no checksum, named after the cache's key", edit: evil(".yarn/cache/ms-npm-2.1.3-81ff3cfac1-10c0.zip", "")},
	{name: "another archive, for some platforms", edit: evil(".yarn/cache/ms-npm-2.1.3-81ff3cfac1-10c0.zip", "  conditions: os=linux\n")},
	{name: "a new optional package without a checksum", edit: func(t tree) {
		zz(".yarn/cache/zz-npm-1.0.0-0123456789-10c0.zip", "", "  conditions: os=linux\n")(t)
		t.sub("package.json", `"ms": "^2.0.0", "zz": "^1.0.0"}`, `"ms": "^2.0.0"}, "optionalDependencies": {"zz": "^1.0.0"}`)
	}},
	{name: "a new package whose archive is another", edit: zz(".yarn/cache/zz-npm-1.0.0-0123456789-d924b57e73.zip", sumLine, "")},
	{name: "a new package whose archive is another, in a folder of another name", edit: zz("vendor/zz-npm-1.0.0-0123456789-d924b57e73.zip", sumLine, "")},
	{name: "the archive of a patch", edit: func(t tree) {
		t.sub("package.json", `"ms": "^2.0.0"`, `"ms": "patch:ms@npm%3A2.1.3#optional!builtin<compat/typescript>"`)
		t.set(".yarn/cache/ms-patch-0123456789-d924b57e73.zip", "evil").
			sub("yarn.lock", "    ms: \"npm:^2.0.0\"", "    ms: \"patch:ms@npm%3A2.1.3#optional!builtin<compat/typescript>\"", "ms@npm:^2.0.0\"", "ms@npm:2.1.3\"").
			add("yarn.lock", "\n\"ms@patch:ms@npm%3A2.1.3#optional!builtin<compat/typescript>\":\n  version: 2.1.3\n  resolution: \"ms@patch:ms@npm%3A2.1.3#optional!builtin<compat/typescript>::version=2.1.3&hash=123456\"\n"+sumLine+"  languageName: node\n  linkType: hard\n")
	}},
	{name: "an archive is a link out", edit: func(t tree) { t.set(msArchive("archive of ms"), "link:../../../outside/package.json") }},
	{name: "an archive is /dev/zero", edit: func(t tree) { t.set(msArchive("archive of ms"), "link:/dev/zero") }},
	{name: "an archive is gone", edit: func(t tree) { t.del(msArchive("archive of ms")) }, fine: "Yarn fetches it and compares it with the lock"},
	{name: "an archive that no entry is of", edit: func(t tree) { t.set(".yarn/cache/zz-npm-1.0.0-0123456789-d924b57e73.zip", "evil") },
		fine: "Yarn removes it"},
	{name: "an archive under a second name", edit: func(t tree) {
		t.set(strings.Replace(msArchive("archive of ms"), "cache", "cache2", 1), "archive of ms")
	}, fine: "its bytes are those that the base's lock pins"},
}
