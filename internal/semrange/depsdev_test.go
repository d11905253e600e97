package semrange

import (
	_ "embed"
	"fmt"
	"hash/fnv"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit"
)

// depsdevAnswers are what deps.dev/util/semver v0.0.0-20260727054525 said about
// the first cases of randomCase: 1 for yes, 0 for no, - for what it does not
// read. The first line is the checksum of the cases.
//
//go:embed testdata/depsdev.txt
var depsdevAnswers string

// depsdevDiffers says why deps.dev/util/semver (its NPM system) is known to
// answer differently from node-semver about version in rng, "" if it must
// agree. In each case node-semver was asked and agrees with this package.
func depsdevDiffers(r Range, rng, version string) string {
	_, pre, _ := strings.Cut(version, "-")
	alternatives := strings.Split(r.String(), "||")
	several := len(alternatives) > 1
	for _, alt := range alternatives {
		several = several || len(strings.Fields(alt)) > 1
	}
	switch {
	case strings.ContainsRune(rng, '-') && strings.ContainsAny(rng, "xX*"):
		return "it keeps the prerelease of 1.2.x-beta, which node drops"
	case r.IsAny() && pre != "":
		return "node forgets the alternatives beside *, and so their prereleases"
	case strings.Contains(rng, "-") && several:
		return "it merges the spans of all comparators before it looks for a prerelease, node looks in each set"
	case strings.Contains(rng, "0.0.0-") || strings.HasPrefix(version, "0.0.0-"):
		return "nothing is below 0.0.0 for it, but node has 0.0.0-0 below 0.0.0-beta"
	}
	return ""
}

// checkDepsdev compares one answer. What is a valid range is not compared:
// the other one takes "1.x.3", "2.x-beta" and 01, and refuses "||" and "+b".
func checkDepsdev(t *testing.T, rng, version string, want byte) (compared bool) {
	t.Helper()
	r, err := Parse(rng)
	if err != nil || want == '-' {
		return false
	}
	v, err := ParseVersion(version)
	if err != nil || depsdevDiffers(r, rng, version) != "" {
		return false
	}
	if got := r.Satisfies(v); got != (want == '1') {
		t.Errorf("%q in %q: %v, deps.dev: %c", version, rng, got, want)
	}
	return true
}

// TestRandomAgainstPeer: FuzzAgainstNode is its sister with a live peer.
func TestRandomAgainstPeer(t *testing.T) {
	testkit.SkipRace(t)
	sum, answers, _ := strings.Cut(depsdevAnswers, "\n")
	answers = strings.ReplaceAll(strings.ReplaceAll(answers, "\r", ""), "\n", "")
	const cases = 20_000
	if len(answers) != cases {
		t.Fatalf("%d answers", len(answers))
	}
	h := fnv.New64a()
	compared := 0
	for seed := range uint64(cases) {
		rng, version := randomCase(seed)
		fmt.Fprintf(h, "%q %q\n", rng, version)
		if checkDepsdev(t, rng, version, answers[seed]) {
			compared++
		}
	}
	if got := fmt.Sprintf("%016x", h.Sum64()); got != strings.TrimSpace(sum) {
		t.Errorf("randomCase makes other cases (%s) than those that the answers are for (%s): record them anew", got, sum)
	}
	if compared < cases/20 {
		t.Errorf("only %d of %d random cases were compared", compared, cases)
	}
	t.Logf("%d of %d cases compared", compared, cases)
}
