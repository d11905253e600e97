package changes

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/jsscan"
	"github.com/portalctl/portalctl/internal/spec"
)

func keys(m map[string]bool) string { return strings.Join(slices.Sorted(maps.Keys(m)), " ") }

// What an entry says is taken apart: whom it is about, what goes, what comes.
func TestEvidence(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][4]string{ // subject, dropped parts, fresh, affected
		"**BREAKING**: Removed the deprecated `createIt`. Use `makeIt` instead.":                                                               {"createIt", "createIt", "makeIt", ""},
		"**BREAKING**: Gone.\n\nUpdate what targeted `.x-Old` to use `.x-New` instead.":                                                        {"Gone", "", ".x-New", ""},
		"**BREAKING**: Cleaned up `User`:\n\n- `token` — **Removed.**\n- `info` — will be made optional and then removed in a future release.": {"Cleaned User", "token", "", ""},
		"**BREAKING**: Cards.\n\n- `Card`: Removed `variant` and `maxHeight` props":                                                            {"Cards", "maxHeight variant", "", ""},
		"**BREAKING**: Removed the `allow` option from `createApp`.":                                                                           {"allow createApp", "allow", "", ""},
		"Better.\n\n**BREAKING**: The public `Props` interface is now a union.":                                                                {"Props", "", "", ""},
		"**BREAKING PRODUCERS**: Added required `entityRef` field to the `Location` type.":                                                     {"Location", "", "entityRef", ""},
		"**BREAKING**: Alert no longer accepts a `surface` prop\n\n**Affected components:** Alert, Box":                                        {"Alert surface", "surface", "", "Alert Box"},
		"**BREAKING**: Changed.\n\n- `checked` → `isSelected`\n- `label` prop removed - use `text` instead":                                    {"", "checked label", "isSelected text", ""},
		"**BREAKING**: Size.\n\n```diff\n- <A size=\"large\" b />\n+ <A size=\"small\" b />\n```":                                              {"Size", "large size=large", "size=small small", ""},
		"**BREAKING**: The form of `Type.member` was removed.":                                                                                 {"Type member", "member", "", ""},
		"**BREAKING**: Renamed `--old-name` to `--new-name`.\n\n```css\nvar(--old-name)\n```":                                                  {"", "", "--new-name", ""},
	} {
		e := evidenceOf(text)
		got := [4]string{keys(e.subject), keys(e.parts), keys(e.fresh), keys(e.affected)}
		if got != want {
			t.Errorf("%s\n got %q\nwant %q", text, got, want)
		}
	}
}

func TestMajors(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]int{
		"^3.25.76": {3}, "^3.25.76 || ^4.0.0": {3, 4}, "~1.2.3": {1}, ">=2 <5": {2, 3, 4}, "0.9.1": {0}, "^0.9": {0}, "latest": nil, "workspace:^": nil,
	} {
		if got := majors(text); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

func TestLineOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"--bui-bg": 1, "a\n--bui-bg;": 2, "--bui-bg-1": 0, "x--bui-bg": 0, "var(--bui-bg)": 1, "--bui-bg-1 --bui-bg": 1, "": 0} {
		if got := lineOf(text, "--bui-bg", isStyleByte); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

func TestPackageOf(t *testing.T) {
	t.Parallel()
	for module, want := range map[string]string{"@a/b": "@a/b", "@a/b/c/d": "@a/b", "zod/v3": "zod", "./x": "", "/x": "", "node:fs": "", "@a": "", "": "", "../y": ""} {
		if got := spec.PackageOf(module); got != want {
			t.Errorf("%s: %q", module, got)
		}
	}
}

// An example that shows a name behind a word, and then without it, is about that form
// alone; one that shows components is about these.
func TestForms(t *testing.T) {
	t.Parallel()
	e := evidenceOf("**BREAKING**: `Props` is a union.\n\n```diff\n- interface My extends Props {\n-   a: string;\n- }\n+ type My = Props & {\n+   a: string;\n+ };\n```")
	if len(e.before) != 1 || e.before["Props"] != "extends" || !e.takes() {
		t.Errorf("before: %v", e.before)
	}
	if e := evidenceOf("**BREAKING**: Links of the Header are resolved by the router now."); e.takes() {
		t.Errorf("takes: %v", e.dropped)
	}
	if e := evidenceOf("**BREAKING**: Migrated Avatar.\n\n```diff\n- <Avatar render={x} />\n+ <Avatar />\n```"); !e.specific() || !e.takes() {
		t.Error("it is about Avatar")
	}
}

// Where a name stands behind a word in a file, also as a member of a namespace.
func TestFormsInUse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"import { Props } from 'x';\ninterface A extends Props { a: 1 }": true,
		"import { Props } from 'x';\ntype A = Props & { a: 1 };":         false,
		"import * as x from 'x';\nclass A extends x.Props {}":            true,
	} {
		tokens, err := jsscan.Scan("a.ts", text)
		if err != nil {
			t.Fatal(err)
		}
		local := "Props"
		if strings.Contains(text, "* as") {
			local = "x.Props"
		}
		u := use{file: &sourceFile{name: "a.ts", tokens: tokens}, local: local}
		if got := u.behind("extends"); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}
