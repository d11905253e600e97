package relock

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/fault"
)

// npmPackages is what most tests of this file have in the registry.
const npmPackages = `
	a@1.0.0
	a@1.1.0 b@^1.0.0
	a@1.2.0 deprecated
	a@2.0.0-rc.1
	tag a latest 1.0.0
	tag a next 2.0.0-rc.1
	b@1.0.0
	b@1.5.0
	b@2.0.0
	old@1.0.0 deprecated
	old@1.1.0 deprecated
	@s/c@1.0.0
	native@1.0.0 script=node-gyp_rebuild
	native2@1.0.0 script=prebuild-install_||_make node-gyp@^9.0.0
	node-gyp@9.1.0
	node-gyp@10.0.0
	tag node-gyp latest 10.0.0
	typescript@5.0.4
	resolve@1.22.8
	got@9.6.0
	@types/responselike@1.0.3
	@types/keyv@3.1.4
	plat@1.0.0 opt:plat-linux@1.0.0 opt:plat-mac@1.0.0
	plat-linux@1.0.0 os=linux cpu=x64 libc=glibc
	plat-mac@1.0.0 os=darwin,!win32
	elsewhere@1.0.0 url=https://registry.example.org/elsewhere/dl/1.tgz
	young@1.0.0
	young@1.1.0 at=2026-11-22
	young@1.2.0-rc.1 at=2026-11-20
	tag young latest 1.1.0
`

func TestSolve(t *testing.T) {
	root := func(body string) string {
		return "-- package.json --\n{\"name\": \"root\", \"workspaces\": [\"packages/*\"], " + body + "}\n"
	}
	tests := []struct {
		name, archive, want string
	}{
		{"a new range takes the highest version that is not deprecated, not latest",
			root(`"dependencies": {"a": "^1.0.0"}`),
			"a@npm:^1.0.0 = npm:1.1.0\nb@npm:^1.0.0 = npm:1.5.0\n"},
		{"only deprecated versions are better than none",
			root(`"dependencies": {"old": "1.x"}`),
			"old@npm:1.x = npm:1.1.0\n"},
		{"a locked range stays, a new one does not join it, an exact one does",
			root(`"dependencies": {"b": "^1.0.0"}, "devDependencies": {"a": "^1.1.0"}`) +
				"-- packages/p/package.json --\n{\"name\": \"p\", \"dependencies\": {\"b\": \">=1.0.0 <2\", \"a\": \"1.0.0\"}}\n" +
				"-- yarn.lock --\n" + lockOf("b@npm:^1.0.0 = 1.0.0\na@npm:^0.9.0 || ^1.0.0 = 1.0.0\n"),
			"a@npm:1.0.0 = npm:1.0.0\na@npm:^1.1.0 = npm:1.1.0\nb@npm:>=1.0.0 <2 = npm:1.5.0\nb@npm:^1.0.0 = npm:1.0.0\n"},
		{"what nothing asks for goes, keys of one package are merged",
			root(`"dependencies": {"b": "^1.0.0"}`) +
				"-- packages/p/package.json --\n{\"name\": \"p\", \"dependencies\": {\"b\": \"1.0.0\"}}\n" +
				"-- yarn.lock --\n" + lockOf("b@npm:^1.0.0, b@npm:^1.0.0-rc = 1.0.0\na@npm:^1 = 1.1.0 b@^1.0.0\n"),
			"b@npm:1.0.0, b@npm:^1.0.0 = npm:1.0.0\n"},
		{"two entries for one package become one",
			root(`"dependencies": {"b": "^1.0.0"}, "devDependencies": {"a": "1.0.0"}`) +
				"-- packages/p/package.json --\n{\"name\": \"p\", \"dependencies\": {\"b\": \"1\", \"a\": \"=1.0.0\"}}\n" +
				"-- yarn.lock --\n" + lockOf("a@npm:1.0.0 = 1.0.0\na@npm:=1.0.0, a@npm:1 = 1.0.0\nb@npm:1, b@npm:1.x = 1.5.0\nb@npm:^1.0.0 = 1.5.0\n"),
			"a@npm:1.0.0, a@npm:=1.0.0 = npm:1.0.0\nb@npm:1, b@npm:^1.0.0 = npm:1.5.0\n"},
		{"tags and aliases",
			root(`"dependencies": {"a": "next", "x": "npm:b@^1.0.0", "y": "npm:a@latest", "z": "npm:@s/c@1"}`) +
				"-- yarn.lock --\n" + lockOf("b@npm:^1.0.0 = 1.0.0\n"),
			"a@npm:next = npm:2.0.0-rc.1\nx@npm:b@^1.0.0 = npm:1.0.0\ny@npm:a@latest = npm:1.0.0\nz@npm:@s/c@1 = npm:1.0.0\n"},
		{"resolutions: by name, by range, by parent, by parent and version",
			root(`"dependencies": {"a": "^1.1.0", "b": "^2.0.0", "old": "^1.0.0"},
				"resolutions": {"b@npm:^2.0.0": "1.5.0", "a@npm:1.1.0/b": "1.0.0", "root/old": "1.0.0", "c/d": "1", "**/glob": "1"}`),
			"a@npm:^1.1.0 = npm:1.1.0\nb@npm:1.0.0 = npm:1.0.0\nb@npm:1.5.0 = npm:1.5.0\nold@npm:1.0.0 = npm:1.0.0\n"},
		{"builtin patches, their sources and an alias, which Yarn does not patch",
			root(`"dependencies": {"typescript": "~5.0.0", "resolve": "1.22.8", "ts": "npm:typescript@5.0.4"}`),
			"resolve@npm:1.22.8 = npm:1.22.8\n" +
				"resolve@patch:resolve@npm%3A1.22.8#optional!builtin<compat/resolve> = patch:resolve@npm%3A1.22.8#optional!builtin<compat/resolve>::version=1.22.8&hash=h1228\n" +
				"ts@npm:typescript@5.0.4, typescript@npm:~5.0.0 = npm:5.0.4\n" +
				"typescript@patch:typescript@npm%3A~5.0.0#optional!builtin<compat/typescript> = patch:typescript@npm%3A5.0.4#optional!builtin<compat/typescript>::version=5.0.4&hash=h504\n"},
		{"workspaces: protocol, plain range, path; the lock's own answer stays",
			root(`"dependencies": {"p": "workspace:^", "q": "^1.0.0", "r": "workspace:packages/r", "b": "^1.0.0"}`) +
				"-- packages/p/package.json --\n{\"name\": \"p\"}\n-- packages/q/package.json --\n{\"name\": \"q\", \"version\": \"1.2.3\"}\n" +
				"-- packages/r/package.json --\n{\"name\": \"r\"}\n-- packages/b/package.json --\n{\"name\": \"b\", \"version\": \"1.0.0\"}\n" +
				"-- yarn.lock --\n" + lockOf("b@npm:^1.0.0 = 1.0.0\n"),
			"b@npm:^1.0.0 = npm:1.0.0\np@workspace:^, p@workspace:packages/p = workspace:packages/p\n" +
				"q@npm:^1.0.0, q@workspace:packages/q = workspace:packages/q\n"},
		{"platform packages have no checksum if only optional edges lead to them",
			root(`"dependencies": {"plat": "^1.0.0", "plat-mac": "1.0.0"}`),
			"plat-linux@npm:1.0.0 = npm:1.0.0 -\nplat-mac@npm:1.0.0 = npm:1.0.0\nplat@npm:^1.0.0 = npm:1.0.0\n"},
		{"node-gyp for those whose scripts mention it and that do not ask themselves",
			root(`"dependencies": {"native": "*", "native2": "*"}`),
			"native2@npm:* = npm:1.0.0\nnative@npm:* = npm:1.0.0\nnode-gyp@npm:^9.0.0 = npm:9.1.0\nnode-gyp@npm:latest = npm:10.0.0\n"},
		{"the age gate and its exceptions",
			root(`"dependencies": {"young": "^1.0.0", "y": "npm:young@latest", "z": "npm:young@>=1.2.0-0"}`) +
				"-- .yarnrc.yml --\nnpmMinimalAgeGate: 1d\n",
			"y@npm:young@latest, young@npm:^1.0.0 = npm:1.0.0\nz@npm:young@>=1.2.0-0 = npm:1.2.0-rc.1\n"},
		{"a preapproved package passes the age gate",
			root(`"dependencies": {"young": "^1.0.0"}`) +
				"-- .yarnrc.yml --\nnpmMinimalAgeGate: 1d\nnpmPreapprovedPackages: ['you*@^1.1.0']\n",
			"young@npm:^1.0.0 = npm:1.1.0\n"},
		{"Yarn's own packageExtensions and the project's, which leave no trace in the entry",
			root(`"dependencies": {"got": "^9.0.0"}`) +
				"-- .yarnrc.yml --\npackageExtensions:\n  'got@*':\n    dependencies:\n      b: ^1.0.0\n      '@types/keyv': '9'\n",
			"@types/keyv@npm:^3.1.1 = npm:3.1.4\n@types/responselike@npm:^1.0.0 = npm:1.0.3\nb@npm:^1.0.0 = npm:1.5.0\ngot@npm:^9.0.0 = npm:9.6.0\n"},
		{"catalogs",
			root(`"dependencies": {"a": "catalog:", "b": "catalog:two"}`) +
				"-- .yarnrc.yml --\ncatalog:\n  a: 1.0.0\ncatalogs:\n  two:\n    b: ~1.0.0\n",
			"a@npm:1.0.0 = npm:1.0.0\nb@npm:~1.0.0 = npm:1.0.0\n"},
		{"a tarball in an unusual place",
			root(`"dependencies": {"elsewhere": "1"}`),
			"elsewhere@npm:1 = npm:1.0.0::__archiveUrl=https%3A%2F%2Fregistry.example.org%2Felsewhere%2Fdl%2F1.tgz\n"},
		{"link: and portal:, bound to who asks",
			root(`"dependencies": {"l": "link:./x", "p": "portal:./p"}`) +
				"-- p/package.json --\n{\"name\": \"p\", \"dependencies\": {\"b\": \"1.0.0\"}, \"devDependencies\": {\"a\": \"1.0.0\"}}\n",
			"b@npm:1.0.0 = npm:1.0.0\nl@link:./x::locator=root%40workspace%3A. = link:./x::locator=root%40workspace%3A.\n" +
				"p@portal:./p::locator=root%40workspace%3A. = portal:./p::locator=root%40workspace%3A.\n"},
		{"portal: behind portal:, from where the first leads",
			root(`"dependencies": {"p": "portal:./x/p"}`) +
				"-- x/p/package.json --\n{\"name\": \"p\", \"dependencies\": {\"q\": \"portal:../q\"}}\n" +
				"-- x/q/package.json --\n{\"name\": \"q\", \"dependencies\": {\"b\": \"1.0.0\"}}\n",
			"b@npm:1.0.0 = npm:1.0.0\np@portal:./x/p::locator=root%40workspace%3A. = portal:./x/p::locator=root%40workspace%3A.\n" +
				"q@portal:../q::locator=p%40portal%3A.%2Fx%2Fp%3A%3Alocator%3Droot%2540workspace%253A. = portal:../q::locator=p%40portal%3A.%2Fx%2Fp%3A%3Alocator%3Droot%2540workspace%253A.\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res, err := Solve(t.Context(), project(t, tt.archive), registryOf(t, npmPackages), Highest{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, brief(t, res.Lock)); diff != "" {
				t.Errorf("(-want +got):\n%s\n%s", diff, res.Lock)
			}
		})
	}
}

func TestSolveAgain(t *testing.T) {
	archive := "-- package.json --\n{\"name\": \"root\", \"workspaces\": [], \"dependencies\": {\"plat\": \"1\", \"a\": \"^1.0.0\", \"typescript\": \"5\", \"native\": \"*\"}}\n"
	first, err := Solve(t.Context(), project(t, archive), registryOf(t, npmPackages), Highest{})
	if err != nil {
		t.Fatal(err)
	}
	second, err := Solve(t.Context(), project(t, archive+"-- yarn.lock --\n"+string(first.Lock)), &offline{}, Highest{})
	if err != nil {
		t.Fatal(err)
	}
	if second.Changed || string(second.Lock) != string(first.Lock) {
		t.Errorf("a lock that was just written changes: %s", cmp.Diff(string(first.Lock), string(second.Lock)))
	}
}

// TestOrderOfAnswers holds that the speed of the registry has no influence.
func TestOrderOfAnswers(t *testing.T) {
	archive := "-- package.json --\n{\"name\": \"root\", \"workspaces\": [], \"dependencies\": {\"plat\": \"1\", \"a\": \"^1.0.0\", \"typescript\": \"5\", \"native\": \"*\", \"got\": \"9\", \"young\": \"latest\"}}\n"
	var first string
	for i := range 20 {
		source := registryOf(t, npmPackages)
		source.jitter = true
		res, err := Solve(t.Context(), project(t, archive), source, Highest{})
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = string(res.Lock)
		} else if string(res.Lock) != first {
			t.Fatal("two runs differ")
		}
	}
}

// A package that loses one of its versions has changed, and so has one that
// gains one; neither is new or gone.
func TestChangedVersions(t *testing.T) {
	const portal = "-- package.json --\n{\"name\": \"root\", \"dependencies\": {\"a\": \"^1.1.0\", \"b\": \"^1.0.0\"}, \"devDependencies\": {\"y\": \"npm:@s/c@1\"}}\n"
	res, err := Solve(t.Context(), project(t, portal+"-- yarn.lock --\n"+
		lockOf("a@npm:^1.1.0 = 1.1.0 b@^1.0.0\nb@npm:^1.0.0 = 1.5.0\nb@npm:^2.0.0 = 2.0.0\nold@npm:^1.0.0 = 1.0.0\n")), registryOf(t, npmPackages), Highest{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Update{{"b", []string{"2.0.0"}, nil}}, res.Updated); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Package{{"@s/c", "1.0.0"}}, res.Added); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Package{{"old", "1.0.0"}}, res.Removed); diff != "" {
		t.Error(diff)
	}
}

func TestUnsupported(t *testing.T) {
	lock := func(head string) string {
		return "-- package.json --\n{\"name\": \"root\", \"workspaces\": [], \"dependencies\": {\"a\": \"^1.0.0\"}}\n-- yarn.lock --\n" + head
	}
	dep := func(rng string) string {
		return "-- package.json --\n{\"name\": \"root\", \"workspaces\": [], \"dependencies\": {\n  \"x\": \"" + rng + "\"}}\n"
	}
	tests := []struct{ name, archive, construct, pos string }{
		{"Classic", lock("# yarn lockfile v1\n\n\na@^1.0.0:\n  version \"1.0.0\"\n"), "Yarn 1 lockfile", "yarn.lock"},
		{"version 6", lock("__metadata:\n  version: 6\n  cacheKey: 8\n"), "lockfile version 6", "yarn.lock"},
		{"git", dep("git@example.org:u/r.git#main"), "git dependency x@git@example.org:u/r.git#main", "package.json:2:8"},
		{"GitHub", dep("user/repo"), "git dependency x@user/repo", "package.json:2:8"},
		{"http", dep("https://example.org/x.tgz"), "tarball URL x@https://example.org/x.tgz", "package.json:2:8"},
		{"file", dep("file:./x"), "file: dependency x@file:./x", "package.json:2:8"},
		{"a path", dep("./x"), "file: dependency x@file:./x", "package.json:2:8"},
		{"exec", dep("exec:./x.js"), "exec: dependency x@exec:./x.js", "package.json:2:8"},
		{"unknown protocol", dep("foo:^1"), "protocol foo: x@foo:^1", "package.json:2:8"},
		{"backstage without its plugin", dep("backstage:^"), "range x@backstage:^", "package.json:2:8"},
		{"backstage with another operator", dep("backstage:~") + "-- .yarnrc.yml --\nplugins:\n  - path: .yarn/plugins/@yarnpkg/plugin-backstage.cjs\n", "range x@backstage:~", "package.json:2:8"},
		{"in a portal", dep("portal:./x") + "-- x/package.json --\n{\"dependencies\": {\n\"y\": \"file:./y\"}}\n", "file: dependency y@file:./y, asked for by x 0.0.0", "package.json:2:6"},
		{"portals in a circle", dep("portal:./x") + "-- x/package.json --\n{\"dependencies\": {\"x\": \"portal:.\"}}\n", "portal: dependency x@portal:., asked for by x 0.0.0", "package.json:1:24"},
		{"a patch upon a patch", "-- package.json --\n{\"name\": \"root\", \"workspaces\": [], \"dependencies\": {\"resolve\": \"patch:resolve@npm%3A1.22.8#~/p.patch\"}}\n-- p.patch --\n" + newFilePatch,
			"new package resolve@patch:resolve@patch%3Aresolve@npm%253A1.22.8%23~/p.patch%3A%3Aversion=1.22.8&hash=5b1698#optional!builtin<compat/resolve>::version=1.22.8&hash=h1228", "package.json:1:64"},
		{"an old Backstage plugin", dep("backstage:^") + "-- backstage.json --\n{\"version\": \"1.50.0\"}\n-- .yarnrc.yml --\nplugins:\n  - path: .yarn/plugins/plugin-backstage.cjs\n" +
			"-- .yarn/plugins/plugin-backstage.cjs --\nvar p=\"backstage:\";s.bindDescriptor(d,{v:r()})\n", "range x@backstage:^", "package.json:2:8"},
		{"unknown plugin", dep("1") + "-- .yarnrc.yml --\nplugins:\n  - path: .yarn/plugins/plugin-odd.cjs\n", "Yarn plugin plugin-odd", ".yarnrc.yml:2:5"},
		{"unknown setting", dep("1") + "-- .yarnrc.yml --\nfutureSetting: 1\n", "setting futureSetting", ".yarnrc.yml:1:1"},
		{"compressed archives", lock("") + "-- .yarnrc.yml --\ncompressionLevel: mixed\n", "compressionLevel mixed", ".yarnrc.yml:1:19"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := project(t, tt.archive)
			before := string(in.Lock.Format())
			_, err := Solve(t.Context(), in, registryOf(t, npmPackages), Highest{})
			u := AsUnsupported(err)
			if u == nil {
				t.Fatalf("error %v", err)
			}
			pos := u.Pos.String()
			if i := strings.LastIndexAny(pos, "/\\"); i >= 0 {
				pos = pos[i+1:]
			}
			if u.Construct != tt.construct || pos != tt.pos || u.Why == "" {
				t.Errorf("got %q at %q: %s", u.Construct, pos, u.Why)
			}
			if string(in.Lock.Format()) != before {
				t.Error("the lock changed though Solve failed")
			}
		})
	}
}

func TestKeptConstructs(t *testing.T) {
	// What is locked needs nothing anew, so it is no reason to hand over.
	archive := `-- package.json --
{"name": "root", "workspaces": [], "dependencies": {"g": "git@example.org:u/r.git#main", "h": "https://example.org/h.tgz", "p": "patch:b@npm%3A1.0.0#./b.patch"}}
-- .yarnrc.yml --
compressionLevel: mixed
-- yarn.lock --
# This file is generated by running "yarn install" inside your project.
# Manual changes might be lost - proceed with caution!

__metadata:
  version: 8
  cacheKey: 10

"b@npm:1.0.0":
  version: 1.0.0
  resolution: "b@npm:1.0.0"
  checksum: 10/aa
  languageName: node
  linkType: hard

"g@git@example.org:u/r.git#main":
  version: 1.0.0
  resolution: "g@git@example.org:u/r.git#commit=0123"
  checksum: 10/bb
  languageName: node
  linkType: hard

"h@https://example.org/h.tgz":
  version: 1.0.0
  resolution: "h@https://example.org/h.tgz"
  checksum: 10/cc
  languageName: node
  linkType: hard

"p@patch:b@npm%3A1.0.0#./b.patch::locator=root%40workspace%3A.":
  version: 1.0.0
  resolution: "p@patch:b@npm%3A1.0.0#./b.patch::version=1.0.0&hash=abcdef&locator=root%40workspace%3A."
  checksum: 10/dd
  languageName: node
  linkType: hard

"root@workspace:.":
  version: 0.0.0-use.local
  resolution: "root@workspace:."
  dependencies:
    g: "git@example.org:u/r.git#main"
    h: "https://example.org/h.tgz"
    p: "patch:b@npm%3A1.0.0#./b.patch"
  languageName: unknown
  linkType: soft
`
	in := project(t, archive)
	want := string(in.Lock.Format())
	res, err := Solve(t.Context(), in, &offline{}, Highest{})
	if err != nil {
		t.Fatal(err)
	}
	if string(res.Lock) != want {
		t.Error(cmp.Diff(want, string(res.Lock)))
	}
	lost := []LostPatch{{Name: "p", File: "./b.patch", Pos: fault.Pos{File: "package.json", Line: 1, Col: 129}}}
	if d := cmp.Diff(lost, res.LostPatches); d != "" {
		t.Error(d)
	}
}

// TestEntryAnew: an entry that is written for other keys keeps what nobody knows.
func TestEntryAnew(t *testing.T) {
	lock := strings.Replace(lockOf("b@npm:^1.0.0 = 1.0.0"), "  languageName", "  future: 00ff\n  languageName", 1)
	in := project(t, "-- package.json --\n{\"name\": \"root\", \"workspaces\": [], \"dependencies\": {\"b\": \"1.0.0\"}}\n-- yarn.lock --\n"+lock)
	res, err := Solve(t.Context(), in, registryOf(t, "b@1.0.0"), Highest{})
	if err != nil {
		t.Fatal(err)
	}
	if want := "\"b@npm:1.0.0\":\n  version: 1.0.0\n  resolution: \"b@npm:1.0.0\"\n  checksum: 10c0/locked-1.0.0\n  future: 00ff\n"; !strings.Contains(string(res.Lock), want) {
		t.Errorf("%s", res.Lock)
	}
}

func TestErrors(t *testing.T) {
	tests := []struct{ name, deps, want string }{
		{"no version", `"b": "^7.0.0"`, "the registry has no version of b that satisfies ^7.0.0"},
		{"no package", `"nope": "^1.0.0"`, "nope@npm:^1.0.0, asked for by root: nope: no such package"},
		{"no tag", `"b": "canary"`, "the registry has no tag canary for b"},
		{"no workspace", `"b": "workspace:^"`, "no workspace of the project matches"},
		{"no catalog", `"b": "catalog:x"`, "the catalog x has no such package"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := project(t, "-- package.json --\n{\"name\": \"root\", \"workspaces\": [], \"dependencies\": {"+tt.deps+"}}\n")
			_, err := Solve(t.Context(), in, registryOf(t, npmPackages), Highest{})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v", err)
			}
			if AsUnsupported(err) != nil {
				t.Error("Yarn would fail too: no reason to hand over")
			}
		})
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	in := project(t, "-- package.json --\n{\"name\": \"root\", \"workspaces\": [], \"dependencies\": {\"a\": \"1\"}}\n")
	if _, err := Solve(ctx, in, registryOf(t, npmPackages), Highest{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
