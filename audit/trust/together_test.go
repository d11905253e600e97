package trust

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
)

// Findings of one kind become one where there are many of them; what has no
// kind says something of its own and stays, however many there are.
func TestTogether(t *testing.T) {
	list := func(key string, n int) (list []Finding) {
		for i := range n {
			list = append(list, Finding{finding.Finding{Rule: ruleHost, Key: key, Pos: fault.Pos{File: "yarn.lock", Line: i + 1}, Message: fmt.Sprint(i)}, true, false})
		}
		return list
	}
	for _, tt := range []struct {
		key     string
		n, want int
	}{{"http", many - 1, many - 1}, {"http", many, 1}, {"http", many + 5, 1}, {"", many + 5, many + 5}} {
		got := together(list(tt.key, tt.n))
		if len(got) != tt.want {
			t.Errorf("%d of kind %q become %d, want %d", tt.n, tt.key, len(got), tt.want)
		}
		if tt.want == 1 && tt.n > many && got[0].Lines[len(got[0].Lines)-1] != fmt.Sprintf("and %d more", tt.n-many) {
			t.Errorf("%d: %q", tt.n, got[0].Lines)
		}
	}
}

// What many findings say as one does not depend on the order in which a registry
// answered.
func TestTogetherInOrder(t *testing.T) {
	result := func(lines []int) []Finding {
		c := &checker{in: Input{Base: &Side{}}}
		for _, n := range lines {
			c.add(issue{rule: ruleEdited, pos: fault.Pos{File: "yarn.lock", Line: n}, name: fmt.Sprint("p", n), kind: "checksum", message: fmt.Sprint("p", n), added: true})
		}
		return c.result().Findings
	}
	var lines []int
	for n := range many + 5 {
		lines = append(lines, n+1)
	}
	want := result(lines)
	slices.Reverse(lines)
	if diff := cmp.Diff(want, result(lines)); diff != "" || len(want) != 1 || want[0].Pos.Line != 1 {
		t.Errorf("%v (-first to last +last to first)\n%s", want, diff)
	}
}
