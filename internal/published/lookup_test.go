package published

import (
	"testing"

	"github.com/portalctl/portalctl/internal/dts"
)

// typed are facts of a package with the modules given.
func typed(name string, closed bool, modules map[string]*dts.Module) *Facts {
	return &Facts{Name: name, Version: "1.0.0", Types: &dts.Package{Modules: modules, Closed: closed}}
}

func names(list ...string) map[string]dts.Name {
	m := map[string]dts.Name{}
	for _, n := range list {
		m[n] = dts.Name{}
	}
	return m
}

func TestLookup(t *testing.T) {
	t.Parallel()
	known := map[string]*Facts{
		"a": typed("a", true, map[string]*dts.Module{
			".":       {Names: names("here"), From: []string{"b"}},
			"./style": {Asset: true},
			"./dim":   {Unknown: "a file that is not there"},
			"./far":   {From: []string{"private"}},
			"./bare":  {From: []string{"untyped"}},
			"./alpha": {Names: names("early", "here")},
		}),
		// Both hand on all that the other has.
		"b":       typed("b", false, map[string]*dts.Module{".": {Names: names("there", "default"), From: []string{"a"}}}),
		"untyped": {Name: "untyped", NoTypes: "none"},
	}
	other := func(name string) *Facts { return known[name] }
	for _, tc := range []struct {
		module, name string
		want         State
	}{
		{"a", "here", Exported},
		{"a", "there", Exported},
		{"a", "default", NotExported}, // export * leaves it out
		{"a", "nowhere", NotExported},
		{"a", "early", NotExported},
		{"a/alpha", "early", Exported},
		{"a/none", "here", NotExported},
		{"b/file", "there", NotKnown},
		{"a/style", "anything", Exported},
		{"a/dim", "here", NotKnown},
		{"a/far", "here", NotKnown},
		{"a/bare", "here", NotKnown},
	} {
		got := known[tc.module[:1]].Lookup(tc.module, tc.name, other)
		if got.State != tc.want {
			t.Errorf("%s of %s: %+v, want state %d", tc.name, tc.module, got, tc.want)
		}
		if got.State == NotKnown && got.Why == "" {
			t.Errorf("%s of %s: not known, and it is not said why", tc.name, tc.module)
		}
	}
	if got := known["a"].Elsewhere("a", "early"); got != "a/alpha" {
		t.Errorf("early is in %q", got)
	}
	if got := known["a"].Elsewhere("a", "nowhere"); got != "" {
		t.Errorf("nowhere is in %q", got)
	}
}
