package trust

import (
	"fmt"

	"github.com/portalctl/portalctl/internal/finding"
)

// many is from how many findings of one kind in one file on they are put into
// one: a lock that Yarn 1 wrote before it knew integrity has thousands.
const many = 20

// together puts findings of one kind in one file into one, at the place of the
// first, where there are many. Which packages it is about stays in its lines.
func together(list []Finding) []Finding {
	type group struct {
		rule, file, kind string
		severity         finding.Severity
		added            bool
	}
	of := func(f Finding) group { return group{f.Rule, f.Pos.File, f.Key, f.Severity, f.New} }
	count := map[group]int{}
	for _, f := range list {
		count[of(f)]++
	}
	var out []Finding
	at := map[group]int{}
	for _, f := range list {
		g := of(f)
		if f.Key == "" || count[g] < many {
			out = append(out, f)
			continue
		}
		i, ok := at[g]
		if !ok {
			i = len(out)
			at[g] = i
			first := f
			first.Name = f.Pos.File
			first.Message = fmt.Sprintf("%d packages: %s, and so on", count[g], f.Message)
			out = append(out, first)
		}
		if n := len(out[i].Lines); n < many {
			out[i].Lines = append(out[i].Lines, fmt.Sprintf("%s: %s", f.Pos, f.Message))
		} else if n == many {
			out[i].Lines = append(out[i].Lines, fmt.Sprintf("and %d more", count[g]-many))
		}
	}
	return out
}
