package osv

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/google/osv-scanner/v2/pkg/models"
	"github.com/ossf/osv-schema/bindings/go/osvschema"
)

// groups joins the records of a package that speak of one vulnerability, as
// osv-scanner does (internal/grouper, which nobody else can import): each pair
// with an alias in common, the first of them naming the group. vulns are in the
// order of compareRecords.
func groups(vulns []*osvschema.Vulnerability) []models.GroupInfo {
	aliases := make([][]string, len(vulns))
	of := make([]int, len(vulns))
	for i, v := range vulns {
		aliases[i] = slices.Concat(v.GetAliases(), v.GetUpstream())
		of[i] = i
	}
	for i, v := range vulns {
		for j := i + 1; j < len(vulns); j++ {
			if slices.Contains(aliases[j], v.GetId()) || slices.Contains(aliases[i], vulns[j].GetId()) ||
				slices.ContainsFunc(aliases[i], func(id string) bool { return slices.Contains(aliases[j], id) }) {
				of[i] = min(of[i], of[j])
				of[j] = of[i]
			}
		}
	}
	var list []models.GroupInfo
	for first := range vulns {
		var g models.GroupInfo
		highest := -1.0
		for i, v := range vulns {
			if of[i] != first {
				continue
			}
			g.IDs = append(g.IDs, v.GetId())
			g.Aliases = append(append(g.Aliases, aliases[i]...), v.GetId())
			highest = max(highest, recordScore(v))
		}
		if len(g.IDs) == 0 {
			continue
		}
		slices.SortFunc(g.IDs, compareIDs)
		slices.Sort(g.Aliases)
		g.Aliases = slices.Compact(g.Aliases)
		if highest >= 0 {
			g.MaxSeverity = fmt.Sprintf("%.1f", highest)
		}
		list = append(list, g)
	}
	return list
}

// compareRecords is osv-scanner's order: first what was made of the most other
// records.
func compareRecords(a, b *osvschema.Vulnerability) int {
	return cmp.Or(-cmp.Compare(len(a.GetUpstream()), len(b.GetUpstream())), compareIDs(a.GetId(), b.GetId()))
}

// compareIDs is osv-scanner's order of names: CVE- first, GHSA- last.
func compareIDs(a, b string) int {
	rank := func(id string) int {
		switch prefix, _, _ := strings.Cut(id, "-"); prefix {
		case "DSA", "USN":
			return 0
		case "CVE":
			return 1
		case "GHSA":
			return 3
		}
		return 2
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a, b))
}

// recordScore is the highest base score of a record, by osv-scanner's rule: -1
// if there is none, or if one of the vectors cannot be read.
func recordScore(v *osvschema.Vulnerability) float64 {
	highest := -1.0
	for _, s := range v.GetSeverity() {
		prefix := ""
		switch s.GetType() {
		case osvschema.Severity_CVSS_V2:
		case osvschema.Severity_CVSS_V3:
			if prefix = "CVSS:3."; !strings.HasPrefix(s.GetScore(), "CVSS:3.0") && !strings.HasPrefix(s.GetScore(), "CVSS:3.1") {
				continue
			}
		case osvschema.Severity_CVSS_V4:
			prefix = "CVSS:4.0"
		default:
			continue
		}
		score, ok := baseScore(s.GetScore())
		if !ok || !strings.HasPrefix(s.GetScore(), prefix) {
			return -1
		}
		highest = max(highest, score)
	}
	return highest
}
