package trust

import (
	"strings"
	"testing"
	"time"
)

// Yarn 4.10 reads no unit: "2d" is two minutes, and the gate is as good as off.
func TestGateOfYarn410(t *testing.T) {
	for _, tc := range []struct {
		rc, manager string
		age         time.Duration
		says        string
	}{
		{"npmMinimalAgeGate: 2d", "yarn@4.10.3", 2 * time.Minute, "npmMinimalAgeGate: 2d is 2m in Yarn 4.10"},
		{"npmMinimalAgeGate: 2d\nyarnPath: .yarn/releases/yarn-4.10.0.cjs", "", 2 * time.Minute, "in Yarn 4.10"},
		{"npmMinimalAgeGate: 2d\nyarnPath: .yarn/releases/yarn-4.12.0.cjs", "yarn@4.10.3", 48 * time.Hour, ""},
		{"npmMinimalAgeGate: 2880", "yarn@4.10.3", 48 * time.Hour, ""},
		{"npmMinimalAgeGate: 2d", "yarn@4.11.0", 48 * time.Hour, ""},
		{"npmMinimalAgeGate: 2d", "pnpm@4.10.0", 48 * time.Hour, ""},
		{"npmMinimalAgeGate: 2d", "", 48 * time.Hour, ""},
	} {
		files := tree{"portal/.yarnrc.yml": []byte(tc.rc + "\n"), "portal/package.json": []byte(`{"packageManager": "` + tc.manager + `"}`)}
		list := readSettings(manifestsOf(files, nil))
		if len(list) != 1 {
			t.Fatalf("%d files", len(list))
		}
		if got := list[0].age(); got != tc.age {
			t.Errorf("%s, %s: %v, want %v", tc.rc, tc.manager, got, tc.age)
		}
		said := ""
		for _, w := range list[0].weak {
			said += w.message
		}
		if tc.says == "" && said != "" || !strings.Contains(said, tc.says) {
			t.Errorf("%s, %s: it says %q, want %q", tc.rc, tc.manager, said, tc.says)
		}
	}
}
