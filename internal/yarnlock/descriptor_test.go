package yarnlock

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseDescriptor(t *testing.T) {
	for in, want := range map[string]Descriptor{
		"a@npm:^1":            {"a", "npm:^1"},
		"@s/a@npm:@t/b@^1":    {"@s/a", "npm:@t/b@^1"},
		"a@patch:a@npm%3A1#x": {"a", "patch:a@npm%3A1#x"},
		"a@workspace:.":       {"a", "workspace:."},
		"a@npm:>=1 <2 || 3":   {"a", "npm:>=1 <2 || 3"},
		"a":                   {},
		"a@":                  {},
		"@s/a":                {},
		"@s@1":                {},
		"@/a@1":               {},
		"@s/@1":               {},
		"s/a@1":               {},
		"":                    {},
		"@":                   {},
		"a@1\n2":              {},
	} {
		got, ok := ParseDescriptor(in)
		if ok != (want != Descriptor{}) || ok && (got != want || got.String() != in) {
			t.Errorf("%q: %+v, %v", in, got, ok)
		}
	}
}

func TestParseClassicKey(t *testing.T) {
	for in, want := range map[string]Descriptor{
		"a@^1":              {"a", "^1"},
		"@s/a@^1":           {"@s/a", "^1"},
		"a@npm:@s/b@^1":     {"a", "npm:@s/b@^1"},
		"a@":                {"a", ""},
		"a":                 {"a", NoRange},
		"@s/a":              {"@s/a", NoRange},
		"a@git+ssh://g@h/r": {"a", "git+ssh://g@h/r"},
	} {
		if got := ParseClassicKey(in); got != want || got.String() != in {
			t.Errorf("%q: %+v, printed %q", in, got, got.String())
		}
	}
}

func TestParseRange(t *testing.T) {
	for in, want := range map[string]Range{
		"npm:^1.0.0":  {Protocol: "npm:", Selector: "^1.0.0"},
		"^1.0.0":      {Selector: "^1.0.0"},
		"backstage:^": {Protocol: "backstage:", Selector: "^"},
		"backstage:^::backstage=1.53.0&npm=1.4.0": {Protocol: "backstage:", Selector: "^",
			Bindings: []Binding{{"backstage", "1.53.0"}, {"npm", "1.4.0"}}},
		"patch:a@npm%3A1.0.0#./x.patch::version=1.0.0&hash=ab&locator=r%40workspace%3A.": {Protocol: "patch:",
			Source: "a@npm:1.0.0", HasSource: true, Selector: "./x.patch",
			Bindings: []Binding{{"version", "1.0.0"}, {"hash", "ab"}, {"locator", "r@workspace:."}}},
		"patch:fsevents@^2.3.2#~builtin<compat/fsevents>": {Protocol: "patch:", Source: "fsevents@^2.3.2", HasSource: true,
			Selector: "~builtin<compat/fsevents>"},
		"virtual:abcdef#npm:1.0.0": {Protocol: "virtual:", Source: "abcdef", HasSource: true, Selector: "npm:1.0.0"},
		"https://h/r.git#main":     {Protocol: "https:", Source: "//h/r.git", HasSource: true, Selector: "main"},
		"user/repo#x":              {Source: "user/repo", HasSource: true, Selector: "x"},
		"npm:100%":                 {Protocol: "npm:", Selector: "100%"},
		"npm:%zz%4":                {Protocol: "npm:", Selector: "%zz%4"},
		"":                         {},
		"::a=b+c&&d":               {Bindings: []Binding{{"a", "b c"}, {"d", ""}}},
	} {
		if diff := cmp.Diff(want, ParseRange(in)); diff != "" {
			t.Errorf("%q: %s", in, diff)
		}
	}
	if d, ok := ParseRange("npm:@s/b@^1").Alias(); !ok || d != (Descriptor{"@s/b", "^1"}) {
		t.Errorf("alias %v, %v", d, ok)
	}
	if _, ok := ParseRange("npm:^1").Alias(); ok {
		t.Error("npm:^1 is no alias")
	}
	if got := ParseRange("backstage:^::backstage=1&npm=2").Bind("npm"); got != "2" {
		t.Error(got)
	}
}

func TestMakeRange(t *testing.T) {
	if got := PatchRange(Descriptor{"a", "npm:^1#%"}, "optional!builtin<compat/a>"); got != "patch:a@npm%3A^1%23%25#optional!builtin<compat/a>" {
		t.Error(got)
	}
	app := Locator{"@s/app", "workspace:packages/app"}
	if got := WithLocator("link:../x", app); got != "link:../x::locator=%40s%2Fapp%40workspace%3Apackages%2Fapp" {
		t.Error(got)
	}
	if got := WithLocator("link:../x::locator=y", app); got != "link:../x::locator=y" {
		t.Error(got)
	}
}

func TestEntryPackage(t *testing.T) {
	for _, tt := range []struct {
		at            Locator
		name, version string
		ok            bool
	}{
		{Locator{"a", "npm:1.0.0"}, "a", "1.0.0", true},
		{Locator{"a", "npm:1.0.0::__archiveUrl=https%3A%2F%2Fh%2Fa.tgz"}, "a", "1.0.0", true},
		{Locator{"a", "patch:a@npm%3A1.0.0#./x.patch::version=1.0.0&hash=ab"}, "a", "1.0.0", true},
		{Locator{"a", "patch:a@patch%3Aa@npm%253A1.0.0%23./x.patch#./y.patch::version=1.0.0"}, "a", "1.0.0", true},
		{Locator{"a", "workspace:packages/a"}, "", "", false},
		{Locator{"a", "https://h/r.git#commit=1"}, "", "", false},
		{Locator{"a", "patch:broken"}, "", "", false},
	} {
		e := &Entry{Resolution: tt.at}
		if name, version, ok := e.Package(); name != tt.name || version != tt.version || ok != tt.ok {
			t.Errorf("%s: %q %q %v", tt.at, name, version, ok)
		}
	}
	for name, want := range map[string]string{"cool-width": "string-width", "any-thing": "any-thing", "bare": "bare"} {
		e := fixture(t, "classic.lock").Named(name)[0]
		if got, version, ok := e.Package(); got != want || version != e.Version || !ok {
			t.Errorf("%s: %q %q %v", name, got, version, ok)
		}
	}
}
