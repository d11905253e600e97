package check

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/jsscan"
	"github.com/portalctl/portalctl/internal/testkit"
)

func TestImports(t *testing.T) {
	const src = `
// import a from 'comment';
/* import b from 'block'; */
import c from 'default';
import { d, e as f } from "named";
import * as g from 'star';
import 'effect';
import type { H } from 'types';
import { type I, j } from 'mixed';
import k, { type L } from 'half';
export { m } from 'again';
export * from 'all';
const n = require('required');
add(import('dynamic'));
add(await import(` + "`template`" + `));
log("import o from 'text'; // no", 'it\'s', c, f, g, j);
x = "https://host/path"; add(import('after-url'));
import unused from 'unused';
import { p as q } from 'renamed-unused'; p();
import { plain, Class } from 'besides'; f(plain, Class);
import { catalogModuleX } from 'list'; f([catalogModuleX]);
import { r, s as u } from 'added'; backend.add(wrap(u({ v: 1 })));
import { default as w } from 'renamed-default'; f(w);
`
	var got []string
	for _, im := range scanSource("x.tsx", src).imports() {
		text := im.module
		if !im.used {
			text += " (unused)"
		} else if !im.feature {
			text += " (no feature)"
		}
		got = append(got, text)
	}
	want := []string{"default", "named (no feature)", "star", "effect (no feature)", "mixed (no feature)", "half (unused)", "again", "all", "required", "dynamic", "template", "after-url", "unused (unused)", "renamed-unused (unused)", "besides (no feature)", "list", "added", "renamed-default"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if im := scanSource("x.tsx", src).imports(); im[0].line != 4 || im[len(im)-1].line != 23 {
		t.Errorf("lines %d and %d", im[0].line, im[len(im)-1].line)
	}
}

// A file as large as one may be is read in time that grows with its size,
// whatever is in it.
func TestScanLargeSource(t *testing.T) {
	for _, text := range []string{"add(", "import a, {", "'", "/*", "import(", "a", "from/*", "/*from/**/"} {
		t.Run(text, func(t *testing.T) {
			testkit.Linear(t, maxSource/len(text), func(n int) func() {
				src := strings.Repeat(text, n)
				return func() {
					scanSource("x.tsx", src).imports()
					mentions("x.tsx", src)
					creators(src)
				}
			})
		})
	}
}

// No text makes the scanner fail or run on.
func FuzzScanSource(f *testing.F) {
	for _, s := range []string{"", "'", "`", "/*", "//", "import", "import {", "import a from", "import a from 'b", "export", "'\\", "import('", "\x00\xff", "import a as as b from 'c'", "add(((", "import{default as", "import{a}from/*x*/'b'//", "require ( `c` )", "createPlugin({"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		s := scanSource("x.tsx", src)
		lines := strings.Count(src, "\n") + 1
		for _, im := range s.imports() {
			if im.line < 1 || im.line > lines {
				t.Fatalf("%q: an import at line %d of %d", src, im.line, lines)
			}
		}
		s.discovers()
		may := mentions("x.tsx", src)
		for _, name := range packagesOf("x.tsx", src) {
			if !slices.Contains(may, name) {
				t.Fatalf("%q loads %q, and mentions %q", src, name, may)
			}
		}
		for _, t2 := range s.tokens {
			if t2.Kind == jsscan.Word && slices.ContainsFunc(makers, func(mk maker) bool { return mk.name == t2.Text }) && !slices.Contains(creators(src), t2.Text) {
				t.Fatalf("%q calls %s", src, t2.Text)
			}
		}
	})
}
