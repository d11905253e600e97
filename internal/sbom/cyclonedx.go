package sbom

import (
	"io"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/portalctl/portalctl/internal/license"
	"github.com/portalctl/portalctl/internal/spec"
)

// WriteCycloneDX writes the inventory as CycloneDX 1.6 in JSON.
func (inv *Inventory) WriteCycloneDX(w io.Writer) error {
	id, err := inv.uuid()
	if err != nil {
		return err
	}
	bom := cdx.NewBOM()
	bom.SpecVersion, bom.JSONSchema = cdx.SpecVersion1_6, "http://cyclonedx.org/schema/bom-1.6.schema.json"
	bom.SerialNumber = "urn:uuid:" + id
	root := inv.Root.cyclonedx()
	bom.Metadata = &cdx.Metadata{Timestamp: stamp(inv.Created), Component: &root,
		Lifecycles: &[]cdx.Lifecycle{{Phase: cdx.LifecyclePhasePreBuild}},
		Tools:      &cdx.ToolsChoice{Components: &[]cdx.Component{{Type: cdx.ComponentTypeApplication, Name: "portalctl", Version: inv.Tool}}}}
	components, edges := []cdx.Component{}, []cdx.Dependency{inv.Root.dependency()}
	for i := range inv.Components {
		components, edges = append(components, inv.Components[i].cyclonedx()), append(edges, inv.Components[i].dependency())
	}
	bom.Components, bom.Dependencies = &components, &edges
	list := []cdx.Vulnerability{}
	for i := range inv.Vulnerabilities {
		list = append(list, inv.Vulnerabilities[i].cyclonedx())
	}
	bom.Vulnerabilities = &list
	if len(inv.Lacks) > 0 {
		bom.Compositions = &[]cdx.Composition{{Aggregate: cdx.CompositionAggregateIncomplete, Assemblies: &[]cdx.BOMReference{cdx.BOMReference(inv.Root.Ref)}}}
		properties := []cdx.Property{}
		for _, text := range inv.Lacks {
			properties = append(properties, cdx.Property{Name: "portalctl:incomplete", Value: text})
		}
		bom.Metadata.Properties = &properties
	}
	return cdx.NewBOMEncoder(w, cdx.BOMFileFormatJSON).SetPretty(true).SetEscapeHTML(false).Encode(bom)
}

func (c *Component) dependency() cdx.Dependency {
	list := append([]string{}, c.DependsOn...)
	return cdx.Dependency{Ref: c.Ref, Dependencies: &list}
}

func (c *Component) cyclonedx() cdx.Component {
	out := cdx.Component{BOMRef: c.Ref, Type: cdx.ComponentTypeLibrary, Name: c.Name, Version: c.Version, PackageURL: c.PURL,
		Licenses: c.cyclonedxLicenses()}
	if c.Application {
		out.Type = cdx.ComponentTypeApplication
	}
	if scope, base := spec.SplitScope(c.Name); scope != "" {
		out.Group, out.Name = "@"+scope, base
	}
	var properties []cdx.Property
	if c.Development {
		// As CycloneDX's own tools for npm have it.
		out.Scope = cdx.ScopeOptional
		properties = append(properties, cdx.Property{Name: "cdx:npm:package:development", Value: "true"})
	} else {
		out.Scope = cdx.ScopeRequired
	}
	for _, p := range c.Properties {
		properties = append(properties, cdx.Property{Name: p.Name, Value: p.Value})
	}
	if len(properties) > 0 {
		out.Properties = &properties
	}
	if len(c.Hashes) > 0 {
		hashes := []cdx.Hash{}
		for _, h := range c.Hashes {
			hashes = append(hashes, cdx.Hash{Algorithm: cdx.HashAlgorithm(h.Algorithm), Value: h.Hex})
		}
		out.Hashes = &hashes
	}
	if c.Address != "" {
		kind := cdx.ERTypeDistribution
		if strings.HasPrefix(c.Address, "git") {
			kind = cdx.ERTypeVCS
		}
		out.ExternalReferences = &[]cdx.ExternalReference{{Type: kind, URL: c.Address}}
	}
	if c.Ancestor != nil {
		pedigree := cdx.Pedigree{Ancestors: &[]cdx.Component{c.Ancestor.cyclonedx()}}
		var patches []cdx.Patch
		for _, name := range c.Patches {
			patches = append(patches, cdx.Patch{Type: cdx.PatchTypeUnofficial, Diff: &cdx.Diff{URL: name}})
		}
		if len(patches) > 0 {
			pedigree.Patches = &patches
		}
		out.Pedigree = &pedigree
	}
	return out
}

// cyclonedxLicenses are what the package says, as it says it: an expression, or a
// name. Single licences are expressions, too, so that none depends on which version
// of SPDX's list a reader has.
func (c *Component) cyclonedxLicenses() *cdx.Licenses {
	switch c.License.Kind {
	case license.Silent:
		return nil
	case license.Expression:
		return &cdx.Licenses{{Expression: c.License.Text}}
	case license.Unlicensed:
		return &cdx.Licenses{{License: &cdx.License{Name: "UNLICENSED"}}}
	case license.File:
		return &cdx.Licenses{{License: &cdx.License{Name: "SEE LICENSE IN " + c.License.Text}}}
	}
	return &cdx.Licenses{{License: &cdx.License{Name: c.License.Text}}}
}

func (v *Vulnerability) cyclonedx() cdx.Vulnerability {
	out := cdx.Vulnerability{BOMRef: v.ID, ID: v.ID, Source: source(v.ID, v.URL), Description: v.Summary, Recommendation: strings.Join(v.Fixes, "; "),
		Published: optional(v.Published), Updated: optional(v.Updated)}
	var references []cdx.VulnerabilityReference
	for _, id := range v.Aliases {
		references = append(references, cdx.VulnerabilityReference{ID: id, Source: source(id, "")})
	}
	if len(references) > 0 {
		out.References = &references
	}
	rating := cdx.VulnerabilityRating{Severity: cdx.SeverityUnknown}
	if v.Severity != "" {
		rating.Severity = cdx.Severity(v.Severity)
	}
	if v.Vector != "" {
		rating.Score, rating.Vector, rating.Method = &v.Score, v.Vector, method(v.Vector)
	}
	out.Ratings = &[]cdx.VulnerabilityRating{rating}
	affects := []cdx.Affects{}
	for _, ref := range v.Affects {
		affects = append(affects, cdx.Affects{Ref: ref})
	}
	out.Affects = &affects
	if v.Malware {
		out.Properties = &[]cdx.Property{{Name: "portalctl:malware", Value: "true"}}
	}
	if d := v.Decision; d != nil {
		out.BOMRef += "#" + spdxID(d.text())
		// A team that sets an advisory aside takes the risk for a time. That it does
		// not apply is another thing, which nobody here has proved.
		response := cdx.IARWillNotFix
		if len(v.Fixes) == 0 {
			response = cdx.IARCanNotFix
		}
		out.Analysis = &cdx.VulnerabilityAnalysis{State: cdx.IASExploitable, Response: &[]cdx.ImpactAnalysisResponse{response}, Detail: d.text()}
	}
	return out
}

func optional(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return stamp(t)
}

// source is who publishes records whose ids begin so.
func source(id, url string) *cdx.Source {
	s := &cdx.Source{Name: "OSV", URL: url}
	switch {
	case strings.HasPrefix(id, "GHSA-"):
		s.Name = "GitHub Advisories"
	case strings.HasPrefix(id, "CVE-"):
		s.Name = "NVD"
	}
	return s
}

// method is the version of CVSS that a vector is written in.
func method(vector string) cdx.ScoringMethod {
	switch {
	case strings.HasPrefix(vector, "CVSS:4"):
		return cdx.ScoringMethodCVSSv4
	case strings.HasPrefix(vector, "CVSS:3.1"):
		return cdx.ScoringMethodCVSSv31
	case strings.HasPrefix(vector, "CVSS:3"):
		return cdx.ScoringMethodCVSSv3
	}
	return cdx.ScoringMethodCVSSv2
}
