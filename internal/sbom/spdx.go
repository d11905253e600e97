package sbom

import (
	"encoding/json"
	"io"
	"strings"

	"github.com/spdx/tools-golang/spdx/v2/common"
	spdx "github.com/spdx/tools-golang/spdx/v2/v2_3"

	"github.com/portalctl/portalctl/internal/license"
)

// noAssertion is SPDX's word for what is not known.
const noAssertion = "NOASSERTION"

// WriteSPDX writes the inventory as SPDX 2.3 in JSON. SPDX 2.3 has no place for a
// decision about an advisory: it stands in the comment of the reference.
func (inv *Inventory) WriteSPDX(w io.Writer) error {
	id, err := inv.uuid()
	if err != nil {
		return err
	}
	name := notID().ReplaceAllString(inv.Root.Name, "-")
	doc := &spdx.Document{SPDXVersion: spdx.Version, DataLicense: spdx.DataLicense, SPDXIdentifier: "DOCUMENT", DocumentName: inv.Root.Name,
		DocumentNamespace: "https://spdx.org/spdxdocs/" + strings.Trim(name, "-") + "-" + id,
		CreationInfo:      &spdx.CreationInfo{Created: stamp(inv.Created), Creators: []common.Creator{{CreatorType: "Tool", Creator: "portalctl-" + inv.Tool}}}}
	if len(inv.Lacks) > 0 {
		doc.DocumentComment = "This is not all there is: " + strings.Join(inv.Lacks, "; ")
	}
	b := &spdxBuilder{doc: doc, advisories: map[string][]*spdx.PackageExternalReference{}}
	for i := range inv.Vulnerabilities {
		b.advisory(&inv.Vulnerabilities[i])
	}
	b.add(&inv.Root)
	b.relate(common.MakeDocElementID("", "DOCUMENT"), "DESCRIBES", inv.Root.Ref)
	ancestors := map[string]bool{}
	for i := range inv.Components {
		c := &inv.Components[i]
		b.add(c)
		if a := c.Ancestor; a != nil {
			if !ancestors[a.Ref] {
				ancestors[a.Ref] = true
				b.add(a)
			}
			b.relate(element(c.Ref), "DESCENDANT_OF", a.Ref)
		}
	}
	for i := range inv.Components {
		for _, to := range inv.Components[i].DependsOn {
			b.relate(element(inv.Components[i].Ref), "DEPENDS_ON", to)
		}
	}
	for _, to := range inv.Root.DependsOn {
		b.relate(element(inv.Root.Ref), "DEPENDS_ON", to)
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(doc)
}

type spdxBuilder struct {
	doc        *spdx.Document
	advisories map[string][]*spdx.PackageExternalReference // by Ref
}

func element(ref string) common.DocElementID { return common.MakeDocElementID("", spdxID(ref)) }

func (b *spdxBuilder) relate(from common.DocElementID, kind, to string) {
	b.doc.Relationships = append(b.doc.Relationships, &spdx.Relationship{RefA: from, RefB: element(to), Relationship: kind})
}

func (b *spdxBuilder) advisory(v *Vulnerability) {
	comment := v.ID
	if v.Decision != nil {
		comment += ", set aside: " + v.Decision.text()
	}
	for _, ref := range v.Affects {
		b.advisories[ref] = append(b.advisories[ref], &spdx.PackageExternalReference{
			Category: common.CategorySecurity, RefType: common.TypeSecurityAdvisory, Locator: v.URL, ExternalRefComment: comment})
	}
}

func (b *spdxBuilder) add(c *Component) {
	p := &spdx.Package{PackageName: c.Name, PackageSPDXIdentifier: common.ElementID(spdxID(c.Ref)), PackageVersion: c.Version,
		PackageDownloadLocation: noAssertion, PackageLicenseConcluded: noAssertion, PackageCopyrightText: noAssertion, PrimaryPackagePurpose: "LIBRARY"}
	if c.Application {
		p.PrimaryPackagePurpose = "APPLICATION"
	}
	if c.Address != "" {
		p.PackageDownloadLocation = c.Address
	}
	p.PackageLicenseDeclared, p.PackageLicenseComments = c.spdxLicense()
	for _, h := range c.Hashes {
		p.PackageChecksums = append(p.PackageChecksums, common.Checksum{Algorithm: common.ChecksumAlgorithm(strings.ReplaceAll(h.Algorithm, "-", "")), Value: h.Hex})
	}
	if c.PURL != "" {
		p.PackageExternalReferences = append(p.PackageExternalReferences, &spdx.PackageExternalReference{
			Category: common.CategoryPackageManager, RefType: common.TypePackageManagerPURL, Locator: c.PURL})
	}
	p.PackageExternalReferences = append(p.PackageExternalReferences, b.advisories[c.Ref]...)
	if len(c.Patches) > 0 {
		p.PackageSourceInfo = "patched with " + strings.Join(c.Patches, ", ")
	}
	b.doc.Packages = append(b.doc.Packages, p)
}

// spdxLicense is what the package says, as far as SPDX has words for it, and else its
// own words as a comment. What refers to a text that the document does not have
// (LicenseRef-…) is none of its words.
func (c *Component) spdxLicense() (declared, comment string) {
	switch {
	case c.License.Kind == license.Silent && !c.Known:
		return noAssertion, ""
	case c.License.Kind == license.Silent:
		return noAssertion, "the package says nothing of its licence"
	case c.License.Kind == license.Expression && !strings.Contains(c.License.Text, "Ref-"):
		return c.License.Text, ""
	}
	return noAssertion, "the package says: " + c.License.String()
}
