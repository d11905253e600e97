package production

import "github.com/portalctl/portalctl/internal/finding"

// The members that the JSON of a report has besides those of all reports of findings.
// docs/json.md describes them.
type (
	startJSON struct {
		File     string       `json:"file"`
		Line     int          `json:"line"`
		By       string       `json:"by"`
		Deployed bool         `json:"deployed"`
		Config   []configJSON `json:"config"`
	}
	configJSON struct {
		Argument string `json:"argument"`
		File     string `json:"file"`
	}
	itemJSON struct {
		checkItem
		URL         string           `json:"url"`
		Verdict     verdict          `json:"verdict"`
		Counts      bool             `json:"counts"`
		Open        int              `json:"open"`
		Reason      string           `json:"reason"`
		Next        string           `json:"next"`
		Evidence    []evidenceJSON   `json:"evidence"`
		Attestation *attestationJSON `json:"attestation,omitempty"`
		Seconds     int              `json:"seconds,omitempty"`
	}
	evidenceJSON struct {
		File   string `json:"file"`
		Line   int    `json:"line"`
		Column int    `json:"column"`
		Text   string `json:"text"`
	}
	attestationJSON struct {
		URL     string `json:"url"`
		Owner   string `json:"owner"`
		Expires string `json:"expires"`
		File    string `json:"file"`
		Line    int    `json:"line"`
	}
	maturityJSON struct {
		Level   int             `json:"level"`
		Of      int             `json:"of"`
		Title   string          `json:"title"`
		Lacks   []string        `json:"lacks"`
		Skipped []int           `json:"skipped"`
		Levels  []maturityLevel `json:"levels"`
	}
	verdictsJSON struct {
		Pass          int `json:"pass"`
		Fail          int `json:"fail"`
		Attested      int `json:"attested"`
		Unknown       int `json:"unknown"`
		NotApplicable int `json:"notApplicable"`
	}
)

// members are what the document has before its findings.
func (r *Report) members() []finding.Member {
	starts, items := []startJSON{}, []itemJSON{}
	for _, s := range r.Starts {
		j := startJSON{s.Pos.File, s.Pos.Line, s.By, s.Deployed, nil}
		for _, c := range s.Config {
			j.Config = append(j.Config, configJSON{c.Arg, c.file()})
		}
		starts = append(starts, j)
	}
	for _, it := range r.Items {
		j := itemJSON{checkItem: it.checkItem, URL: it.url(), Verdict: it.Verdict,
			Counts: it.Counts, Open: it.Open, Reason: it.Reason, Next: it.Next, Evidence: []evidenceJSON{}, Seconds: it.Seconds}
		for _, e := range it.Evidence {
			j.Evidence = append(j.Evidence, evidenceJSON{e.Pos.File, e.Pos.Line, e.Pos.Col, e.Text})
		}
		if a := it.Attestation; a != nil {
			j.Attestation = &attestationJSON{a.URL, a.Owner, a.Expires, a.Pos.File, a.Pos.Line}
		}
		items = append(items, j)
	}
	m := maturityJSON{Level: r.Maturity.Level, Of: maxLevel, Title: levelTitles[r.Maturity.Level], Lacks: r.Maturity.Next, Skipped: r.Maturity.Skipped, Levels: r.Maturity.Levels}
	return []finding.Member{
		{Name: "profile", Value: r.Profile},
		{Name: "maturity", Value: m},
		{Name: "verdicts", Value: verdictsJSON{r.count(verdictPass), r.count(verdictFail), r.count(verdictAttested), r.count(verdictUnknown), r.count(verdictNotApplicable)}},
		{Name: "starts", Value: starts},
		{Name: "items", Value: items},
	}
}
