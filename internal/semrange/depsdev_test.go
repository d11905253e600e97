package semrange

import (
	"strings"
	"testing"

	other "deps.dev/util/semver"
)

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
func checkDepsdev(t *testing.T, rng, version string) (compared bool) {
	t.Helper()
	r, err := Parse(rng)
	if err != nil {
		return false
	}
	v, err := ParseVersion(version)
	if err != nil || depsdevDiffers(r, rng, version) != "" {
		return false
	}
	c, err := other.NPM.ParseConstraint(rng)
	if err != nil {
		return false
	}
	if got, want := r.Satisfies(v), c.Match(v.Original()); got != want {
		t.Errorf("%q in %q: %v, deps.dev: %v", version, rng, got, want)
	}
	return true
}

func FuzzAgainstPeer(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, rng, version string) {
		if !checkDepsdev(t, rng, version) {
			t.Skip("a difference of deps.dev that is known, see checkDepsdev")
		}
	})
}

func TestRandomAgainstPeer(t *testing.T) {
	const cases = 20_000
	compared := 0
	for seed := range uint64(cases) {
		rng, version := randomCase(seed)
		if checkDepsdev(t, rng, version) {
			compared++
		}
	}
	if compared < cases/20 {
		t.Errorf("only %d of %d random cases were compared", compared, cases)
	}
	t.Logf("%d of %d cases compared", compared, cases)
}
