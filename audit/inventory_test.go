package audit

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/audit/ignore"
	"github.com/portalctl/portalctl/audit/trust"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/license"
	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/otherlock"
	"github.com/portalctl/portalctl/internal/sbom"
	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/jsonschema"
	"github.com/portalctl/portalctl/internal/testkit/testshared"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

func inventoryOf(t *testing.T, in Input) *sbom.Inventory {
	t.Helper()
	r, err := NewReport(in, Defaults())
	if err != nil {
		t.Fatal(err)
	}
	return in.Inventory(r, "folder", today, "v1")
}

// valid has both forms of an inventory judged by their schemas.
func valid(t *testing.T, inv *sbom.Inventory) {
	t.Helper()
	for schema, write := range map[string]func(*bytes.Buffer) error{
		"bom-1.6.schema.json":  func(b *bytes.Buffer) error { return inv.WriteCycloneDX(b) },
		"spdx-2.3.schema.json": func(b *bytes.Buffer) error { return inv.WriteSPDX(b) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		if faults := jsonschema.Faults(t, filepath.Join("..", "internal", "sbom", "testdata", schema), b.String()); len(faults) > 0 {
			t.Errorf("%s: %d faults: %s", schema, len(faults), strings.Join(faults[:min(len(faults), 5)], "\n"))
		}
	}
}

func TestInventory(t *testing.T) {
	const patched = "b@patch:b@npm%3A1.0.0#~/.yarn/patches/b.patch"
	head := load(t, map[string]string{
		"package.json":                  pkg("root", "", "dev tool ^1.0.0"),
		"packages/backend/package.json": pkg("backend", "backend", "a ^1.0.0", "other npm:@real/name@^2.0.0", "fork https://github.com/x/fork.git", "common 1.0.0"),
		"packages/common/package.json":  strings.Replace(pkg("common", "", "b "+"patch:b@npm%3A1.0.0#~/.yarn/patches/b.patch"), `"name"`, `"license": "UNLICENSED", "name"`, 1),
		"yarn.lock": strings.Replace(berry("root@workspace:. > tool npm:^1.0.0", "tool@npm:^1.0.0 = 1.0.0",
			"backend@workspace:packages/backend > a npm:^1.0.0, other npm:@real/name@^2.0.0, fork https://github.com/x/fork.git, common 1.0.0",
			"common@1.0.0, common@workspace:packages/common = common@workspace:packages/common > b "+"patch:b@npm%3A1.0.0#~/.yarn/patches/b.patch",
			"a@npm:^1.0.0 = 1.2.0 > tool npm:^1.0.0", "other@npm:@real/name@^2.0.0 = @real/name@npm:2.0.1",
			"fork@https://github.com/x/fork.git = fork@https://github.com/x/fork.git#commit=0123abc",
			"b@npm:1.0.0 = 1.0.0", patched+" = "+patched+"::version=1.0.0&hash=123456"), "version: //github.com/x/fork.git#commit=0123abc", "version: 0.1.0", 1),
	})
	inv := inventoryOf(t, Input{Head: head, Hits: []osv.Hit{{Package: osv.Package{Name: "a", Version: "1.2.0"}, Advisory: advisory(t, "GHSA-a", "a", "", "0 2.0.0")}},
		Trust: &trust.Result{Licenses: map[trust.PackageVersion]license.Declared{{Name: "a", Version: "1.2.0"}: license.Read("MIT")}}})
	valid(t, inv)
	var got []string
	for _, c := range append([]sbom.Component{inv.Root}, inv.Components...) {
		line := fmt.Sprintf("%s | %s %s | %s | %s | %v", c.Ref, c.Name, c.Version, c.PURL, c.License, c.DependsOn)
		if c.Ancestor != nil {
			line += fmt.Sprintf(" | %s with %v", c.Ancestor.Ref, c.Patches)
		}
		got = append(got, line)
	}
	want := []string{
		"portal | root 1.0.0 |  | no licence | [yarn.lock#backend@workspace:packages/backend yarn.lock#common@workspace:packages/common yarn.lock#tool@npm:1.0.0]",
		"yarn.lock#@real/name@npm:2.0.1 | @real/name 2.0.1 | pkg:npm/%40real/name@2.0.1 | no licence | []",
		"yarn.lock#a@npm:1.2.0 | a 1.2.0 | pkg:npm/a@1.2.0 | MIT | [yarn.lock#tool@npm:1.0.0]",
		"yarn.lock#" + patched + "::version=1.0.0&hash=123456 | b 1.0.0 | pkg:npm/b@1.0.0 | no licence | [] | yarn.lock#b@npm:1.0.0 with [.yarn/patches/b.patch]",
	}
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("there is no %s", line)
		}
	}
	all := strings.Join(got, "\n")
	for _, part := range []string{"common 1.0.0 |  | UNLICENSED", "vcs_url=git%2Bhttps:%2F%2Fgithub.com%2Fx%2Ffork.git%400123abc"} {
		if !strings.Contains(all, part) {
			t.Errorf("there is no %s", part)
		}
	}
	if len(got) != 8 {
		t.Error("there are others")
	}
	if len(inv.Vulnerabilities) != 1 || !slices.Equal(inv.Vulnerabilities[0].Affects, []string{"yarn.lock#a@npm:1.2.0"}) {
		t.Errorf("%+v", inv.Vulnerabilities)
	}
	if t.Failed() {
		t.Log("\n" + all)
	}
}

func TestVCS(t *testing.T) {
	for reference, want := range map[string]string{
		"https://user:secret@github.com/x/y.git#commit=0123": "git+https://github.com/x/y.git@0123",
		"git+ssh://git@github.com/x/y.git#0123":              "git+ssh://git@github.com/x/y.git@0123",
		"git@github.com:x/y.git#commit=0123&workspace=z":     "git+ssh://git@github.com/x/y.git@0123",
		"github:x/y#0123":                  "git+https://github.com/x/y.git@0123",
		"git://host/x.git#semver=^1":       "git://host/x.git",
		"https://host/x.git?token=a#a b":   "git+https://host/x.git",
		"https://host/x.git#0123::hash=ab": "git+https://host/x.git@0123",
		"x/y#0123":                         "",
		"://":                              "",
	} {
		if got := vcs(reference); got != want {
			t.Errorf("%s is %q, not %q", reference, got, want)
		}
	}
}

// A hash is that of a tarball where the lock has one, and nothing else is one.
func TestInventoryHashes(t *testing.T) {
	const sha1 = "679591c564c3bffaae8454cf0b3df370c3d6911c"
	sum := strings.Repeat("00", 64)
	entry := "# yarn lockfile v1\n\n\n\"@x/a@^1.0.0\":\n  version \"1.0.0\"\n  resolved \"https://u:secret@npm.example.com/r/@x/a/-/a-1.0.0.tgz?token=secret#" + sha1 + "\"\n  integrity sha512-" + strings.Repeat("A", 86) + "==\n"
	classic, err := yarnlock.Parse("yarn.lock", []byte(entry))
	if err != nil {
		t.Fatal(err)
	}
	other, err := otherlock.Parse("package-lock.json", []byte(`{"lockfileVersion":3,"packages":{"":{},"node_modules/a":{"version":"1.0.0","resolved":"https://registry.npmjs.org/a/-/a-1.0.0.tgz","integrity":"sha512-`+strings.Repeat("A", 86)+`=="}}}`))
	if err != nil {
		t.Fatal(err)
	}
	checksummed, err := yarnlock.Parse("b/yarn.lock", []byte(strings.Replace(berry("a@npm:1.0.0 = 1.0.0"), "  languageName", "  checksum: 10c0/"+sum+"\n  languageName", 1)))
	if err != nil {
		t.Fatal(err)
	}
	inv := inventoryOf(t, Input{Head: []*Lock{{Path: "yarn.lock", Lock: classic}, {Path: "package-lock.json", Lock: other.Lock, Tool: "npm", Dev: other.Dev}, {Path: "b/yarn.lock", Lock: checksummed}}})
	valid(t, inv)
	got := map[string][]sbom.Hash{}
	for _, c := range inv.Components {
		got[c.Ref] = c.Hashes
		if strings.Contains(c.PURL+c.Address, "secret") {
			t.Errorf("%s shows a secret: %s %s", c.Ref, c.PURL, c.Address)
		}
		if strings.HasPrefix(c.Ref, "yarn.lock#") && c.PURL != "pkg:npm/%40x/a@1.0.0?repository_url=https:%2F%2Fnpm.example.com%2Fr" {
			t.Error(c.PURL)
		}
	}
	want := map[string][]sbom.Hash{"b/yarn.lock#a@npm:1.0.0": nil, "package-lock.json#a@npm:1.0.0": {{Algorithm: "SHA-512", Hex: sum}},
		"yarn.lock#@x/a@npm:1.0.0": {{Algorithm: "SHA-1", Hex: sha1}, {Algorithm: "SHA-512", Hex: sum}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(inv.Root.DependsOn) != 3 || inv.Root.Name != "folder" {
		t.Errorf("%+v", inv.Root)
	}
}

// What a team sets aside is the advisory with the decision; what it does not is the
// advisory alone.
func TestInventoryDecisions(t *testing.T) {
	head := load(t, map[string]string{"package.json": pkg("root", "", "a 1.0.0", "b 1.0.0"),
		"yarn.lock": berry("root@workspace:. > a npm:1.0.0, b npm:1.0.0", "a@npm:1.0.0 = 1.0.0", "b@npm:1.0.0 = 1.0.0")})
	src := "audit:\n  ignore:\n    - {id: GHSA-a, package: a, reason: not reached, owner: team, expires: 2026-10-01}\n"
	d, err := ignore.Load(ignore.Sources{Head: []ignore.File{{Path: finding.ConfigFile, Data: []byte(src)}}, Rules: Rules(), Now: today})
	if err != nil {
		t.Fatal(err)
	}
	hits := []osv.Hit{{Package: osv.Package{Name: "a", Version: "1.0.0"}, Advisory: advisory(t, "GHSA-a", "a", "", "0 2.0.0")},
		{Package: osv.Package{Name: "b", Version: "1.0.0"}, Advisory: advisory(t, "GHSA-a", "b", "", "0 3.0.0")}}
	inv := inventoryOf(t, Input{Head: head, Hits: hits, Decisions: d})
	valid(t, inv)
	var got []string
	for _, v := range inv.Vulnerabilities {
		got = append(got, fmt.Sprintf("%s%v%v%v", v.ID, v.Affects, v.Fixes, v.Decision != nil))
	}
	want := []string{"GHSA-a[yarn.lock#a@npm:1.0.0][move a 1.0.0 to 2.0.0 or later]true", "GHSA-a[yarn.lock#b@npm:1.0.0][move b 1.0.0 to 3.0.0 or later]false"}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Each entry of a real lock is a component, or what one was patched from; no workspace
// is lost, and what is referred to is there.
func TestInventoryShared(t *testing.T) {
	testkit.SkipRace(t)
	db, err := osv.OpenDatabase(t.Context(), testshared.Dir(t, "osv"), osv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	dirs, err := filepath.Glob(filepath.Join(testshared.Dir(t, "corpus"), "*"))
	if err != nil || len(dirs) == 0 {
		t.Fatal(dirs, err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			head := read(t, dir)
			hits, err := db.Match(t.Context(), Packages(head))
			if err != nil {
				t.Fatal(err)
			}
			inv := inventoryOf(t, Input{Head: head, Hits: hits})
			valid(t, inv)
			refs := map[string]bool{inv.Root.Ref: true}
			ancestors := map[string]bool{}
			for _, c := range inv.Components {
				if refs[c.Ref] {
					t.Errorf("%s is there twice", c.Ref)
				}
				refs[c.Ref] = true
				if c.Ancestor != nil {
					ancestors[c.Ancestor.Ref] = true
				}
			}
			want := 0
			for _, l := range head {
				m := newModel(l)
				want += m.graph.Len()
			}
			got := len(inv.Components) + len(ancestors)
			for _, l := range head {
				if l.Path == "yarn.lock" && l.Project != nil {
					got++ // its root is the whole
				}
			}
			if got != want {
				t.Errorf("%d of %d entries and workspaces", got, want)
			}
			for _, c := range append(slices.Clone(inv.Components), inv.Root) {
				for _, to := range c.DependsOn {
					if !refs[to] {
						t.Errorf("%s depends on %s, which is not there", c.Ref, to)
					}
				}
			}
			for _, v := range inv.Vulnerabilities {
				if len(v.Affects) == 0 {
					t.Errorf("%s is about nothing", v.ID)
				}
			}
		})
	}
}
