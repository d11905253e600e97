package finding

import (
	"io"
	"net/url"
	"strconv"

	"github.com/portalctl/portalctl/internal/report"
)

// The part of SARIF 2.1.0 that is written. GitHub's code scanning wants
// relative URIs, a start line, and partial fingerprints to tell old from new.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		Version        string      `json:"version,omitempty"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID            string      `json:"id"`
		Short         sarifText   `json:"shortDescription"`
		HelpURI       string      `json:"helpUri"`
		Configuration sarifConfig `json:"defaultConfiguration"`
		Properties    *sarifProps `json:"properties,omitempty"`
	}
	// sarifProps are what GitHub shows and sorts vulnerabilities by.
	sarifProps struct {
		Tags  []string `json:"tags,omitempty"`
		Score string   `json:"security-severity,omitempty"`
	}
	sarifConfig struct {
		Level string `json:"level"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID       string             `json:"ruleId"`
		RuleIndex    int                `json:"ruleIndex"`
		Level        string             `json:"level"`
		Message      sarifText          `json:"message"`
		Locations    []sarifLocation    `json:"locations"`
		Fingerprints map[string]string  `json:"partialFingerprints"`
		Suppressions []sarifSuppression `json:"suppressions,omitempty"`
		Baseline     string             `json:"baselineState,omitempty"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"`
		Justification string `json:"justification"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI     string `json:"uri"`
		URIBase string `json:"uriBaseId"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
	}
)

// WriteSARIF writes the report for code scanning. version is portalctl's own.
func (r *Report) WriteSARIF(w io.Writer, version string) error {
	index := map[string]int{}
	driver := sarifDriver{Name: "portalctl", Version: version, InformationURI: "https://github.com/portalctl/portalctl", Rules: []sarifRule{}}
	for i, rule := range r.Rules {
		index[rule.ID] = i
		driver.Rules = append(driver.Rules, sarifRule{
			ID: rule.ID, Short: sarifText{rule.Title}, HelpURI: rule.DocURL(), Configuration: sarifConfig{level(rule.Severity)},
			Properties: properties(rule),
		})
	}
	results := []sarifResult{}
	for _, f := range r.Findings {
		res := result(f, index)
		if f.unchanged() { // what is left out would be taken for fixed
			res.Suppressions = []sarifSuppression{{"external", "the base has it, too"}}
		}
		results = append(results, res)
	}
	for _, f := range r.Known {
		res := result(f, index)
		res.Baseline = Unchanged
		res.Suppressions = []sarifSuppression{{"external", "in the baseline"}}
		results = append(results, res)
	}
	for _, ig := range r.Ignored {
		res := result(ig.Finding, index)
		res.Suppressions = []sarifSuppression{{"external", ig.Reason + " (until " + ig.Expires + ")"}}
		results = append(results, res)
	}
	return report.JSON(w, sarifLog{
		Schema:  "https://json.schemastore.org/sarif-2.1.0.json",
		Version: "2.1.0",
		Runs:    []sarifRun{{Tool: sarifTool{driver}, ColumnKind: "unicodeCodePoints", Results: results}},
	})
}

func properties(r Rule) *sarifProps {
	if r.Score <= 0 && len(r.Tags) == 0 {
		return nil
	}
	p := &sarifProps{Tags: r.Tags}
	if r.Score > 0 {
		p.Score = strconv.FormatFloat(r.Score, 'f', 1, 64)
	}
	return p
}

func result(f Finding, index map[string]int) sarifResult {
	res := sarifResult{
		RuleID: f.Rule, RuleIndex: index[f.Rule], Level: level(f.Severity), Message: sarifText{f.text(f.explained())},
		Fingerprints: map[string]string{"portalctl/v1": f.Fingerprint}, Baseline: f.State,
		Locations: []sarifLocation{{sarifPhysical{Artifact: sarifArtifact{(&url.URL{Path: f.Pos.File}).EscapedPath(), "%SRCROOT%"}}}},
	}
	if f.Pos.Line > 0 {
		res.Locations[0].Physical.Region = &sarifRegion{f.Pos.Line, f.Pos.Col}
	}
	return res
}

func level(s Severity) string {
	switch s {
	case Error, Warning:
		return string(s)
	case Off:
		return "none"
	default:
		return "note"
	}
}
