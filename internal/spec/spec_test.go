package spec

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/portalctl/portalctl/internal/semrange"
)

func TestRead(t *testing.T) {
	rng := func(s string) *Spec { return &Spec{Kind: KindRange, Raw: s, Range: s} }
	npm := func(s string) *Spec {
		return &Spec{Kind: KindRange, Raw: "npm:" + s, Protocol: "npm:", Range: s}
	}
	tests := []Spec{
		{Raw: "^1.0.0", Kind: KindRange, Range: "^1.0.0"},
		{Raw: " ^1 || 2.x ", Kind: KindRange, Range: "^1 || 2.x"},
		{Raw: "", Kind: KindRange},
		{Raw: "*", Kind: KindRange, Range: "*"},
		{Raw: "x", Kind: KindRange, Range: "x"},
		{Raw: "latest", Kind: KindTag, Range: "latest"},
		{Raw: "1.2.3beta", Kind: KindTag, Range: "1.2.3beta"},
		{Raw: "npm:^1.0.0", Kind: KindRange, Protocol: "npm:", Range: "^1.0.0"},
		{Raw: "npm:next", Kind: KindTag, Protocol: "npm:", Range: "next"},
		{Raw: "npm:1.0.0::__archiveUrl=https%3A%2F%2Fhost%2Fx.tgz", Kind: KindRange, Protocol: "npm:", Range: "1.0.0", Params: "__archiveUrl=https%3A%2F%2Fhost%2Fx.tgz"},
		{Raw: "npm:@s/x@^1.0.0", Kind: KindAlias, Protocol: "npm:", Name: "@s/x", Range: "^1.0.0"},
		{Raw: "npm:x@latest", Kind: KindAlias, Protocol: "npm:", Name: "x", Range: "latest"},
		{Raw: "npm:@s/x", Kind: KindAlias, Protocol: "npm:", Name: "@s/x"},
		{Raw: "npm:a/b/c@1", Kind: KindUnknown, Protocol: "npm:"},
		{Raw: "workspace:^", Kind: KindWorkspace, Protocol: "workspace:", Range: "^"},
		{Raw: "workspace:~", Kind: KindWorkspace, Protocol: "workspace:", Range: "~"},
		{Raw: "workspace:*", Kind: KindWorkspace, Protocol: "workspace:", Range: "*"},
		{Raw: "workspace:1.2.3", Kind: KindWorkspace, Protocol: "workspace:", Range: "1.2.3"},
		{Raw: "workspace:plugins/x", Kind: KindWorkspace, Protocol: "workspace:", Path: "plugins/x"},
		{Raw: "backstage:^", Kind: KindBackstage, Protocol: "backstage:", Range: "^"},
		{Raw: "backstage:^::backstage=1.44.2&npm=1.2.3", Kind: KindBackstage, Protocol: "backstage:", Range: "^", Params: "backstage=1.44.2&npm=1.2.3"},
		{Raw: "catalog:", Kind: KindCatalog, Protocol: "catalog:"},
		{Raw: "catalog:react18", Kind: KindCatalog, Protocol: "catalog:", Catalog: "react18"},
		{Raw: "file:../x", Kind: KindFile, Protocol: "file:", Path: "../x"},
		{Raw: "file:", Kind: KindFile, Protocol: "file:"},
		{Raw: "../x", Kind: KindFile, Path: "../x"},
		{Raw: `C:\x`, Kind: KindFile, Path: `C:\x`},
		{Raw: "c:/x", Kind: KindFile, Path: "c:/x"},
		{Raw: "C:x", Kind: KindUnknown, Protocol: "C:"},
		{Raw: "C:", Kind: KindUnknown, Protocol: "C:"},
		{Raw: `1:\x`, Kind: KindUnknown, Protocol: "1:"},
		{Raw: "vendor/deep/x.tgz", Kind: KindFile, Path: "vendor/deep/x.tgz"},
		{Raw: "x.tar.gz", Kind: KindFile, Path: "x.tar.gz"},
		{Raw: "x.tgz::locator=a", Kind: KindFile, Path: "x.tgz::locator=a"},
		{Raw: "x?y.tgz", Kind: KindUnknown},
		{Raw: "/x", Kind: KindFile, Path: "/x"},
		{Raw: "link:../app", Kind: KindLink, Protocol: "link:", Path: "../app"},
		{Raw: "portal:./x", Kind: KindPortal, Protocol: "portal:", Path: "./x"},
		{Raw: "exec:./make.js", Kind: KindExec, Protocol: "exec:", Path: "./make.js"},
		{Raw: "git@host:u/r.git", Kind: KindGit, Protocol: "git@host:"},
		{Raw: "git@host:u/r.git#main", Kind: KindGit, Protocol: "git@host:"},
		{Raw: "git+https://host/r.git", Kind: KindGit, Protocol: "git+https:"},
		{Raw: "git+ssh://git@host/r", Kind: KindGit, Protocol: "git+ssh:"},
		{Raw: "ssh://git@host/r", Kind: KindGit, Protocol: "ssh:"},
		{Raw: "git://host/r", Kind: KindGit, Protocol: "git:"},
		{Raw: "github:u/r", Kind: KindGit, Protocol: "github:"},
		{Raw: "u/r", Kind: KindGit},
		{Raw: "u/r#semver:^1.0.0", Kind: KindGit},
		{Raw: "https://github.com/u/r", Kind: KindGit, Protocol: "https:"},
		{Raw: "https://github.com/u/r/tarball/main", Kind: KindGit, Protocol: "https:"},
		{Raw: "https://host/u/r.git#commit=abc", Kind: KindGit, Protocol: "https:"},
		{Raw: "https://host/u/r#commit=abc", Kind: KindGit, Protocol: "https:"},
		{Raw: "https://host/x.tgz", Kind: KindTarball, Protocol: "https:"},
		{Raw: "http://host/x-1.0.0.tar.gz?y#z", Kind: KindTarball, Protocol: "http:"},
		{Raw: "https://github.com/u/r/archive/x.tar.gz", Kind: KindTarball, Protocol: "https:"},
		{Raw: "jsr:^1.0.0", Kind: KindUnknown, Protocol: "jsr:"},
		{Raw: "not a spec", Kind: KindUnknown},
		{
			Raw: "patch:@backstage/x@npm%3A^0.5.0#./.yarn/patches/x.patch", Kind: KindPatch, Protocol: "patch:",
			Name: "@backstage/x", Inner: npm("^0.5.0"), Path: "./.yarn/patches/x.patch",
		},
		{
			Raw: "patch:@backstage/x@npm%3A0.5.0#~/.yarn/patches/x.patch::version=0.5.0&hash=a", Kind: KindPatch, Protocol: "patch:",
			Name: "@backstage/x", Inner: npm("0.5.0"), Path: "~/.yarn/patches/x.patch", Params: "version=0.5.0&hash=a",
		},
		{
			Raw: "patch:x@^1.0.0#optional!builtin<compat/x>", Kind: KindPatch, Protocol: "patch:",
			Name: "x", Inner: rng("^1.0.0"), Path: "optional!builtin<compat/x>",
		},
		{
			Raw: "patch:x@patch%3Ax@npm%253A1.0.0%23a.patch#b.patch", Kind: KindPatch, Protocol: "patch:", Name: "x", Path: "b.patch",
			Inner: &Spec{Raw: "patch:x@npm%3A1.0.0#a.patch", Kind: KindPatch, Protocol: "patch:", Name: "x", Path: "a.patch", Inner: npm("1.0.0")},
		},
		{Raw: "patch:x#y", Kind: KindPatch, Protocol: "patch:", Name: "x", Path: "y"},
		{Raw: "patch:x@%zz#y", Kind: KindPatch, Protocol: "patch:", Name: "x", Path: "y", Inner: &Spec{Raw: "%zz"}},
	}
	for _, want := range tests {
		got := Read(want.Raw)
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Spec{}, "Versions")); diff != "" {
			t.Errorf("Read(%q): %s", want.Raw, diff)
		}
		versions, err := semrange.Parse(want.Range)
		if means := err == nil && (want.Kind == KindRange || want.Kind == KindAlias); means != got.Versions.Valid() && want.Kind != KindWorkspace ||
			got.Versions.Valid() && got.Versions.String() != versions.String() {
			t.Errorf("Read(%q): versions %q", want.Raw, got.Versions)
		}
	}
}

// A patch of a patch of a patch… must not cost more than its length.
func TestReadDepth(t *testing.T) {
	depth := 0
	spec := Read(strings.Repeat("patch:x@", 200_000) + "1.0.0#y")
	for p := &spec; p != nil; p = p.Inner {
		depth++
	}
	if depth != maxPatchDepth+1 {
		t.Errorf("depth %d, want %d", depth, maxPatchDepth+1)
	}
}
