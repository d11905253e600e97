package finding

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/jsonedit"
	"github.com/portalctl/portalctl/internal/report"
	"github.com/portalctl/portalctl/internal/sorting"
)

// BaselineSchema names the form of a baseline file.
const BaselineSchema = "portalctl.baseline/v1"

// Baseline is the findings that a portal had when it began to be checked. They
// do not count; new ones do.
type Baseline struct {
	Schema   string  `json:"schema"`
	Findings []Known `json:"findings"`
}

// Known is one finding of a baseline. Only the fingerprint decides; the rest is
// for whoever reads the file.
type Known struct {
	Fingerprint string `json:"fingerprint"`
	Rule        string `json:"rule"`
	File        string `json:"file"`
	Name        string `json:"name"`
	Message     string `json:"message"`
	// Command is whose finding it is; check's have none, because the file was
	// check's alone at first.
	Command string `json:"command,omitempty"`
}

// ParseBaseline reads a baseline file.
func ParseBaseline(file string, src []byte) (*Baseline, error) {
	const next = "Rewrite the file with --update-baseline"
	if _, err := jsonedit.Parse(file, src); err != nil { // for the place
		return nil, err
	}
	b := &Baseline{}
	if err := json.Unmarshal(src, b); err != nil {
		return nil, fault.Wrap(err, fault.Pos{File: file}, "this is not a baseline file").WithNext(next)
	}
	if b.Schema != BaselineSchema {
		return nil, fault.At(fault.Pos{File: file}, "the schema is %q, not %s", b.Schema, BaselineSchema).WithNext(next)
	}
	return b, nil
}

// NewBaseline records what r found, what an older baseline knew included. What
// other commands recorded in old, if there is one, stays.
func NewBaseline(r *Report, old *Baseline) *Baseline {
	b := &Baseline{Schema: BaselineSchema, Findings: []Known{}}
	if old != nil {
		for _, k := range old.Findings {
			if k.Command != r.Command {
				b.Findings = append(b.Findings, k)
			}
		}
	}
	for _, f := range slices.Concat(r.Findings, r.Known) {
		if f.Rule == IgnoreRule.ID || f.Rule == UnusedRule.ID {
			continue // the decision is due now, not later
		}
		b.Findings = append(b.Findings, Known{f.Fingerprint, f.Rule, f.Pos.File, f.Name, f.Message, r.Command})
	}
	sorting.By(b.Findings, func(a, c Known) int {
		return strings.Compare(
			strings.Join([]string{a.Command, a.Rule, a.File, a.Name, a.Fingerprint}, "\x00"),
			strings.Join([]string{c.Command, c.Rule, c.File, c.Name, c.Fingerprint}, "\x00"))
	})
	return b
}

// Bytes is the file's content.
func (b *Baseline) Bytes() []byte {
	var buf bytes.Buffer
	_ = report.JSON(&buf, b) // only strings: cannot fail
	return buf.Bytes()
}

// Of are the fingerprints of what a command has recorded.
func (b *Baseline) Of(command string) map[string]bool {
	have := map[string]bool{}
	if b != nil {
		for _, k := range b.Findings {
			if k.Command == command {
				have[k.Fingerprint] = true
			}
		}
	}
	return have
}

// known sets aside what the baseline has.
func (r *Report) known(base *Baseline) {
	have := base.Of(r.Command)
	r.Gone = len(have)
	kept := r.Findings[:0]
	for _, f := range r.Findings {
		if have[f.Fingerprint] {
			r.Gone--
			r.Known = append(r.Known, f)
		} else {
			kept = append(kept, f)
		}
	}
	r.Findings = kept
}
