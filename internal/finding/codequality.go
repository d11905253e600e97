package finding

import (
	"io"
	"slices"

	"github.com/portalctl/portalctl/internal/report"
)

// The report that GitLab reads for its Code Quality widget: the part of Code
// Climate's format that GitLab documents.
type (
	qualityIssue struct {
		Description string          `json:"description"`
		CheckName   string          `json:"check_name"`
		Fingerprint string          `json:"fingerprint"`
		Severity    string          `json:"severity"`
		Location    qualityLocation `json:"location"`
	}
	qualityLocation struct {
		Path  string       `json:"path"`
		Lines qualityLines `json:"lines"`
	}
	qualityLines struct {
		Begin int `json:"begin"`
	}
)

// WriteCodeQuality writes the report for a merge request of GitLab. What a base
// has, too, is in it: GitLab itself compares with the report of the target branch,
// and would call fixed what is left out.
func (r *Report) WriteCodeQuality(w io.Writer) error {
	issues := []qualityIssue{}
	for _, f := range r.Findings {
		issues = append(issues, qualityIssue{
			Description: f.text(nil), CheckName: f.Rule, Fingerprint: f.Fingerprint, Severity: r.quality(f),
			Location: qualityLocation{f.Pos.File, qualityLines{max(f.Pos.Line, 1)}},
		})
	}
	return report.JSON(w, issues)
}

// quality is GitLab's word for how bad a finding is.
func (r *Report) quality(f Finding) string {
	switch {
	case f.Severity == Error && slices.Contains(r.rule(f.Rule).Tags, "malware"):
		return "blocker"
	case f.Severity == Error:
		return "critical"
	case f.Severity == Warning:
		return "minor"
	}
	return "info"
}
