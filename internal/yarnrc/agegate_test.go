package yarnrc

import (
	"testing"
	"time"

	"github.com/portalctl/portalctl/internal/semrange"
)

func TestMinimalAge(t *testing.T) {
	const h = time.Hour
	tests := []struct {
		rc, yarn, pkg string
		want          time.Duration
	}{
		{"", "4.9.4", "a", 0}, {"", "4.14.1", "a", 0}, {"", "4.15.0", "a", 24 * h}, {"", "4.18.1", "@s/a", 24 * h},
		{"", "3.8.7", "a", 0}, {"", "", "a", 24 * h}, {"", "berry", "a", 24 * h}, {"", "5.0.0", "a", 24 * h},
		{"npmMinimalAgeGate: 90\n", "4.12.0", "a", 90 * time.Minute},
		{"npmMinimalAgeGate: 90\n", "4.9.0", "a", 0},
		{"npmMinimalAgeGate: 90\n", "4.10.3", "a", 90 * time.Minute},
		{"npmMinimalAgeGate: 2d\n", "4.10.3", "a", 2 * time.Minute},
		{"npmMinimalAgeGate: 2d\n", "4.11.0", "a", 48 * h},
		{"npmMinimalAgeGate: 2d\n", "", "a", 48 * h},
		{"npmMinimalAgeGate: 1w\n", "4.18.0", "a", 168 * h},
		{"npmMinimalAgeGate: 0\n", "4.18.0", "a", 0},
		{"npmMinimalAgeGate: 0\nnpmScopes: {s: {npmAlwaysAuth: true}}\n", "4.16.0", "@s/a", 0},
		{"npmMinimalAgeGate: 0\nnpmScopes: {s: {npmAlwaysAuth: true}}\n", "4.17.0", "@s/a", 24 * h},
		{"npmMinimalAgeGate: 0\nnpmScopes: {s: {npmAlwaysAuth: true}}\n", "4.17.0", "@t/a", 0},
		{"npmScopes: {s: {npmMinimalAgeGate: 2h}}\n", "4.17.0", "@s/a", 2 * h},
	}
	for _, tt := range tests {
		s := load(t, map[string]string{"repo/.yarnrc.yml": tt.rc})
		if got := s.MinimalAge(tt.pkg, tt.yarn); got != tt.want {
			t.Errorf("%q, Yarn %q, %s: %v, want %v", tt.rc, tt.yarn, tt.pkg, got, tt.want)
		}
	}
}

func TestPreapproved(t *testing.T) {
	s := load(t, map[string]string{"repo/.yarnrc.yml": "npmPreapprovedPackages: ['@backstage/*', react, 'lodash@^4.17.0', '@s/x@1.0.0', 'eslint-*']\n"})
	for id, want := range map[[2]string]bool{
		{"@backstage/core", "1.0.0"}: true, {"@backstage-community/x", "1.0.0"}: false, {"react", "9.9.9"}: true, {"react-dom", "1.0.0"}: false,
		{"lodash", "4.17.21"}: true, {"lodash", "3.0.0"}: false, {"@s/x", "1.0.0"}: true, {"@s/x", "1.0.1"}: false, {"eslint-plugin-x", "1.0.0"}: true,
	} {
		v, err := semrange.ParseVersion(id[1])
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Preapproved(id[0], v); got != want {
			t.Errorf("%v: %v, want %v", id, got, want)
		}
	}
}
