package license

import (
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	tests := []struct {
		text string
		want Declared
	}{
		{"", Declared{}},
		{"  ", Declared{}},
		{"MIT", Declared{Expression, "MIT"}},
		{" mit ", Declared{Expression, "MIT"}},
		{"(MIT)", Declared{Expression, "MIT"}},
		{"(MIT OR GPL-3.0)", Declared{Expression, "MIT OR GPL-3.0"}},
		{"(MIT OR Apache-2.0) AND BSD-3-Clause", Declared{Expression, "(MIT OR Apache-2.0) AND BSD-3-Clause"}},
		{"MIT AND (CC-BY-3.0 OR ISC) AND 0BSD", Declared{Expression, "MIT AND (CC-BY-3.0 OR ISC) AND 0BSD"}},
		{"GPL-2.0-only WITH Classpath-exception-2.0", Declared{Expression, "GPL-2.0-only WITH Classpath-exception-2.0"}},
		{"GPL-2.0+", Declared{Expression, "GPL-2.0+"}},
		{"LGPL-2.1-or-later", Declared{Expression, "LGPL-2.1-or-later"}},
		{"LicenseRef-acme", Declared{Expression, "LicenseRef-acme"}},
		{"UNLICENSED", Declared{Kind: Unlicensed}},
		{"Unlicense", Declared{Expression, "Unlicense"}},
		{"SEE LICENSE IN LICENSE.md", Declared{File, "LICENSE.md"}},
		{"see license in <filename>", Declared{File, "<filename>"}},
		{"SEE LICENSE IN ", Declared{Other, "SEE LICENSE IN"}},
		{"Apache 2.0", Declared{Other, "Apache 2.0"}},
		{"BSD", Declared{Other, "BSD"}},
		{"MIT/X11", Declared{Other, "MIT/X11"}},
		{"MIT OR", Declared{Other, "MIT OR"}},
		{"MIT OR ISC)", Declared{Other, "MIT OR ISC)"}},
		{"(MIT OR ?)", Declared{Other, "(MIT OR ?)"}},
		{"MIT WITH Classpath", Declared{Other, "MIT WITH Classpath"}},
		{"Classpath-exception-2.0", Declared{Other, "Classpath-exception-2.0"}},
		{"MIT ISC", Declared{Other, "MIT ISC"}},
		{"NOASSERTION", Declared{Other, "NOASSERTION"}},
		{"MIT\nGPL", Declared{Other, "MIT\nGPL"}},
	}
	for _, tt := range tests {
		if got := Read(tt.text); got != tt.want {
			t.Errorf("%q is %v %q, not %v %q", tt.text, got.Kind, got.Text, tt.want.Kind, tt.want.Text)
		}
	}
}

const lists = `
allow: [MIT, ISC, Apache-2.0, BSD-3-Clause, LGPL-2.1-or-later, GPL-2.0-only WITH Classpath-exception-2.0]
deny: [GPL-2.0-only, AGPL-3.0-or-later, ISC-Veillard]
packages:
  - {package: "@acme/*", reason: our own}
  - {package: jsonify, license: Public Domain, reason: read on 2026-01-05}
  - {package: twice, license: GPL-3.0-only, reason: build tool}
`

func TestJudge(t *testing.T) {
	p, err := ParsePolicy("licenses.yaml", []byte(lists))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, text string
		want       Verdict
		why        string
	}{
		{"a", "MIT", Allowed, ""},
		{"a", "MIT OR GPL-2.0-only", Allowed, ""},
		{"a", "MIT AND GPL-2.0-only", Refused, "deny has"},
		{"a", "(MIT OR GPL-2.0-only) AND ISC", Allowed, ""},
		{"a", "(GPL-2.0-only OR AGPL-3.0-only) AND ISC", Refused, "deny has"},
		{"a", "MIT AND (ISC OR (GPL-2.0-only AND MIT))", Allowed, ""},
		{"a", "MIT AND Zlib", Refused, "allow does not have"},
		{"a", "GPL-2.0", Refused, "deny has"},             // the old spelling of GPL-2.0-only
		{"a", "GPL-2.0-or-later", Refused, "deny has"},    // overlaps
		{"a", "GPL-3.0-only", Refused, "allow does not"},  // no overlap with GPL-2.0-only
		{"a", "AGPL-3.0-only", Refused, "deny has"},       // within AGPL-3.0-or-later
		{"a", "AGPL-3.0", Refused, "deny has"},            // and its old spelling
		{"a", "LGPL-3.0-only", Allowed, ""},               // LGPL-2.1-or-later takes it in
		{"a", "LGPL-2.0-only", Refused, "allow does not"}, // and not this
		{"a", "GPL-2.0-only WITH Classpath-exception-2.0", Allowed, ""},
		{"a", "GPL-2.0-only WITH Font-exception-2.0", Refused, "deny has"},
		{"a", "MIT WITH Font-exception-2.0", Refused, "allow does not have"},
		{"a", "LicenseRef-acme", Refused, "allow does not have"},
		{"a", "UNLICENSED", Refused, "nobody"},
		{"a", "", Unclear, "does not say"},
		{"a", "SEE LICENSE IN EULA.txt", Unclear, "EULA.txt"},
		{"a", "Public Domain", Unclear, `"Public Domain"`},
		{"jsonify", "Public Domain", Allowed, ""},
		{"jsonify", "Public domain!", Unclear, "not SPDX"},
		{"twice", "GPL-3.0", Refused, "allow does not"},
		{"twice", "GPL-3.0-only", Allowed, ""},
		{"@acme/x", "UNLICENSED", Allowed, ""},
		{"@acme/x", "", Allowed, ""},
		{"acme", "", Unclear, "does not say"},
	}
	for _, tt := range tests {
		got, why := p.Judge(tt.name, Read(tt.text))
		if got != tt.want || !strings.Contains(why, tt.why) || (got == Allowed) != (why == "") {
			t.Errorf("%s, %q: %d %q, not %d %q", tt.name, tt.text, got, why, tt.want, tt.why)
		}
	}
}

// With deny alone all else is allowed, and what is not known is not.
func TestDenyAlone(t *testing.T) {
	p, err := ParsePolicy("licenses.yaml", []byte("deny: [GPL-3.0-or-later]"))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]Verdict{"Zlib": Allowed, "GPL-3.0": Refused, "Zlib OR GPL-3.0": Allowed, "BSD": Unclear, "": Unclear} {
		if got, why := p.Judge("a", Read(text)); got != want {
			t.Errorf("%q: %d %s", text, got, why)
		}
	}
}

// A short text can have millions of alternatives.
func TestManyAlternatives(t *testing.T) {
	text := strings.Repeat("(MIT OR ISC) AND ", 59) + "Zlib"
	d := Read(text)
	if d.Kind != Expression {
		t.Fatalf("%d bytes: %v", len(text), d)
	}
	p, err := ParsePolicy("licenses.yaml", []byte("allow: [MIT]"))
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := p.Judge("a", d); got != Refused {
		t.Error(got)
	}
	if d := Read(strings.Repeat("(", 4000) + "MIT" + strings.Repeat(")", 4000)); d.Kind != Other {
		t.Error("an expression without a bound is read")
	}
}

func TestPolicyErrors(t *testing.T) {
	for src, want := range map[string]string{
		"":                                       "must be a mapping",
		"- MIT":                                  "must be a mapping",
		"{}":                                     "neither allow nor deny",
		"allow: MIT":                             "must be a list",
		"allow: [MIT OR ISC]":                    "not one licence",
		"deny: [Apache 2]":                       "not one licence",
		"allow: [{a: b}]":                        "not one licence",
		"allow: [mit]\ndeny: [MIT]":              "in allow and in deny",
		"alow: [MIT]":                            `no setting "alow"`,
		"allow: [MIT]\npackages: [x]":            "must be a mapping",
		"allow: [MIT]\npackages: [{a: b}]":       `no setting "a"`,
		"allow: [MIT]\npackages: [{package: x}]": "no reason",
		"allow: [MIT]\npackages: [{package: '{', reason: x}]":     "valid glob",
		"allow: [MIT]\npackages: [{reason: x}]":                   "valid glob",
		"allow: [MIT]\npackages: [{package: [x], reason: x}]":     "must be a text",
		"allow: [MIT]\npackages:\n  - {package: x, reasons: why}": "no setting \"reasons\"",
	} {
		_, err := ParsePolicy("licenses.yaml", []byte(src))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "licenses.yaml") {
			t.Errorf("%q: %v", src, err)
		}
	}
}

// What npm allows in a package.json must not end the process.
func FuzzRead(f *testing.F) {
	for _, text := range []string{"MIT", "(MIT OR GPL-2.0+) AND ISC", "DocumentRef-a:LicenseRef-b", "GPL-2.0 + ", "ORacle", "WITH", "MIT WITH", "Apache-2.0-or-later"} {
		f.Add(text)
	}
	p, err := ParsePolicy("licenses.yaml", []byte(lists))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d := Read(text)
		if d.Kind == Expression && Read(d.Text) != d {
			t.Errorf("%q is %q, which is %v", text, d.Text, Read(d.Text))
		}
		p.Judge("a", d)
	})
}
