package osv

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	cvss20 "github.com/pandatix/go-cvss/20"
	cvss30 "github.com/pandatix/go-cvss/30"
	cvss31 "github.com/pandatix/go-cvss/31"
	cvss40 "github.com/pandatix/go-cvss/40"
)

// document is the part of an OSV record that is read, by the schema at
// https://ossf.github.io/osv-schema/.
type document struct {
	ID        string     `json:"id"`
	Aliases   []string   `json:"aliases"`
	Summary   string     `json:"summary"`
	Details   string     `json:"details"`
	Published time.Time  `json:"published"`
	Modified  time.Time  `json:"modified"`
	Withdrawn *time.Time `json:"withdrawn"`
	Severity  []severity `json:"severity"`
	Affected  []affected `json:"affected"`
	Specific  struct {
		Severity any `json:"severity"`
	} `json:"database_specific"`
}

type severity struct {
	Type  string `json:"type"`
	Score string `json:"score"`
}

// affected is one package of a record, with the versions that it is about.
type affected struct {
	Package struct {
		Ecosystem string `json:"ecosystem"`
		Name      string `json:"name"`
	} `json:"package"`
	Severity []severity `json:"severity,omitempty"`
	Ranges   []span     `json:"ranges,omitempty"`
	Versions []string   `json:"versions,omitempty"`
}

// span is a range: events in any order.
type span struct {
	Type   string  `json:"type"`
	Events []event `json:"events"`
	// intervals are what read makes of the events, once for all questions.
	intervals []interval
}

type event struct {
	Introduced   string `json:"introduced,omitempty"`
	Fixed        string `json:"fixed,omitempty"`
	LastAffected string `json:"last_affected,omitempty"`
	Limit        string `json:"limit,omitempty"`
}

// ParseAdvisory reads one OSV record.
func ParseAdvisory(src []byte) (*Advisory, error) {
	a, _, err := parseAdvisory(src)
	return a, err
}

func parseAdvisory(src []byte) (a *Advisory, withdrawn bool, err error) {
	var d document
	if err := json.Unmarshal(src, &d); err != nil {
		return nil, false, err
	}
	if d.ID == "" {
		return nil, false, errors.New("it has no id")
	}
	a = &Advisory{
		ID: d.ID, Aliases: slices.Clip(d.Aliases), Summary: strings.TrimSpace(d.Summary), Details: d.Details,
		Published: d.Published, Modified: d.Modified, Score: -1,
		Malicious: strings.HasPrefix(d.ID, "MAL-") || slices.ContainsFunc(d.Aliases, func(s string) bool { return strings.HasPrefix(s, "MAL-") }),
		URL:       "https://osv.dev/vulnerability/" + d.ID,
		text:      src,
	}
	list := d.Severity
	for _, f := range d.Affected {
		if f.Package.Ecosystem == ecosystemNPM {
			for i := range f.Ranges {
				f.Ranges[i].intervals = f.Ranges[i].read()
			}
			a.ranges = append(a.ranges, f)
			list = append(list, f.Severity...)
		}
	}
	for _, s := range list {
		if score, ok := baseScore(s.Score); ok && score > a.Score {
			a.Score, a.Vector = score, s.Score
		}
	}
	if a.Score >= 0 {
		a.Rating = rate(a.Score)
	} else if text, ok := d.Specific.Severity.(string); ok {
		a.Rating = rating(text)
	}
	if strings.HasPrefix(d.ID, "GHSA-") {
		a.URL = "https://github.com/advisories/" + d.ID
	}
	return a, d.Withdrawn != nil, nil
}

// baseScore reads a CVSS vector of any version.
func baseScore(vector string) (float64, bool) {
	switch {
	case strings.HasPrefix(vector, "CVSS:4.0/"):
		if v, err := cvss40.ParseVector(vector); err == nil {
			return v.Score(), true
		}
	case strings.HasPrefix(vector, "CVSS:3.1/"):
		if v, err := cvss31.ParseVector(vector); err == nil {
			return v.BaseScore(), true
		}
	case strings.HasPrefix(vector, "CVSS:3.0/"):
		if v, err := cvss30.ParseVector(vector); err == nil {
			return v.BaseScore(), true
		}
	case strings.HasPrefix(vector, "AV:"):
		if v, err := cvss20.ParseVector(vector); err == nil {
			return v.BaseScore(), true
		}
	}
	return 0, false
}

// rate is the rating of a score by CVSS v3 and v4; "" for 0, which both call
// none.
func rate(score float64) string {
	switch {
	case score >= 9:
		return "critical"
	case score >= 7:
		return "high"
	case score >= 4:
		return "medium"
	case score > 0:
		return "low"
	}
	return ""
}

// rating is a database's own word; GitHub says MODERATE.
func rating(text string) string {
	switch s := strings.ToLower(text); s {
	case "low", "medium", "high", "critical":
		return s
	case "moderate":
		return "medium"
	}
	return ""
}
