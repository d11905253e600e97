package sbom

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/portalctl/portalctl/internal/license"
	"github.com/portalctl/portalctl/internal/testkit/jsonschema"
)

const (
	cyclonedxSchema = "testdata/bom-1.6.schema.json"
	spdxSchema      = "testdata/spdx-2.3.schema.json"
)

// whole has a component of each kind.
func whole() *Inventory {
	sum := strings.Repeat("ab", 64)
	return &Inventory{
		Root: Component{Ref: "portal", Name: "@acme/portal", Version: "1.0.0", Application: true, DependsOn: []string{"a", "b"}},
		Components: []Component{
			{Ref: "a", Name: "@scope/a", Version: "1.0.0", PURL: "pkg:npm/%40scope/a@1.0.0", Address: "https://registry.example.com/a.tgz",
				Hashes: []Hash{{"SHA-512", sum}, {"SHA-1", sum[:40]}}, License: license.Read("(MIT OR GPL-3.0)"), Known: true, DependsOn: []string{"b"}},
			{Ref: "b", Name: "b", Version: "2.0.0", PURL: "pkg:npm/b@2.0.0", Patches: []string{".yarn/patches/b.patch", "builtin<compat/b>"}, Development: true,
				Ancestor: &Component{Ref: "b0", Name: "b", Version: "2.0.0", PURL: "pkg:npm/b@2.0.0", License: license.Read("MIT"), Known: true}},
			{Ref: "c", Name: "c", Version: "1.0.0", Address: "git+https://git.example.com/c.git@0123", License: license.Read("SEE LICENSE IN EULA"), Known: true},
			{Ref: "d", Name: "d", License: license.Read("UNLICENSED"), Known: true, Properties: []Property{{"portalctl:folder", "packages/d"}}},
			{Ref: "e", Name: "e", License: license.Read("Public Domain"), Known: true},
			{Ref: "f", Name: "f", License: license.Read("LicenseRef-own"), Known: true},
			{Ref: "g", Name: "g", Known: true},
			{Ref: "h/ß\"\x00", Name: "h\u202e", Version: "<1>", License: license.Read("x\x1b[31m"), Known: true},
		},
		Vulnerabilities: []Vulnerability{
			{ID: "GHSA-a", URL: "https://github.com/advisories/GHSA-a", Aliases: []string{"CVE-1"}, Summary: "bad", Severity: "high", Score: 7.5,
				Vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", Published: time.Unix(1, 0), Fixes: []string{"move b to 3"}, Affects: []string{"b"}},
			{ID: "GHSA-a", URL: "https://github.com/advisories/GHSA-a", Affects: []string{"a"}, Fixes: []string{"move a to 2"}, Decision: &Decision{"not reached", "team-a", "2026-12-31"}},
			{ID: "MAL-1", URL: "https://osv.dev/MAL-1", Malware: true, Affects: []string{"c"}, Decision: &Decision{}},
		},
		Created: time.Unix(1700000000, 0), Tool: "v1.0.0", Lacks: []string{"bun.lock is not read"},
	}
}

func written(t *testing.T, inv *Inventory) (cyclonedx, spdx string) {
	t.Helper()
	var a, b bytes.Buffer
	if err := inv.WriteCycloneDX(&a); err != nil {
		t.Fatal(err)
	}
	if err := inv.WriteSPDX(&b); err != nil {
		t.Fatal(err)
	}
	return a.String(), b.String()
}

func TestSchemas(t *testing.T) {
	for name, inv := range map[string]*Inventory{"whole": whole(), "empty": {Root: Component{Ref: "portal", Name: "x"}}} {
		cyclonedx, spdx := written(t, inv)
		if faults := jsonschema.Faults(t, cyclonedxSchema, cyclonedx); len(faults) > 0 {
			t.Errorf("%s: CycloneDX: %s\n%s", name, strings.Join(faults, "\n"), cyclonedx)
		}
		if faults := jsonschema.Faults(t, spdxSchema, spdx); len(faults) > 0 {
			t.Errorf("%s: SPDX: %s\n%s", name, strings.Join(faults, "\n"), spdx)
		}
	}
}

// What a test that finds no fault means: the same with a fault has one.
func TestSchemasRefuse(t *testing.T) {
	cyclonedx, spdx := written(t, whole())
	for _, c := range []struct{ schema, text, old, new string }{
		{cyclonedxSchema, cyclonedx, `"specVersion": "1.6"`, `"specVersion": 1.6`},
		{cyclonedxSchema, cyclonedx, `"type": "library"`, `"type": "libraries"`},
		{cyclonedxSchema, cyclonedx, `"SHA-512"`, `"SHA512"`},
		{cyclonedxSchema, cyclonedx, `"urn:uuid:`, `"urn:uid:`},
		{cyclonedxSchema, cyclonedx, `"scope": "required"`, `"scopes": "required"`},
		{cyclonedxSchema, cyclonedx, `"will_not_fix"`, `"ignored"`},
		{cyclonedxSchema, cyclonedx, `"expression": "MIT OR GPL-3.0"`, `"expression": "MIT", "license": {"name": "x"}`},
		{cyclonedxSchema, cyclonedx, `"timestamp": "2023-`, `"timestamp": "23-`},
		{cyclonedxSchema, cyclonedx, `"score": 7.5`, `"score": "7.5"`},
		{spdxSchema, spdx, `"SPDXID": `, `"SPDXIDs": `},
		{spdxSchema, spdx, `"PACKAGE-MANAGER"`, `"PACKAGER"`},
		{spdxSchema, spdx, `"DEPENDS_ON"`, `"NEEDS"`},
		{spdxSchema, spdx, `"SHA512"`, `"SHA-512"`},
		{spdxSchema, spdx, `"created"`, `"create"`},
	} {
		text := strings.Replace(c.text, c.old, c.new, 1)
		if text == c.text {
			t.Errorf("%s: %s is not there", c.schema, c.old)
		} else if len(jsonschema.Faults(t, c.schema, text)) == 0 {
			t.Errorf("%s takes %s for %s", c.schema, c.new, c.old)
		}
	}
}

func TestWhatIsSaid(t *testing.T) {
	cyclonedx, spdx := written(t, whole())
	for _, c := range []struct{ text, want string }{
		{cyclonedx, `"detail": "not reached; decided by team-a; until 2026-12-31"`},
		{cyclonedx, `"state": "exploitable"`},
		{cyclonedx, `"can_not_fix"`}, // nothing is known to end it
		{cyclonedx, `"url": ".yarn/patches/b.patch"`},
		{cyclonedx, `"aggregate": "incomplete"`},
		{cyclonedx, `"group": "@scope"`},
		{cyclonedx, `"name": "SEE LICENSE IN EULA"`},
		{cyclonedx, `"type": "vcs"`},
		{spdx, `"licenseDeclared": "MIT OR GPL-3.0"`},
		{spdx, `"licenseComments": "the package says: LicenseRef-own"`},
		{spdx, `"licenseComments": "the package says nothing of its licence"`},
		{spdx, `"comment": "GHSA-a, set aside: not reached; decided by team-a; until 2026-12-31"`},
		{spdx, `"sourceInfo": "patched with .yarn/patches/b.patch, builtin<compat/b>"`},
		{spdx, `"comment": "This is not all there is: bun.lock is not read"`},
	} {
		if !strings.Contains(c.text, c.want) {
			t.Errorf("%s is not in\n%s", c.want, c.text)
		}
	}
	for _, not := range []string{`"licenseDeclared": "LicenseRef-own"`, `"licenseConcluded": "MIT`} {
		if strings.Contains(spdx, not) {
			t.Errorf("%s is claimed", not)
		}
	}
}

// The same inventory is the same text; another one has another number.
func TestSame(t *testing.T) {
	a, b := written(t, whole())
	c, d := written(t, whole())
	if a != c || b != d {
		t.Error("the same inventory is two texts")
	}
	id, err := whole().uuid()
	if err != nil {
		t.Fatal(err)
	}
	later, other := whole(), whole()
	later.Created = time.Unix(1800000000, 0)
	other.Components[0].Version = "1.0.1"
	if got, _ := later.uuid(); got != id {
		t.Error("the number depends on the time")
	}
	if got, _ := other.uuid(); got == id {
		t.Error("another inventory has the same number")
	}
}

// Names that SPDX's letters make equal stay apart.
func TestSPDXIDs(t *testing.T) {
	seen := map[string]string{}
	for _, ref := range []string{"a@1", "a#1", "a-1", "@a/1", "a/1", "", "ß"} {
		id := spdxID(ref)
		if other, ok := seen[id]; ok || fmt.Sprintf("%q", id) != `"`+id+`"` || strings.ContainsAny(id, "@/# ") {
			t.Errorf("%q and %q are both %q", ref, other, id)
		}
		seen[id] = ref
	}
}
