package setup

import (
	"fmt"
	"slices"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/keymerge"
	"github.com/portalctl/portalctl/internal/yamledit"
)

// sectionKey is the key of .portalctl.yaml that is this package's.
const sectionKey = "init"

// BaselineFile is where the findings are that a portal began with.
const BaselineFile = ".portalctl-baseline.json"

// ParseConfig reads what a team has decided: the kinds of files that init leaves out,
// and whether the configuration records the template's base.
func ParseConfig(file string, src []byte) (skip []Kind, hasBase bool, err error) {
	doc, err := yamledit.Parse(file, src)
	if err != nil {
		return nil, false, err
	}
	_, hasBase = doc.Get("template", "base")
	section, ok := doc.Get(sectionKey)
	if !ok {
		return nil, hasBase, nil
	}
	members, err := finding.Members(section, sectionKey, "skip: [docs]")
	if err != nil {
		return nil, hasBase, err
	}
	for _, m := range members {
		if m.Key != "skip" {
			return nil, hasBase, fault.At(m.KeyPos, "there is no setting %q", m.Key).WithNext("Use one of: skip")
		}
		if m.Value.Kind() != yamledit.Sequence {
			return nil, hasBase, fault.At(m.Value.Pos(), "skip is %s, but must be a list", m.Value.Kind()).WithNext("Write it as skip: [docs]")
		}
		for _, it := range m.Value.Items() {
			if !slices.Contains(Kinds(), Kind(it.String())) {
				return nil, hasBase, fault.At(it.Pos(), "init makes no files of the kind %q", it.String()).WithNext("Use one of: %s", KindNames())
			}
			skip = append(skip, Kind(it.String()))
		}
	}
	return skip, hasBase, nil
}

// configParts are the team's decisions, with the template that the portal comes from.
func configParts(f *Facts) []part {
	p := part{kind: Config, path: f.At(finding.ConfigFile), serves: "versions template",
		merge: func(old []byte) (merged, error) {
			if old != nil {
				if _, has, err := ParseConfig(finding.ConfigFile, old); err != nil || has {
					return merged{text: old, why: "the base of the app template is in it"}, err
				}
			}
			if f.Base == "" {
				return merged{text: old, why: "the base of the app template is not known: " + f.BaseWhy}, nil
			}
			section := fmt.Sprintf("template:\n  base: %s\n", f.Base)
			why := "the portal's files are nearest to the app template of " + f.Base
			if old == nil {
				return merged{text: []byte("# portalctl check, audit, versions template, slot: what the team has decided. Made by portalctl init; the keys are in docs/config.md of portalctl.\n" + section), why: why}, nil
			}
			taken := func([]string, string, string, string) (keymerge.State, string) { return keymerge.Taken, "" }
			r, err := keymerge.YAML(finding.ConfigFile, nil, old, []byte(section), keymerge.Rules{Both: taken})
			if err != nil {
				return merged{why: "it cannot be edited: " + err.Error(), paste: section}, nil //nolint:nilerr // the reader is told
			}
			return merged{text: r.Text, why: why}, nil
		}}
	if f.Base == "" && !f.has(p.path) {
		p.merge, p.none, p.why = nil, true, "the base of the app template is not known: "+f.BaseWhy
	}
	return []part{p}
}

// baselineParts are the findings that the portal begins with, so that the gates fail
// for new ones alone.
func baselineParts(f *Facts) []part {
	p := part{kind: Baseline, path: f.At(BaselineFile), serves: "check", bare: true, text: string(f.Baseline),
		why: "what check finds today does not count; what is new does"}
	if f.Baseline == nil && !f.has(p.path) {
		p.none, p.why = true, "check could not run"
	}
	return []part{p}
}
