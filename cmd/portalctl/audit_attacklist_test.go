//go:build unix

package main

import "strings"

// An attack is what a pull request brings. Most are stopped (exit code 1 or 2).
// Those with a fine are not: it says why nothing else is installed than what was
// judged, as seen with Yarn 4.4.1 (install --immutable) and Yarn 1.22.22.
type attack struct {
	name string
	edit func(t tree)
	fine string
}

func lockSub(oldNew ...string) func(t tree) {
	return func(t tree) { t.sub("yarn.lock", oldNew...) }
}

// asLeftPad is an entry that says to be ms, and has all of left-pad.
func otherMS(version, resolution, more string) func(t tree) {
	return lockSub(msEntry, "\"ms@npm:^2.0.0\":\n  version: "+version+"\n  resolution: \""+resolution+"\"\n"+more+"  languageName: node\n  linkType: hard\n")
}

func rc(lines string) func(t tree) {
	return func(t tree) { t.add(".yarnrc.yml", "\n"+lines+"\n") }
}

func rcInstead(old, lines string) func(t tree) {
	return func(t tree) { t.sub(".yarnrc.yml", old, lines) }
}

const (
	sumLine     = "  checksum: " + sumMS + "\n"
	sumLineOld  = "  checksum: " + sumOldMS + "\n"
	sumLinePad  = "  checksum: " + sumLeftPad + "\n"
	leftPadTail = "  version: 1.3.0\n  resolution: \"left-pad@npm:1.3.0\"\n" + sumLinePad + "  languageName: node\n  linkType: hard\n"
)

var berryLockAttacks = []attack{
	{name: "version with a v", edit: lockSub("version: 2.1.3", "version: v2.1.3")},
	{name: "version with an equals sign", edit: lockSub("version: 2.1.3", `version: "=2.1.3"`)},
	{name: "resolution with a v, lower than it says", edit: otherMS("2.1.3", "ms@npm:v0.7.1", sumLineOld)},
	{name: "resolution with build metadata", edit: otherMS("2.1.3", "ms@npm:2.1.3+build", sumLine)},
	{name: "resolution with a space", edit: otherMS("2.1.3", "ms@npm: 0.7.1", sumLineOld)},
	{name: "resolution of another name", edit: otherMS("1.3.0", "left-pad@npm:1.3.0", sumLinePad)},
	{name: "resolution of another name, version of the first", edit: otherMS("2.1.3", "left-pad@npm:1.3.0", sumLinePad)},
	{name: "alias in manifest and lock", edit: func(t tree) {
		t.locked("pad", "npm:left-pad@^1.0.0", strings.Replace(leftPadEntry, "left-pad@npm:^1.0.0", "pad@npm:left-pad@^1.0.0", 1))
	}},
	{name: "alias within an alias", edit: func(t tree) {
		t.locked("pad", "npm:left-pad@npm:left-pad@^1.0.0", strings.Replace(leftPadEntry, "left-pad@npm:^1.0.0", "pad@npm:left-pad@npm:left-pad@^1.0.0", 1))
	}},
	{name: "the same key twice", edit: func(t tree) { t.add("yarn.lock", "\n\"ms@npm:^2.0.0\":\n"+leftPadTail) }},
	{name: "the same key twice, with another escape", edit: func(t tree) { t.add("yarn.lock", "\n\"\\x6ds@npm:^2.0.0\":\n"+leftPadTail) }},
	{name: "a descriptor in two keys", edit: func(t tree) { t.add("yarn.lock", "\n\"ms@npm:^2.0.0, ms@npm:^2.9.0\":\n"+leftPadTail) }},
	{name: "two names in one key", edit: lockSub("\"ms@npm:^2.0.0\":", "\"left-pad@npm:^1.0.0, ms@npm:^2.0.0\":", "resolution: \"ms@npm:2.1.3\"\n"+sumLine, "resolution: \"left-pad@npm:1.3.0\"\n"+sumLinePad)},
	{name: "a range leads below itself", edit: otherMS("0.7.1", "ms@npm:0.7.1", sumLineOld)},
	{name: "a git commit instead", edit: otherMS("2.1.3", "ms@https://github.com/evil/ms.git#commit=0123456789012345678901234567890123456789", sumLine)},
	{name: "a git reference by ssh", edit: otherMS("2.1.3", "ms@git@github.com:evil/ms.git#commit=0123456789012345678901234567890123456789", sumLine)},
	{name: "a tarball by URL", edit: otherMS("2.1.3", "ms@https://evil.example/ms-2.1.3.tgz", sumLine)},
	{name: "a tarball of the registry by URL", edit: otherMS("2.1.3", "ms@https://registry.npmjs.org/left-pad/-/left-pad-1.3.0.tgz", sumLinePad)},
	{name: "archive URL of another host", edit: otherMS("2.1.3", "ms@npm:2.1.3::__archiveUrl=https%3A%2F%2Fevil.example%2Fms%2F-%2Fms-2.1.3.tgz", sumLine)},
	{name: "archive URL of another version", edit: otherMS("2.1.3", "ms@npm:2.1.3::__archiveUrl=https%3A%2F%2Fregistry.npmjs.org%2Fms%2F-%2Fms-0.7.1.tgz", sumLineOld)},
	{name: "archive URL of another package", edit: otherMS("2.1.3", "ms@npm:2.1.3::__archiveUrl=https%3A%2F%2Fregistry.npmjs.org%2Fleft-pad%2F-%2Fleft-pad-1.3.0.tgz", sumLinePad)},
	{name: "archive URL with dots", edit: otherMS("2.1.3", "ms@npm:2.1.3::__archiveUrl=https%3A%2F%2Fregistry.npmjs.org%2Fms%2F-%2F..%2F..%2Fleft-pad%2F-%2Fleft-pad-1.3.0.tgz%3F%2Fms-2.1.3.tgz", sumLinePad)},
	{name: "archive URL twice", edit: otherMS("2.1.3", "ms@npm:2.1.3::__archiveUrl=https%3A%2F%2Fregistry.npmjs.org%2Fms%2F-%2Fms-2.1.3.tgz&__archiveUrl=https%3A%2F%2Fevil.example%2Fms-2.1.3.tgz", sumLine)},
	{name: "archive URL with escaped name", edit: otherMS("2.1.3", "ms@npm:2.1.3::%5f_archiveUrl=https%3A%2F%2Fevil.example%2Fms-2.1.3.tgz", sumLine)},
	{name: "patch of another package", edit: otherMS("2.1.3", "ms@patch:left-pad@npm%3A1.3.0#~/.yarn/patches/ms.patch::version=2.1.3&hash=123456", sumLinePad)},
	{name: "patch, named built in, of another package", edit: otherMS("2.1.3", "ms@patch:ms@npm%3A2.1.3#optional!builtin<compat/resolve>::version=2.1.3&hash=123456", sumLine)},
	{name: "portal out of the repository", edit: func(t tree) {
		t.locked("zz", "portal:../../evil", "\n\"zz@portal:../../evil::locator=root%40workspace%3A.\":\n  version: 0.0.0-use.local\n  resolution: \"zz@portal:../../evil::locator=root%40workspace%3A.\"\n  languageName: node\n  linkType: soft\n")
	}},
	{name: "link out of the repository", edit: func(t tree) {
		t.locked("zz", "link:/tmp/evil", "\n\"zz@link:/tmp/evil::locator=root%40workspace%3A.\":\n  version: 0.0.0-use.local\n  resolution: \"zz@link:/tmp/evil::locator=root%40workspace%3A.\"\n  languageName: node\n  linkType: soft\n")
	}},
	{name: "a tarball in the repository", edit: func(t tree) {
		t.set("vendor/zz.tgz", "evil").locked("zz", "file:./vendor/zz.tgz", "\n\"zz@file:./vendor/zz.tgz::locator=root%40workspace%3A.\":\n  version: 1.0.0\n  resolution: \"zz@file:./vendor/zz.tgz#./vendor/zz.tgz::hash=123456&locator=root%40workspace%3A.\"\n"+sumLine+"  languageName: node\n  linkType: hard\n")
	}},
	{name: "a script makes the package", edit: func(t tree) {
		t.set("gen.js", "evil").locked("zz", "exec:./gen.js", "\n\"zz@exec:./gen.js::locator=root%40workspace%3A.\":\n  version: 1.0.0\n  resolution: \"zz@exec:./gen.js#./gen.js::hash=123456&locator=root%40workspace%3A.\"\n"+sumLine+"  languageName: node\n  linkType: hard\n")
	}},
	{name: "a workspace that is not there", edit: otherMS("0.0.0-use.local", "ms@workspace:packages/ms", "")},
	{name: "checksum removed", edit: lockSub(sumLine, "")},
	{name: "checksum empty", edit: lockSub(sumLine, "  checksum: \"\"\n")},
	{name: "checksum null", edit: lockSub(sumLine, "  checksum: ~\n")},
	{name: "checksum without digest", edit: lockSub(sumLine, "  checksum: 10c0/\n")},
	{name: "checksum of another cache key", edit: lockSub(sumMS, "9"+strings.TrimPrefix(sumLeftPad, "10c0"))},
	{name: "checksum changed", edit: lockSub(sumMS, sumLeftPad)},
	{name: "cache key changed", edit: lockSub("cacheKey: 10c0", "cacheKey: 10")},
	{name: "cache key removed", edit: lockSub("  cacheKey: 10c0\n", "")},
	{name: "version of the lock lowered", edit: lockSub("  version: 8\n", "  version: 3\n")},
	{name: "no metadata", edit: lockSub("__metadata:\n  version: 8\n  cacheKey: 10c0\n\n", "")},
	{name: "metadata twice", edit: func(t tree) { t.add("yarn.lock", "\n__metadata:\n  version: 4\n") }},
	{name: "soft link type", edit: lockSub(msEntry, strings.Replace(msEntry, "hard", "soft", 1))},
	{name: "conditions take the checksum away", edit: lockSub(sumLine, "  conditions: os=linux\n")},
	{name: "conditions of a new package that is no optional one", edit: func(t tree) {
		t.locked("zz", "^1.0.0", "\n\"zz@npm:^1.0.0\":\n  version: 1.0.0\n  resolution: \"zz@npm:1.0.0\"\n  conditions: os=linux\n  languageName: node\n  linkType: hard\n")
	}},
	{name: "conditions that say nothing", edit: func(t tree) {
		t.locked("zz", "^1.0.0", "\n\"zz@npm:^1.0.0\":\n  version: 1.0.0\n  resolution: \"zz@npm:1.0.0\"\n  conditions: \"\"\n  languageName: node\n  linkType: hard\n")
	}},
	{name: "BOM, and malware", edit: func(t tree) {
		t.locked("left-pad", "^1.0.0", leftPadEntry)
		t["yarn.lock"] = "\ufeff" + t["yarn.lock"]
	}},
	{name: "CRLF, and malware", edit: func(t tree) {
		t.locked("left-pad", "^1.0.0", leftPadEntry)
		t["yarn.lock"] = strings.ReplaceAll(t["yarn.lock"], "\n", "\r\n")
	}},
	{name: "tabs", edit: lockSub("  resolution: \"ms@npm:2.1.3\"", "\tresolution: \"left-pad@npm:1.3.0\"")},
	{name: "conflict markers", edit: lockSub(msEntry, "<<<<<<< HEAD\n"+msEntry+"=======\n\"ms@npm:^2.0.0\":\n"+leftPadTail+">>>>>>> other\n")},
	{name: "anchor and alias", edit: lockSub("resolution: \"is-number@npm:7.0.0\"", "resolution: &x \"is-number@npm:7.0.0\"", "resolution: \"ms@npm:2.1.3\"", "resolution: *x")},
	{name: "merge key", edit: lockSub("\"is-number@npm:^7.0.0\":", "\"is-number@npm:^7.0.0\": &n", "  resolution: \"ms@npm:2.1.3\"\n", "  <<: *n\n")},
	{name: "a member twice", edit: lockSub("  resolution: \"ms@npm:2.1.3\"\n", "  resolution: \"ms@npm:2.1.3\"\n  resolution: \"left-pad@npm:1.3.0\"\n")},
	{name: "a member twice, the good one last", edit: lockSub("  resolution: \"ms@npm:2.1.3\"\n", "  resolution: \"left-pad@npm:1.3.0\"\n  resolution: \"ms@npm:2.1.3\"\n")},
	{name: "a long key with a question mark", edit: func(t tree) {
		t.locked("left-pad", "^1.0.0", strings.Replace(leftPadEntry, "\"left-pad@npm:^1.0.0\":\n  version", "? \"left-pad@npm:^1.0.0, left-pad@npm:^1.0.0"+strings.Repeat(" ", 1100)+"\"\n: version", 1))
	}},
	{name: "NUL", edit: lockSub("ms@npm:2.1.3", "ms@npm:2.1.3\x00")},
	{name: "a comment that ends with a carriage return", edit: func(t tree) {
		t.locked("left-pad", "^1.0.0", "\n# x\r"+strings.TrimPrefix(leftPadEntry, "\n"))
	}},
	{name: "a member behind a carriage return", edit: lockSub("  resolution: \"ms@npm:2.1.3\"\n", "  resolution: \"ms@npm:2.1.3\" # x\r  resolution: \"left-pad@npm:1.3.0\"\n")},
	{name: "a line separator", edit: lockSub("  resolution: \"ms@npm:2.1.3\"\n", "  resolution: \"ms@npm:2.1.3\" # x\u2028  resolution: \"left-pad@npm:1.3.0\"\n")},
	{name: "a dependency more of a package of others, locked", edit: func(t tree) {
		t.sub("yarn.lock", "  resolution: \"ms@npm:2.1.3\"\n", "  resolution: \"ms@npm:2.1.3\"\n  dependencies:\n    left-pad: \"npm:^1.0.0\"\n").add("yarn.lock", leftPadEntry)
	}},
	{name: "a dependency more of a package of others, not locked", edit: lockSub("  resolution: \"ms@npm:2.1.3\"\n", "  resolution: \"ms@npm:2.1.3\"\n  dependencies:\n    left-pad: \"npm:^1.0.0\"\n")},
	{name: "a clean dependency more of a package of others", edit: lockSub("  resolution: \"ms@npm:2.1.3\"\n", "  resolution: \"ms@npm:2.1.3\"\n  dependencies:\n    is-number: \"npm:^7.0.0\"\n")},
	{name: "a bin more of a package of others", edit: lockSub("  resolution: \"ms@npm:2.1.3\"\n", "  resolution: \"ms@npm:2.1.3\"\n  bin:\n    node: ./index.js\n")},
	{name: "an entry that nothing asks for", edit: func(t tree) { t.add("yarn.lock", leftPadEntry) }},
	{name: "virtual resolution", edit: otherMS("2.1.3", "ms@virtual:0123456789#npm:0.7.1", sumLineOld)},
	{name: "a tag, and malware behind it", edit: func(t tree) {
		t.locked("left-pad", "latest", strings.Replace(leftPadEntry, "npm:^1.0.0", "npm:latest", 1))
	}},
	{name: "a tag as the resolution", edit: otherMS("2.1.3", "ms@npm:latest", sumLine)},
	{name: "a key without protocol", edit: func(t tree) {
		t.locked("left-pad", "^1.0.0", strings.Replace(leftPadEntry, "npm:^1.0.0", "^1.0.0", 1))
	}},
	{name: "a lock of Yarn 1", edit: func(t tree) {
		t["yarn.lock"] = strings.Replace(attackBase("classic")["yarn.lock"], "/ms/-/ms-2.1.3.tgz#574c8138ce1d2b5861f0b44579dbadd60c6615b2", "/left-pad/-/left-pad-1.3.0.tgz", 1)
	}},
	{name: "flow style", edit: lockSub(msEntry, `"ms@npm:^2.0.0": {version: 1.3.0, resolution: "left-pad@npm:1.3.0", checksum: `+sumLeftPad+", languageName: node, linkType: hard}\n")},
	{name: "a second document", edit: func(t tree) { t["yarn.lock"] = t["yarn.lock"] + "\n---\n" + leftPadEntry }},
	{name: "folded text", edit: lockSub("resolution: \"ms@npm:2.1.3\"\n", "resolution: >-\n    left-pad@npm:1.3.0\n")},
	{name: "escaped text", edit: lockSub("resolution: \"ms@npm:2.1.3\"", `resolution: "\u006ceft-pad@npm:1.3.0"`)},
	{name: "a tag of YAML", edit: lockSub("resolution: \"ms@npm:2.1.3\"", `resolution: !!str "left-pad@npm:1.3.0"`)},
	{name: "a package more for some platforms, which is optional", edit: func(t tree) {
		t.locked("zz", "^1.0.0", "\n\"zz@npm:^1.0.0\":\n  version: 1.0.0\n  resolution: \"zz@npm:1.0.0\"\n  conditions: os=darwin\n  languageName: node\n  linkType: hard\n").
			sub("yarn.lock", "    zz: \"npm:^1.0.0\"\n", "    zz: \"npm:^1.0.0\"\n  dependenciesMeta:\n    zz:\n      optional: true\n")
	}, fine: "it is what the registry has under that version, which Yarn fetches on that platform alone"},
	{name: "a name in capitals", edit: func(t tree) {
		t.locked("Left-Pad", "^1.0.0", strings.ReplaceAll(leftPadEntry, "left-pad", "Left-Pad"))
	}},
	{name: "a name with a space", edit: func(t tree) {
		t.locked("left-pad ", "^1.0.0", strings.ReplaceAll(leftPadEntry, "left-pad", "left-pad "))
	}},
	{name: "a name of other letters", edit: func(t tree) {
		t.locked("left-p\u0430d", "^1.0.0", strings.ReplaceAll(leftPadEntry, "left-pad", "left-p\u0430d"))
	}},
	{name: "a name that leads out", edit: func(t tree) {
		t.locked("../../evil", "npm:left-pad@^1.0.0", strings.ReplaceAll(leftPadEntry, "left-pad@npm:^1.0.0", "../../evil@npm:left-pad@^1.0.0"))
	}},
	{name: "the lock is gone", edit: func(t tree) { t.del("yarn.lock") }},
	{name: "the lock is empty", edit: func(t tree) { t.set("yarn.lock", "") }},
	{name: "the lock is moved", edit: func(t tree) { t.set("packages/app/yarn.lock", t["yarn.lock"]).del("yarn.lock") }},
	{name: "the lock is a link into the repository", edit: func(t tree) {
		t.set("other.lock", t.sub("yarn.lock", msEntry, "\"ms@npm:^2.0.0\":\n"+leftPadTail)["yarn.lock"], "yarn.lock", "link:other.lock")
	}},
	{name: "the lock is a link to malware behind a name that is excluded", edit: func(t tree) {
		t.set("node_modules/yarn.lock", t.sub("yarn.lock", msEntry, "\"ms@npm:^2.0.0\":\n"+leftPadTail)["yarn.lock"], "yarn.lock", "link:node_modules/yarn.lock")
	}},
}
