package depgraph

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/testkit"
)

func TestWhy(t *testing.T) {
	lock := berry(t,
		"a@npm:1 > z npm:1",
		"b@npm:1 > z npm:1",
		"c@npm:1 > d npm:1",
		"d@npm:1 > c npm:1, z npm:1",
		"far@workspace:packages/far > near workspace:packages/near",
		"near@workspace:packages/near > b npm:1, c npm:1",
		"none@workspace:packages/none",
		"root@workspace:. > a npm:1, b npm:1, near workspace:packages/near",
		"self@workspace:packages/self > c npm:1, z npm:1",
		"z@npm:1 > a npm:1",
	)
	g := newGraph(lock, options{})
	for name, want := range map[string][]string{
		// far needs z through near alone, and near has its own path. a is no
		// longer than b, and comes first.
		"z": {
			". > a@1 (npm:1) > z@1 (npm:1)",
			"packages/near > b@1 (npm:1) > z@1 (npm:1)",
			"packages/self > z@1 (npm:1)",
		},
		"d": {
			"packages/near > c@1 (npm:1) > d@1 (npm:1)",
			"packages/self > c@1 (npm:1) > d@1 (npm:1)",
		},
		"near": {
			". > near@ (workspace:packages/near)",
			"packages/far > near@ (workspace:packages/near)",
		},
		"root": nil,
	} {
		var got []string
		for _, p := range g.Why(one(t, g, name)) {
			got = append(got, show(g, p))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("why %s: %s", name, diff)
		}
	}
}

// TestWhyDeterministic builds the graph anew each time: maps must not show.
func TestWhyDeterministic(t *testing.T) {
	var first string
	for range 20 {
		g := newGraph(portalLock(t), options{})
		text := ""
		for n := range g.Len() {
			for _, p := range g.Why(Node(n)) {
				text += show(g, p) + "\n"
			}
		}
		if first == "" {
			first = text
		}
		if text != first || text == "" {
			t.Fatal(cmp.Diff(first, text))
		}
	}
}

// TestHuge bounds the time for hugeLock entries in one chain that bites its own
// tail, each with a way back.
func TestHuge(t *testing.T) {
	if testing.Short() {
		t.Skip("200,000 entries")
	}
	testkit.Linear(t, hugeLock, func(n int) func() {
		lines := make([]string, 0, n+1)
		for i := range n {
			lines = append(lines, fmt.Sprintf("p%06d@npm:1 > p%06d npm:1, p%06d npm:1", i, (i+1)%n, (i+n-1)%n))
		}
		lock := berry(t, append(lines, "root@workspace:. > p000000 npm:1")...)
		return func() {
			g := newGraph(lock, options{})
			if got := g.Reachable().Len(); got != n+1 {
				t.Errorf("%d reachable", got)
			}
			last := g.Why(g.Ident(fmt.Sprintf("p%06d", n/2-1))[0])
			if len(last) != 1 || len(last[0].Steps) != n/2 {
				t.Errorf("%d paths to the far end", len(last))
			}
		}
	})
}
