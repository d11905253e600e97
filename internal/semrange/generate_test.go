package semrange

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit"
)

// Fragments that ranges are made of: the valid ones, and what node-semver's
// rewriting makes of misplaced ones.
var fragments = []string{
	"^", "~", "~>", ">", ">=", "<", "<=", "=", "==", "v", " ", " ", " ", "  ", " - ", " - ", "||", " || ", "|",
	"0", "1", "2", "0", "1", "2", "10", "x", "X", "*", "*", ".", ".", ".", ".x", ".*", "-", "+", "+b", "+b.1",
	"1.2.3", "0.0.0", "0.0.3", "0.2.3", "1.2", "0.0", "1", "2.0.0", "1.2.3-beta", "1.2.3-beta.2", "2.0.0-0", "0.0.0-0",
	"1.x", "0.x", "1.2.x", "x.x", "-rc.1", "-0", "-01", "-a-b", "beta", "01", "9007199254740991", "9007199254740992",
	"99999999999999999999", "\t", "\u00a0", ",", "!",
}

var versionPool = []string{
	"0.0.0", "0.0.0-0", "0.0.0-alpha", "0.0.1", "0.0.3", "0.0.3-rc.1", "0.0.4-0", "0.1.0", "0.1.0-0", "0.2.3", "0.2.4", "0.3.0-0",
	"1.0.0", "1.0.0-0", "1.0.0-rc.1", "1.2.0", "1.2.0-0", "1.2.2", "1.2.3", "1.2.3-0", "1.2.3-alpha", "1.2.3-beta", "1.2.3-beta.2",
	"1.2.3-beta.3", "1.2.3-beta.10", "1.2.3-rc.1", "1.2.3+b", "1.2.4", "1.2.4-0", "1.2.4-beta", "1.3.0", "1.3.0-0", "1.3.0-beta", "1.9.9",
	"2.0.0", "2.0.0-0", "2.0.0-1", "2.0.0-beta", "2.0.1", "2.1.0-0", "3.0.0", "3.0.0-0", "10.0.0", "10.0.0-rc.1", "11.0.0-0",
	"9007199254740991.0.0", "9007199254740991.0.0-0",
}

func randomRange(r *rand.Rand) string {
	var b strings.Builder
	for n := 1 + r.IntN(8); n > 0; n-- {
		b.WriteString(fragments[r.IntN(len(fragments))])
	}
	return b.String()
}

// plausibleRange is mostly valid: operators, versions and spaces in the order
// people write them.
func plausibleRange(r *rand.Rand) string {
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	num := func() string { return pick("0", "0", "1", "2", "3", "x", "*") }
	ver := func() string {
		s := pick("", "", "", "v", "=") + num()
		for i := 0; i < 2 && r.IntN(5) > 0; i++ {
			s += "." + num()
		}
		return s + pick("", "", "", "", "-0", "-beta", "-beta.2", "-rc.1", "+b", "-beta+b")
	}
	var sets []string
	for n := 1 + r.IntN(3); n > 0; n-- {
		if r.IntN(6) == 0 {
			sets = append(sets, ver()+" - "+ver())
			continue
		}
		var comps []string
		for m := 1 + r.IntN(2); m > 0; m-- {
			comps = append(comps, pick("^", "~", "~>", ">", ">=", "<", "<=", "=", "", "", "^", "~")+pick("", "", "", " ")+ver())
		}
		sets = append(sets, strings.Join(comps, pick(" ", " ", "  ")))
	}
	return strings.Join(sets, pick("||", " || ", " ||"))
}

// randomCase makes a range and a version from a seed, the same on every run.
func randomCase(seed uint64) (rng, version string) {
	r := rand.New(rand.NewPCG(seed, 1))
	if seed%4 == 0 {
		rng = randomRange(r)
	} else {
		rng = plausibleRange(r)
	}
	return rng, versionPool[r.IntN(len(versionPool))]
}

func TestRandomAgainstNode(t *testing.T) {
	testkit.SkipRace(t)
	cases := uint64(20_000)
	if testing.Short() {
		cases = 1_000
	}
	peer := nodeSemver(t)
	valid := 0
	go peer.send(cases, randomCase)
	for seed := range cases {
		rng, version := randomCase(seed)
		want := peer.receive(t)
		if !want.Valid {
			want.Pre, want.Peer = false, false
		} else {
			valid++
		}
		if got := ours(rng, version); got != want {
			t.Errorf("range %q, version %q\n got %+v\nnode %+v", rng, version, got, want)
		}
	}
	if valid < int(cases/4) {
		t.Errorf("only %d of %d random ranges are valid: the generator tests nothing", valid, cases)
	}
	t.Logf("%d cases, %d with a valid range", cases, valid)
}
