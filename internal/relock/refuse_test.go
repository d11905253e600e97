package relock

import (
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/fault"
)

// TestYarnRefuses has what Yarn ends with an error for, some releases only.
func TestYarnRefuses(t *testing.T) {
	const catalog = "-- .yarnrc.yml --\ncatalog:\n  b: 1.0.0\n  typescript: 5.0.4\n"
	const lax = "enableStrictSettings: false\n"
	tests := []struct{ name, yarn, fields, files, want string }{
		{"a catalog in resolutions", "4.18.1", `"dependencies": {"b": "^1.0.0"}, "resolutions": {"b": "catalog:"}`, catalog,
			`package.json:1:123: the resolution of b is "catalog:", and Yarn knows no catalogs there`},
		{"catalogs before 4.10", "4.9.4", `"dependencies": {"b": "catalog:"}`, catalog, ".yarnrc.yml:2:6: Yarn 4.9.4 does not know the setting catalog"},
		{"named catalogs before 4.10", "4.9.4", `"dependencies": {"b": "^1.0.0"}`, "-- .yarnrc.yml --\ncatalogs:\n  x:\n    b: 1.0.0\n", "Yarn 4.9.4 does not know the setting catalogs"},
		{"catalogs before 4.10, not strict", "4.9.4", `"dependencies": {"b": "catalog:"}`, catalog + lax, "catalog: of b: Yarn 4.9.4 knows no catalogs"},
		{"a patched package of a catalog in 4.10", "4.10.3", `"dependencies": {"typescript": "catalog:"}`, catalog,
			"catalog: of typescript: Yarn 4.10.3 takes no catalog for a package that it patches"},
		{"the age gate before 4.10", "4.9.4", `"dependencies": {"b": "^1.0.0"}`, "-- .yarnrc.yml --\nnpmMinimalAgeGate: 1d\n",
			".yarnrc.yml:1:20: Yarn 4.9.4 does not know the setting npmMinimalAgeGate"},
		{"dependenciesMeta with a range", "4.18.1", `"dependencies": {"b": "^1.0.0"}, "dependenciesMeta": {"b@^1.0.0": {"built": true}}`, "",
			"dependenciesMeta of b@^1.0.0: Yarn takes a version there, not a range"},
		{"a new patch whose file is not there", "4.18.1", `"dependencies": {"b": "patch:b@npm%3A1.0.0#~/b.patch"}`,
			"-- yarn.lock --\n" + lockOf("b@npm:1.0.0 = 1.0.0\n"), "asked for by root: the patch file cannot be read"},
		{"no checksum, and no registry that has the package", "4.18.1", `"dependencies": {"nope": "1.0.0"}`,
			"-- yarn.lock --\n" + strings.ReplaceAll(lockOf("nope@npm:1.0.0 = 1.0.0\n"), "  checksum: 10c0/locked-1.0.0\n", ""),
			"package.json:1:94: the lockfile has no checksum for nope@npm:1.0.0, asked for by root"},

		{"catalogs", "4.11.0", `"dependencies": {"b": "catalog:", "typescript": "catalog:"}`, catalog, ""},
		{"catalogs in 4.10", "4.10.3", `"dependencies": {"b": "catalog:"}`, catalog, ""},
		{"the age gate before 4.10, not strict", "4.9.4", `"dependencies": {"b": "^1.0.0"}`, "-- .yarnrc.yml --\nnpmMinimalAgeGate: 1d\n" + lax, ""},
		{"dependenciesMeta with a version", "4.18.1", `"dependencies": {"b": "^1.0.0"}, "dependenciesMeta": {"b@1.0.0": {"built": true}}`, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := project(t, "-- package.json --\n{\"name\": \"root\", \"workspaces\": [], \"packageManager\": \"yarn@"+tt.yarn+"\", "+tt.fields+"}\n"+tt.files)
			if in.Lock != nil && len(in.Lock.Entries) > 0 {
				in.Lock.SetVersion(10)
			}
			_, err := Solve(t.Context(), in, registryOf(t, npmPackages), Highest{})
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("got %v", err)
			case tt.want == "":
			case err == nil || !strings.Contains(err.Error(), tt.want) || fault.NextOf(err) == "":
				t.Errorf("got %v; next: %s", err, fault.NextOf(err))
			case AsUnsupported(err) != nil:
				t.Error("Yarn would fail too: no reason to hand over")
			}
		})
	}
}
