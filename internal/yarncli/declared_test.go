package yarncli

import (
	"testing"

	"github.com/portalctl/portalctl/internal/yarnrc"
)

func TestDeclared(t *testing.T) {
	for _, tt := range []struct{ path, manager, want string }{
		{"/repo/.yarn/releases/yarn-4.13.0.cjs", "yarn@4.5.0", "4.13.0"},
		{"/repo/.yarn/releases/yarn-stable.cjs", "yarn@4.5.0", ""},
		{"", "yarn@4.5.0+sha224.aa", "4.5.0"},
		{"", "npm@10.0.0", ""},
		{"", "yarn@https://example.com/yarn.js", ""},
		{"", "", ""},
	} {
		if got := Declared(&yarnrc.Settings{YarnPath: tt.path}, tt.manager); got != tt.want {
			t.Errorf("Declared(%q, %q) = %q, want %q", tt.path, tt.manager, got, tt.want)
		}
	}
}
