package bump

import (
	"testing"

	"github.com/Masterminds/semver/v3"
)

func TestStep(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		from, to string
		jump     Jump
		words    string
	}{
		{"0.7.4", "1.14.0", jumpBreaking, "a new major"},
		{"1.2.3", "2.0.0", jumpBreaking, "a new major"},
		{"2.0.0", "0.3.0", jumpDowngrade, "another major"},
		{"0.6.2", "0.7.0", jumpBreaking, "a breaking step below 1.0.0"},
		{"0.7.1", "0.7.2", jumpPatch, ""},
		{"1.2.0", "1.3.0", jumpMinor, ""},
		{"1.3.0", "1.2.0", jumpDowngrade, ""},
		{"", "1.2.0", jumpUnknown, ""},
	} {
		var from *semver.Version
		if tc.from != "" {
			from = semver.MustParse(tc.from)
		}
		if jump, words := Step(from, semver.MustParse(tc.to)); jump != tc.jump || words != tc.words {
			t.Errorf("%s → %s: %s %q, want %s %q", tc.from, tc.to, jump, words, tc.jump, tc.words)
		}
	}
}
