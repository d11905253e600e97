package yarnlock

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The locks are those that Yarn 1.22.22 writes for the resolutions that stand
// beside them, but for the registry's address.
func TestClassicNames(t *testing.T) {
	const registry = "https://registry.example.com/"
	for _, tt := range []struct {
		about, keys, version, resolved string
		names                          []string
		exotic                         bool
	}{
		{about: "an alias", keys: `"pad@npm:left-pad@^1.3.0"`, version: "1.3.0",
			resolved: registry + "left-pad/-/left-pad-1.3.0.tgz#5b8a", names: []string{"left-pad"}},
		{about: `"is-number": "npm:@sindresorhus/is@4.6.0"`, keys: `is-number@^6.0.0, "is-number@npm:@sindresorhus/is@4.6.0"`, version: "4.6.0",
			resolved: registry + "@sindresorhus/is/-/is-4.6.0.tgz#3c7c", names: []string{"@sindresorhus/is"}},
		{about: "the same base", keys: `left-pad@^1.0.0, "left-pad@npm:@other/left-pad@1.2.3"`, version: "1.2.3",
			resolved: registry + "@other/left-pad/-/left-pad-1.2.3.tgz", names: []string{"@other/left-pad"}},
		{about: `"is-number": "npm:left-pad"`, keys: `is-number@^6.0.0, "is-number@npm:left-pad"`, version: "1.3.0",
			resolved: registry + "left-pad/-/left-pad-1.3.0.tgz#5b8a", names: []string{"left-pad"}},
		{about: "from an offline mirror", keys: `is-number@^6.0.0, "is-number@npm:@sindresorhus/is@4.6.0"`, version: "4.6.0",
			resolved: "is-4.6.0.tgz#3c7c", names: []string{"@sindresorhus/is"}},
		{about: "no range, and an offline mirror", keys: `is-number@^6.0.0, "is-number@npm:left-pad"`, version: "1.3.0",
			resolved: "left-pad-1.3.0.tgz#5b8a", names: []string{"is-number", "left-pad"}},
		{about: `"is-number": "https://…/left-pad-1.3.0.tgz"`, version: "1.3.0",
			keys:     `is-number@^6.0.0, "is-number@` + registry + `left-pad/-/left-pad-1.3.0.tgz"`,
			resolved: registry + "left-pad/-/left-pad-1.3.0.tgz#5b8a", names: []string{"left-pad", "is-number"}},
		{about: "asked for by address", keys: `"is-number@` + registry + `left-pad/-/left-pad-1.3.0.tgz"`, version: "1.3.0",
			resolved: registry + "left-pad/-/left-pad-1.3.0.tgz#5b8a", names: []string{"left-pad", "is-number"}, exotic: true},
		{about: "an alias that is not what the address says", keys: `"a@npm:b@^1.0.0"`, version: "1.0.0",
			resolved: registry + "c/-/c-1.0.0.tgz", names: []string{"b", "c"}},
		{about: "keys of two packages", keys: `a@^1.0.0, b@^1.0.0`, version: "1.0.0", names: []string{"a", "b"}},
		{about: "a tag", keys: `"a@npm:latest"`, version: "1.0.0", resolved: registry + "a/-/a-1.0.0.tgz", names: []string{"a"}},
		{about: "git", keys: `"a@acme/b#v1"`, version: "1.0.0", resolved: "https://git.example.com/acme/b/tar.gz/0123", names: []string{"a"}, exotic: true},
	} {
		text := "# yarn lockfile v1\n\n\n" + tt.keys + ":\n  version \"" + tt.version + "\"\n"
		if tt.resolved != "" {
			text += "  resolved \"" + tt.resolved + "\"\n"
		}
		lock, err := Parse("yarn.lock", []byte(text))
		if err != nil {
			t.Fatal(tt.about, err)
		}
		e := lock.Entries[0]
		if diff := cmp.Diff(tt.names, e.Names()); diff != "" {
			t.Errorf("%s: %s", tt.about, diff)
		}
		name, version, ok := e.Package()
		if ok == tt.exotic || ok && (name != tt.names[0] || version != tt.version) {
			t.Errorf("%s: %q %q %v", tt.about, name, version, ok)
		}
	}
}

func TestTarballName(t *testing.T) {
	for address, want := range map[string]string{
		"https://h/left-pad/-/left-pad-1.2.3.tgz":                                   "left-pad",
		"http://h:4873/left-pad/-/left-pad-1.2.3.tgz#5b8a?x":                        "left-pad",
		"https://h/left-pad/-/left-pad-1.2.3.tgz?cache=0":                           "left-pad",
		"https://h/@other/left-pad/-/left-pad-1.2.3.tgz":                            "@other/left-pad",
		"https://h/@other%2fleft-pad/-/left-pad-1.2.3.tgz":                          "@other/left-pad",
		"https://h/%40other%2Fleft-pad/-/left-pad-1.2.3.tgz":                        "@other/left-pad",
		"https://h/artifactory/api/npm/npm/@other/left-pad/-/left-pad-1.2.3.tgz":    "@other/left-pad",
		"https://h/api/v4/projects/7/packages/npm/@o/pad/-/@o/pad-1.2.3.tgz":        "@o/pad",
		"https://h/acme/_packaging/feed/npm/registry/left-pad/-/left-pad-1.2.3.tgz": "left-pad",
		// The rest is not to be guessed at.
		"":                        "",
		"left-pad-1.2.3.tgz#5b8a": "",
		"file:///mirror/left-pad/-/left-pad-1.2.3.tgz":              "",
		"https://h/left-pad/-/right-pad-1.2.3.tgz":                  "",
		"https://h/left-pad/-/archive/left-pad-1.2.3.tgz":           "",
		"https://h/left-pad/-/left-pad-1.2.3.tar.gz":                "",
		"https://h/download/@other/left-pad/1.2.3/0123456789abcdef": "",
		"https://h/acme/left-pad/archive/v1.2.3.tgz":                "",
		"https://h/-/left-pad-1.2.3.tgz":                            "",
		"https://h/@other/-/@other-1.2.3.tgz":                       "",
		"https://h/@o/pad/-/@x/pad-1.2.3.tgz":                       "",
		"git+https://h/left-pad/-/left-pad-1.2.3.tgz":               "",
		"https://h": "",
	} {
		version := "1.2.3"
		if want == "" {
			version = ""
		}
		if name, have := Tarball(address); name != want || have != version {
			t.Errorf("%s: %q %q, not %q", address, name, have, want)
		}
	}
	// What is fetched is what the address says, whatever the entry's version is.
	if name, version := Tarball("https://h/a/-/a-02.0.0+build.tgz"); name != "a" || version != "2.0.0" {
		t.Error(name, version)
	}
}

// What Yarn installs, and not what is written, is what Versions says. Each entry
// was installed with Yarn 4.4.1 or Yarn 1.22.22, which took it as it stands.
func TestVersions(t *testing.T) {
	const classic, registry = "# yarn lockfile v1\n\n\n", "https://registry.example.com/"
	const berry = "__metadata:\n  version: 8\n\n"
	for _, tt := range []struct {
		text            string
		names, versions []string
	}{
		{berry + "\"ms@npm:^2.0.0\":\n  version: v2.1.3\n  resolution: \"ms@npm:v2.1.3\"\n  linkType: hard\n", []string{"ms"}, []string{"2.1.3"}},
		{berry + "\"ms@npm:^2.0.0\":\n  version: 2.1.3\n  resolution: \"ms@npm: 2.1.3\"\n  linkType: hard\n", []string{"ms"}, []string{"2.1.3"}},
		{berry + "\"ms@npm:^2.0.0\":\n  version: 1.2.3\n  resolution: \"ms@npm:2.1.3\"\n  linkType: hard\n", []string{"ms"}, []string{"2.1.3"}},
		{berry + "\"ms@npm:^2.0.0\":\n  version: 0.0.0-use.local\n  resolution: \"ms@npm:2.1.3\"\n  linkType: hard\n", []string{"ms"}, []string{"2.1.3"}},
		{berry + "\"ms@npm:^2.0.0\":\n  version: 2.1.3\n  resolution: \"ms@npm:2.1.3::__archiveUrl=https%3A%2F%2Fregistry.example.com%2Fevil%2F-%2Fevil-1.0.0.tgz\"\n  linkType: hard\n",
			[]string{"ms", "evil"}, []string{"1.0.0", "2.1.3"}},
		{berry + "\"ms@" + registry + "evil/-/evil-1.0.0.tgz\":\n  version: 2.1.3\n  resolution: \"ms@" + registry + "evil/-/evil-1.0.0.tgz\"\n  linkType: hard\n",
			[]string{"ms", "evil"}, []string{"1.0.0", "2.1.3"}},
		{berry + "\"ms@patch:ms@npm%3Av2.1.3#./a.patch\":\n  version: 2.1.3\n  resolution: \"ms@patch:ms@npm%3Av2.1.3#./a.patch\"\n  linkType: hard\n", []string{"ms"}, []string{"2.1.3"}},
		{berry + "\"ms@npm:^2.0.0\":\n  version: 2.1.3\n  resolution: \"ms@npm:latest\"\n  linkType: hard\n", []string{"ms"}, nil},
		{classic + "ms@^2.0.0:\n  version \"v2.1.3\"\n  resolved \"" + registry + "ms/-/ms-2.1.3.tgz\"\n", []string{"ms"}, []string{"2.1.3"}},
		{classic + "ms@^2.0.0:\n  version \"2.1.2\"\n  resolved \"" + registry + "ms/-/ms-2.1.3.tgz\"\n", []string{"ms"}, []string{"2.1.3", "2.1.2"}},
		{classic + "ms@^2.0.0:\n  version \"2.1.3\"\n  resolved \"" + registry + "evil/-/evil-1.0.0.tgz\"\n", []string{"evil", "ms"}, []string{"1.0.0", "2.1.3"}},
		{classic + "ms@^2.0.0:\n  version \"=02.1.3+x\"\n  resolved \"ms-2.1.3.tgz\"\n", []string{"ms"}, []string{"2.1.3"}},
	} {
		lock, err := Parse("yarn.lock", []byte(tt.text))
		if err != nil {
			t.Fatal(tt.text, err)
		}
		e := lock.Entries[0]
		if diff := cmp.Diff(tt.names, e.Names()); diff != "" {
			t.Errorf("%s: %s", tt.text, diff)
		}
		if diff := cmp.Diff(tt.versions, e.Versions()); diff != "" {
			t.Errorf("%s: %s", tt.text, diff)
		}
	}
}
