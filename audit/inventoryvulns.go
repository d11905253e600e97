package audit

import (
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/sbom"
	"github.com/portalctl/portalctl/internal/sorting"
)

// vulnerabilities adds the advisories of a report that apply to the head, each once
// for every decision that there is about it.
func (b *inventory) vulnerabilities(r *Report) {
	type key struct {
		id       string
		decision sbom.Decision
		decided  bool
	}
	at := map[key]int{}
	for _, f := range r.Findings {
		if f.Status == statusFixed {
			continue
		}
		k := key{id: f.Advisory.ID}
		if f.Ignore != nil && f.Verdict == verdictIgnored {
			k.decision, k.decided = sbom.Decision{Reason: f.Ignore.Reason, Owner: f.Ignore.Owner, Expires: f.Ignore.Expires}, true
		}
		i, ok := at[k]
		if !ok {
			i = len(b.out.Vulnerabilities)
			at[k] = i
			b.out.Vulnerabilities = append(b.out.Vulnerabilities, vulnerability(f))
			if k.decided {
				b.out.Vulnerabilities[i].Decision = &k.decision
			}
		}
		v := &b.out.Vulnerabilities[i]
		if fix := f.ends(); fix != "" && !slices.Contains(v.Fixes, fix) {
			v.Fixes = append(v.Fixes, fix)
		}
		v.Affects = sorted(append(v.Affects, b.refs[lockedPackage{f.Lockfile, osv.Package{Name: f.Package, Version: f.Version}}]...))
	}
	sorting.Stable(b.out.Vulnerabilities, func(x, y sbom.Vulnerability) int { return strings.Compare(x.ID, y.ID) })
}

func vulnerability(f *Finding) sbom.Vulnerability {
	a := f.Advisory
	v := sbom.Vulnerability{ID: a.ID, URL: a.URL, Aliases: a.Aliases, Summary: english.Plain(a.Summary), Severity: a.Rating, Vector: a.Vector,
		Published: a.Published, Updated: a.Modified, Malware: a.Malicious}
	if a.Vector != "" {
		v.Score = a.Score
	}
	return v
}

// ends says what ends a finding, "" if nothing is known to.
func (f *Finding) ends() string {
	switch {
	case f.Malicious():
		return "remove " + f.Package
	case f.Fixed != "":
		return "move " + f.Package + " " + f.Version + " to " + f.Fixed + " or later"
	case f.Above != "":
		return "move " + f.Package + " " + f.Version + " to a version above " + f.Above
	}
	return ""
}
