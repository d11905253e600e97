package audit

import (
	"io"
	"slices"
	"time"

	"github.com/portalctl/portalctl/audit/ignore"
	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/report"
)

// The JSON of a report, documented in docs/json.md. Within a version of the
// schema members are only added.
type (
	jsonReport struct {
		Schema   string        `json:"schema"`
		Failed   bool          `json:"failed"`
		Base     *jsonBase     `json:"base"`
		Database jsonDatabase  `json:"database"`
		Policy   jsonPolicy    `json:"policy"`
		Locks    int           `json:"locks"`
		Packages int           `json:"packages"`
		Summary  findingCounts `json:"summary"`
		Findings []jsonFinding `json:"findings"`
		Actions  []*action     `json:"actions"`
		// Fixed is what --fix did, or would do: then the rest is what is left.
		Fixed   *jsonFixed        `json:"fixed,omitempty"`
		Rules   []jsonRule        `json:"rules"`
		Unknown []finding.Unknown `json:"unknown"`
		// Incomplete is why the audit does not cover all that is installed.
		Incomplete []string `json:"incomplete"`
		Notes      []string `json:"notes"`
	}
	jsonBase struct {
		Name   string `json:"name"`
		Commit string `json:"commit"`
	}
	jsonDatabase struct {
		Source  string `json:"source"`
		Records int    `json:"records"`
		Updated string `json:"updated"`
	}
	jsonPolicy struct {
		FailOn          string `json:"failOn"`
		NoScore         string `json:"noScore"`
		FailOnUnfixable bool   `json:"failOnUnfixable"`
		Prod            bool   `json:"prod"`
		Strict          bool   `json:"strict"`
	}
	jsonFinding struct {
		Advisory    string      `json:"advisory"`
		Aliases     []string    `json:"aliases"`
		URL         string      `json:"url"`
		Summary     string      `json:"summary"`
		Severity    string      `json:"severity"`
		Score       *float64    `json:"score"`
		Vector      string      `json:"vector"`
		Malware     bool        `json:"malware"`
		Package     string      `json:"package"`
		Version     string      `json:"version"`
		Status      status      `json:"status"`
		Before      []string    `json:"before"`
		BeforeLeft  int         `json:"beforeLeftOut,omitempty"`
		Verdict     Verdict     `json:"verdict"`
		Why         string      `json:"why"`
		Lockfile    string      `json:"lockfile"`
		File        string      `json:"file"`
		Line        int         `json:"line"`
		Parts       []string    `json:"parts"`
		Production  bool        `json:"production"`
		Paths       []Path      `json:"paths"`
		PathsLeft   int         `json:"pathsLeftOut,omitempty"`
		Fixed       string      `json:"fixed"`
		Above       string      `json:"above,omitempty"`
		Worse       string      `json:"worse,omitempty"`
		Admitted    bool        `json:"admitted"`
		Action      *int        `json:"action"`
		Ignore      *jsonIgnore `json:"ignore,omitempty"`
		Pending     *jsonIgnore `json:"pendingIgnore,omitempty"`
		Known       bool        `json:"baseline,omitempty"`
		Fingerprint string      `json:"fingerprint"`
	}
	jsonRule struct {
		Rule     string           `json:"rule"`
		Severity finding.Severity `json:"severity"`
		Verdict  Verdict          `json:"verdict"`
		New      bool             `json:"new"`
		File     string           `json:"file"`
		Line     int              `json:"line"`
		Name     string           `json:"name"`
		Message  string           `json:"message"`
		Next     string           `json:"next"`
		Details  any              `json:"details,omitempty"`
		Ignore   *jsonIgnore      `json:"ignore,omitempty"`
		Pending  *jsonIgnore      `json:"pendingIgnore,omitempty"`
		Known    bool             `json:"baseline,omitempty"`
	}
	jsonIgnore struct {
		Reason  string `json:"reason"`
		Owner   string `json:"owner"`
		Expires string `json:"expires"`
		File    string `json:"file"`
		Line    int    `json:"line"`
	}
)

// WriteJSON writes the report as one JSON document.
func (r *Report) WriteJSON(w io.Writer) error {
	doc := jsonReport{
		Schema: schemaName, Failed: r.Failed(), Locks: r.Locks, Packages: r.Packages, Summary: r.counts(),
		Database: jsonDatabase{r.Database.Source, r.Database.Records, stamp(r.Database.Updated)},
		Policy:   jsonPolicy{r.Options.FailOn, r.Options.NoScore, r.Options.FailOnUnfixable, r.Options.Prod, r.Options.Strict},
		Actions:  r.Actions, Fixed: r.Fixes.json(), Unknown: r.Unknown, Notes: slices.Concat(r.Database.Warnings, r.Notes),
	}
	for _, err := range r.Incomplete {
		doc.Incomplete = append(doc.Incomplete, english.Plain(err.Error()))
	}
	if r.Base != nil {
		doc.Base = &jsonBase{r.Base.Name, r.Base.Commit}
	}
	index := map[*action]int{}
	for i, a := range r.Actions {
		index[a] = i
	}
	for _, f := range r.Findings {
		j := f.json(share(len(r.Findings)))
		if f.Action != nil {
			i := index[f.Action]
			j.Action = &i
		}
		doc.Findings = append(doc.Findings, j)
	}
	for _, f := range r.Rules {
		doc.Rules = append(doc.Rules, jsonRule{f.Rule, f.Severity, f.Verdict, f.New, f.Pos.File, f.Pos.Line, f.Name, f.Message, f.Next,
			f.Details, toIgnore(f.Ignore), toIgnore(f.Pending), f.Known})
	}
	return report.JSON(w, doc)
}

// maxPaths is how many paths a whole report has. A portal of hundreds of
// workspaces stays below it; a lock that is made so that each of thousands of
// packages is found on as many ways would have a report of hundreds of megabytes.
const maxPaths = 20_000

// share is how many paths each of n items may have.
func share(n int) int { return max(3, maxPaths/max(n, 1)) }

// Shown are the paths that a report of n items shows of one of them, and how many
// more there are.
func Shown(paths []Path, n int) ([]Path, int) { return first(paths, share(n)) }

// maxBefore is how many versions of the base a finding names.
const maxBefore = 20

// first are the first n of a list, and how many more it has.
func first[T any](list []T, n int) ([]T, int) {
	n = min(n, len(list))
	return list[:n], len(list) - n
}

func (f *Finding) json(most int) jsonFinding {
	a := f.Advisory
	j := jsonFinding{
		Advisory: a.ID, Aliases: a.Aliases, URL: a.URL, Summary: a.Summary, Severity: a.Rating, Vector: a.Vector, Malware: a.Malicious,
		Package: f.Package, Version: f.Version, Status: f.Status, Before: f.Before, Verdict: f.Verdict, Why: f.Why,
		Lockfile: f.Lockfile, File: f.Where.Pos.File, Line: f.Where.Pos.Line, Parts: f.Where.Parts, Production: f.Where.Production,
		Fixed: f.Fixed, Above: f.Above, Worse: f.Worse, Admitted: f.Admitted, Ignore: toIgnore(f.Ignore), Pending: toIgnore(f.Pending), Known: f.Known, Fingerprint: f.Fingerprint,
	}
	if j.Severity == "" {
		j.Severity = "unknown"
	}
	if a.Score >= 0 {
		j.Score = &a.Score
	}
	j.Before, j.BeforeLeft = first(j.Before, maxBefore)
	j.Paths, j.PathsLeft = first(f.Where.Paths, most)
	return j
}

func toIgnore(ig *ignore.Ignore) *jsonIgnore {
	if ig == nil {
		return nil
	}
	return &jsonIgnore{ig.Reason, ig.Owner, ig.Expires, ig.Pos.File, ig.Pos.Line}
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// whySchemaName names the form of the JSON of audit why.
const whySchemaName = "portalctl.audit-why/v1"

// WhyDocument is the JSON of what Why found.
func WhyDocument(name, version string, reasons []Reason) any {
	type item struct {
		Lockfile   string   `json:"lockfile"`
		Version    string   `json:"version"`
		Ranges     []string `json:"ranges"`
		Parts      []string `json:"parts"`
		Production bool     `json:"production"`
		Paths      []Path   `json:"paths"`
		PathsLeft  int      `json:"pathsLeftOut,omitempty"`
	}
	doc := struct {
		Schema  string `json:"schema"`
		Package string `json:"package"`
		Version string `json:"version"`
		Found   []item `json:"found"`
	}{Schema: whySchemaName, Package: name, Version: version}
	for _, r := range reasons {
		it := item{Lockfile: r.Lockfile, Version: r.Version, Ranges: r.Ranges, Parts: r.Where.Parts, Production: r.Where.Production}
		it.Paths, it.PathsLeft = Shown(r.Where.Paths, len(reasons))
		doc.Found = append(doc.Found, it)
	}
	return doc
}
