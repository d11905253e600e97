package audit

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/osv"
)

// Yarn 1 puts the name that resolutions replace before the one that is
// installed. Advisories about the former are not about this portal.
func TestClassicReplaced(t *testing.T) {
	const lock = `# yarn lockfile v1


is-number@^6.0.0, "is-number@npm:@sindresorhus/is@4.6.0":
  version "4.6.0"
  resolved "https://registry.example.com/@sindresorhus/is/-/is-4.6.0.tgz#3c7c9c46e678feefe7a2e5bb609d3dbd665ffb3f"

is-odd@3.0.1:
  version "3.0.1"
  resolved "https://registry.example.com/is-odd/-/is-odd-3.0.1.tgz#65101baf3727d728b66fa62f50cda7f2d3989601"
  dependencies:
    is-number "^6.0.0"

"pad@https://registry.example.com/left-pad/-/left-pad-1.3.0.tgz":
  version "1.3.0"
  resolved "https://registry.example.com/left-pad/-/left-pad-1.3.0.tgz#5b8a3a7765dfe001261dde915589e782f8c94d1e"
`
	head := load(t, map[string]string{"yarn.lock": lock,
		"package.json": `{"name":"root","private":true,"dependencies":{"is-odd":"3.0.1","pad":"https://registry.example.com/left-pad/-/left-pad-1.3.0.tgz"},
			"resolutions":{"is-number":"npm:@sindresorhus/is@4.6.0"}}`})
	want := []osv.Package{{Name: "@sindresorhus/is", Version: "4.6.0"}, {Name: "is-odd", Version: "3.0.1"},
		{Name: "left-pad", Version: "1.3.0"}, {Name: "pad", Version: "1.3.0"}}
	if diff := cmp.Diff(want, Packages(head)); diff != "" {
		t.Error(diff)
	}
	r := audited(t, head, nil, Defaults(), advisory(t, "GHSA-is", "@sindresorhus/is", high, "0 4.7.0"),
		advisory(t, "GHSA-number", "is-number", high, "0"), advisory(t, "GHSA-pad", "left-pad", high, "0 2.0.0"))
	if diff := cmp.Diff([]string{"GHSA-is @sindresorhus/is 4.6.0 present block", "GHSA-pad left-pad 1.3.0 present block"}, lines(r)); diff != "" {
		t.Error(diff)
	}
	// What keeps the fix out is the resolution, not what is-odd asks for.
	steps := []string{`package.json: resolutions: "is-number": "npm:@sindresorhus/is@4.6.0" → "npm:@sindresorhus/is@4.7.0"`, "yarn install"}
	if diff := cmp.Diff(steps, r.Findings[0].Action.Steps); diff != "" {
		t.Error(diff)
	}
	for _, f := range r.Findings {
		if len(f.Where.Paths) == 0 {
			t.Errorf("nothing asks for %s", f.Package)
		}
	}
}

// Yarn 4.4.1 installs ms 2.1.3 for both of these Berry entries, and Yarn 1.22.22
// what the address names: no spelling hides a version from its advisory.
func TestPackagesInstalled(t *testing.T) {
	const sum = "  checksum: 10c0/00\n  languageName: node\n  linkType: hard\n"
	head := load(t, map[string]string{
		"berry/yarn.lock": "__metadata:\n  version: 8\n\n\"ms@npm:^2.0.0\":\n  version: v2.1.3\n  resolution: \"ms@npm:v2.1.3\"\n" + sum +
			"\n\"qs@npm:^6.0.0\":\n  version: 6.0.0\n  resolution: \"qs@npm:6.13.0\"\n" + sum +
			"\n\"tar@https://h.example.com/evil/-/evil-1.0.0.tgz\":\n  version: 0.0.0-use.local\n  resolution: \"tar@https://h.example.com/evil/-/evil-1.0.0.tgz\"\n" + sum,
		"classic/yarn.lock": "# yarn lockfile v1\n\n\nms@^2.0.0:\n  version \"=02.1.3\"\n  resolved \"https://h.example.com/ms.tgz\"\n\n" +
			"qs@^6.0.0:\n  version \"6.13.0\"\n  resolved \"https://h.example.com/qs/-/qs-6.0.0.tgz\"\n",
	})
	want := []osv.Package{{Name: "evil", Version: "0.0.0-use.local"}, {Name: "evil", Version: "1.0.0"}, {Name: "ms", Version: "2.1.3"},
		{Name: "qs", Version: "6.0.0"}, {Name: "qs", Version: "6.13.0"}, {Name: "tar", Version: "0.0.0-use.local"}, {Name: "tar", Version: "1.0.0"}}
	if diff := cmp.Diff(want, Packages(head)); diff != "" {
		t.Error(diff)
	}
}
