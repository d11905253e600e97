package yarnlock

import (
	"testing"

	"github.com/portalctl/portalctl/internal/spec"
)

func TestOverrideOf(t *testing.T) {
	for _, tt := range []struct {
		kind Kind
		key  string
		want Override
	}{
		{Berry, "a", Override{Name: "a"}},
		{Berry, "@s/a", Override{Name: "@s/a"}},
		{Berry, "a@^1.0.0", Override{Name: "a", Range: "^1.0.0"}},
		{Berry, "@s/a@npm:^1", Override{Name: "@s/a", Range: "npm:^1"}},
		{Berry, "p/a", Override{Parent: "p", Name: "a"}},
		{Berry, "@t/p/@s/a@1", Override{Parent: "@t/p", Name: "@s/a", Range: "1"}},
		{Berry, "p@npm:3.6.0/a", Override{Parent: "p", ParentRange: "npm:3.6.0", Name: "a"}},
		{Berry, "@t/p@1/@s/a@2", Override{Parent: "@t/p", ParentRange: "1", Name: "@s/a", Range: "2"}},
		{Classic, "**/a", Override{Name: "a"}},
		{Classic, "**/@s/a", Override{Name: "@s/a"}},
		{Classic, "p/**/a", Override{Parent: "p", Name: "a"}},
		{Classic, "**/p/**/@s/a", Override{Parent: "p", Name: "@s/a"}},
		{Classic, "q/p/a", Override{Parent: "p", Name: "a"}},
	} {
		tt.want.Value = "v"
		if got, ok := OverrideOf(tt.kind, spec.ParsePattern(tt.key), "v"); !ok || got != tt.want {
			t.Errorf("%s: %+v, %v", tt.key, got, ok)
		}
	}
	for _, key := range []string{"", "/", "@", "@s", "@s/", "a/", "a@", "a@/b", "q/p/a", "**/a", "*/a", "@a@b/c"} {
		if o, ok := OverrideOf(Berry, spec.ParsePattern(key), "v"); ok {
			t.Errorf("%q was taken: %+v", key, o)
		}
	}
}

func TestOverrideMatches(t *testing.T) {
	parent := Locator{Name: "p", Reference: "npm:3.6.0"}
	for _, tt := range []struct {
		key  string
		want bool
	}{
		{"a", true}, {"a@^1", true}, {"a@npm:^1", true}, {"a@^2", false},
		{"p/a", true}, {"q/a", false}, {"p@3.6.0/a", true}, {"p@npm:3.6.0/a", true}, {"p@3.7.0/a", false}, {"p/a@^2", false},
	} {
		o, ok := OverrideOf(Berry, spec.ParsePattern(tt.key), "")
		if !ok {
			t.Fatal(tt.key)
		}
		if got := o.Matches(parent, "npm:^1"); got != tt.want {
			t.Errorf("%s matches: %v", tt.key, got)
		}
	}
}
