package semrange

import (
	"strings"
	"testing"

	other "deps.dev/util/semver"
)

// depsdevDiffers names why deps.dev/util/semver (NPM system) and node-semver
// are known to disagree about a range or version, or "" if they must agree.
func depsdevDiffers(rng, version string) string {
	return ""
}

func checkDepsdev(t *testing.T, rng, version string) (compared bool) {
	t.Helper()
	if depsdevDiffers(rng, version) != "" {
		return false
	}
	c, err := other.NPM.ParseConstraint(rng)
	if got := ours(rng, version); got.Valid != (err == nil) {
		t.Errorf("Parse(%q) valid: %v, deps.dev: %v", rng, got.Valid, err)
	} else if got.Valid && got.Version {
		if want := c.Match(version); got.Default != want {
			t.Errorf("%q in %q: %v, deps.dev: %v", version, rng, got.Default, want)
		}
	}
	return true
}

func FuzzAgainstPeer(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, rng, version string) {
		if !checkDepsdev(t, rng, version) {
			t.Skip()
		}
	})
}

func TestRandomAgainstPeer(t *testing.T) {
	compared := 0
	for seed := range uint64(20_000) {
		rng, version := randomCase(seed)
		if strings.TrimSpace(rng) != "" && checkDepsdev(t, rng, version) {
			compared++
		}
	}
	t.Logf("%d cases compared", compared)
}
