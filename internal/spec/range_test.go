package spec

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

// parts is a Range with its escapes decoded.
type parts struct {
	Protocol         Protocol
	Source, Selector string
	HasSource        bool
	Bindings         []string
}

func TestParse(t *testing.T) {
	for in, want := range map[string]parts{
		"npm:^1.0.0":  {Protocol: "npm:", Selector: "^1.0.0"},
		"^1.0.0":      {Selector: "^1.0.0"},
		"backstage:^": {Protocol: "backstage:", Selector: "^"},
		"backstage:^::backstage=1.53.0&npm=1.4.0": {Protocol: "backstage:", Selector: "^",
			Bindings: []string{"backstage", "1.53.0", "npm", "1.4.0"}},
		"patch:a@npm%3A1.0.0#./x.patch::version=1.0.0&hash=ab&locator=r%40workspace%3A.": {Protocol: "patch:",
			Source: "a@npm:1.0.0", HasSource: true, Selector: "./x.patch",
			Bindings: []string{"version", "1.0.0", "hash", "ab", "locator", "r@workspace:."}},
		"patch:fsevents@^2.3.2#~builtin<compat/fsevents>": {Protocol: "patch:", Source: "fsevents@^2.3.2", HasSource: true,
			Selector: "~builtin<compat/fsevents>"},
		"virtual:abcdef#npm:1.0.0": {Protocol: "virtual:", Source: "abcdef", HasSource: true, Selector: "npm:1.0.0"},
		"https://h/r.git#main":     {Protocol: "https:", Source: "//h/r.git", HasSource: true, Selector: "main"},
		"user/repo#x":              {Source: "user/repo", HasSource: true, Selector: "x"},
		"npm:100%":                 {Protocol: "npm:", Selector: "100%"},
		"npm:%zz%4":                {Protocol: "npm:", Selector: "%zz%4"},
		"":                         {},
		"::a=b+c&&d":               {Bindings: []string{"a", "b c", "d", ""}},
	} {
		r := Parse(in)
		got := parts{r.Protocol, r.Source(), r.Selector(), r.HasSource, nil}
		for k, v := range r.Bindings() {
			got.Bindings = append(got.Bindings, k, v)
		}
		if diff := cmp.Diff(want, got); diff != "" || r.String() != in {
			t.Errorf("%q, printed %q: %s", in, r, diff)
		}
	}
	if d, ok := Parse("npm:@s/b@^1").Alias(); !ok || d != (Descriptor{"@s/b", "^1"}) {
		t.Errorf("alias %v, %v", d, ok)
	}
	if _, ok := Parse("npm:^1").Alias(); ok {
		t.Error("npm:^1 is no alias")
	}
	if got := Parse("backstage:^::backstage=1&npm=2").Bind("npm"); got != "2" {
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

// What is taken apart prints as it was, and costs no memory until an escape has
// to be decoded.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"npm:^1.0.0", "a:b:c", "x#y:z", "::", "npm:1::", "#", "patch:a@npm%3A1#x::y=%", "@s/x@npm:@t/y@^1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r := Parse(s)
		if r.String() != s {
			t.Errorf("%q printed as %q", s, r)
		}
		if got := protocolOf(s); got != r.Protocol {
			t.Errorf("%q: protocol %q, then %q", s, r.Protocol, got)
		}
		if d, ok := ParseDescriptor(s); ok && d.String() != s {
			t.Errorf("%q printed as %q", s, d)
		}
		if l, ok := ParseLocator(s); ok && l.String() != s {
			t.Errorf("%q printed as %q", s, l)
		}
		if d := ParseClassicKey(s); d.String() != s {
			t.Errorf("%q printed as %q", s, d)
		}
		if spec := Read(s); spec.Raw != s {
			t.Errorf("%q kept as %q", s, spec.Raw)
		}
		if e := EscapeQuery(s); unescape(e, true) != s {
			t.Errorf("%q escaped as %q", s, e)
		}
		if e := escapeRange(s); Unescape(e) != s {
			t.Errorf("%q escaped as %q", s, e)
		}
	})
}

func TestParseAllocatesNothing(t *testing.T) {
	for _, s := range []string{"npm:^1.0.0", "npm:1.0.0::__archiveUrl=https%3A", "patch:a@npm%3A1.0.0#x.patch::version=1"} {
		if n := testing.AllocsPerRun(100, func() { Parse(s) }); n > 0 {
			t.Errorf("%q: %v allocations", s, n)
		}
	}
}
