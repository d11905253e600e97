package finding

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/portalctl/portalctl/internal/report"
)

// document is the JSON of a report. Within a version of the schema members are
// only added. docs/json.md describes it.
type document struct {
	members []Member
}

// MarshalJSON keeps the order of the members.
func (d document) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range d.members {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(m.Name)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(report.Lists(m.Value)); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// JSON is a finding in the JSON of a report.
type JSON struct {
	Rule        string   `json:"rule"`
	Severity    Severity `json:"severity"`
	File        string   `json:"file"`
	Line        int      `json:"line"`
	Column      int      `json:"column"`
	Name        string   `json:"name"`
	Message     string   `json:"message"`
	Next        string   `json:"next"`
	Fixes       []Fix    `json:"fixes"`
	FixedBy     string   `json:"fixedBy"`
	Fingerprint string   `json:"fingerprint"`
	Details     any      `json:"details,omitempty"`
	// Reason and Expires are set for what is ignored.
	Reason  string `json:"reason,omitempty"`
	Expires string `json:"expires,omitempty"`
}

func toJSON(f Finding) JSON {
	return JSON{
		Rule: f.Rule, Severity: f.Severity, File: f.Pos.File, Line: f.Pos.Line, Column: f.Pos.Col, Name: f.Name,
		Message: f.Message, Next: f.Next, Fixes: f.Fixes, FixedBy: f.FixedBy, Fingerprint: f.Fingerprint, Details: f.Details,
	}
}

func allJSON(list []Finding) []JSON {
	out := make([]JSON, 0, len(list))
	for _, f := range list {
		out = append(out, toJSON(f))
	}
	return out
}

// WriteJSON writes the report as one JSON document.
func (r *Report) WriteJSON(w io.Writer) error {
	var ignored []JSON
	for _, ig := range r.Ignored {
		j := toJSON(ig.Finding)
		j.Reason, j.Expires = ig.Reason, ig.Expires
		ignored = append(ignored, j)
	}
	doc := document{members: []Member{{"schema", r.Schema}}}
	doc.members = append(doc.members, r.Extra...)
	doc.members = append(doc.members,
		Member{"summary", r.Counts()},
		Member{"findings", allJSON(r.Findings)},
		Member{"ignored", ignored},
		Member{"baseline", allJSON(r.Known)},
		Member{"unknown", r.Unknown},
	)
	return report.JSON(w, doc)
}
