package bump

import (
	"testing"

	"github.com/Masterminds/semver/v3"
)

func TestJumpOf(t *testing.T) {
	for _, tt := range []struct {
		from, to string
		want     Jump
	}{
		{"1.2.3", "2.0.0", jumpBreaking},
		{"0.9.1", "1.0.0", jumpBreaking},
		{"0.14.0", "0.17.0", jumpBreaking},
		{"0.0.8", "0.0.9", jumpBreaking},
		{"1.2.3", "1.3.0", jumpMinor},
		{"1.2.3", "1.2.4", jumpPatch},
		{"0.14.0", "0.14.1", jumpPatch},
		{"1.2.0-next.1", "1.2.0-next.2", jumpPrerelease},
		{"1.2.0-next.1", "1.2.0", jumpPrerelease},
		{"1.2.0", "1.3.0-next.0", jumpMinor},
		{"1.2.3", "1.2.3", jumpNone},
		{"1.2.3", "1.2.2", jumpDowngrade},
		{"1.2.0", "1.2.0-next.1", jumpDowngrade},
		{"", "1.0.0", jumpUnknown},
	} {
		var from *semver.Version
		if tt.from != "" {
			from = semver.MustParse(tt.from)
		}
		if got := jumpOf(from, semver.MustParse(tt.to)); got != tt.want {
			t.Errorf("%s to %s: got %s, want %s", tt.from, tt.to, got, tt.want)
		}
	}
}

func TestEveryJumpHasAPlaceInTheReport(t *testing.T) {
	seen := map[string]bool{}
	for _, j := range jumps {
		if seen[j.title()] {
			t.Errorf("two jumps share the title %q", j.title())
		}
		seen[j.title()] = true
	}
	for _, j := range []Jump{jumpBreaking, jumpMinor, jumpPatch, jumpPrerelease, jumpDowngrade, jumpNone, jumpUnknown} {
		if !seen[j.title()] {
			t.Errorf("%s is in no group of the report", j)
		}
	}
}
