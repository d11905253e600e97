package jsscan

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit"
)

// shown is an import as a test writes it: form, module, names, line.
func shown(im Import) string {
	var names []string
	for _, n := range im.Names {
		s := n.Name
		if n.Local != "" && n.Local != n.Name {
			s += " as " + n.Local
		}
		if n.Type {
			s = "type " + s
		}
		names = append(names, s)
	}
	form := [...]string{"import", "export", "dynamic", "require", "mock"}[im.Form]
	s := fmt.Sprintf("%s %s {%s} %d", form, im.Module, strings.Join(names, ", "), im.Line)
	if im.TypeOnly {
		s = "type " + s
	}
	return s
}

func importsOf(t *testing.T, name, src string) string {
	t.Helper()
	tokens, err := Scan(name, src)
	if err != nil {
		t.Fatalf("%q: %v", src, err)
	}
	var out []string
	for _, im := range Imports(tokens) {
		out = append(out, shown(im))
		if got := src[im.Start:im.End]; len(got) < 2 || !strings.Contains("'\"`", got[:1]) {
			t.Errorf("%q: the literal of %s is %q", src, im.Module, got)
		}
	}
	return strings.Join(out, "; ")
}

// Every way in which a module is referred to, with the names that are taken.
func TestImports(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		`import 'x'`:                                          `import x {} 1`,
		"\ufeffimport 'x'":                                    `import x {} 1`,
		"\ufeff#!/usr/bin/env node\nimport 'x'":               `import x {} 2`,
		`import a from "x"`:                                   `import x {default as a} 1`,
		"\ufeffimport a from 'x'":                             `import x {default as a} 1`,
		`import a, { b, c as d } from 'x'`:                    `import x {default as a, b, c as d} 1`,
		"import * as ns from 'x';":                            `import x {* as ns} 1`,
		"import a, * as ns from 'x'":                          `import x {default as a, * as ns} 1`,
		"import {\n  a,\n  b,\n} from 'x';":                   `import x {a, b} 4`,
		`import type { T, U as V } from 'x'`:                  `type import x {type T, type U as V} 1`,
		`import type T from 'x'`:                              `type import x {type default as T} 1`,
		`import type * as ns from 'x'`:                        `type import x {type * as ns} 1`,
		`import { type T, b, type U as V } from 'x'`:          `import x {type T, b, type U as V} 1`,
		`import { type } from 'x'`:                            `import x {type} 1`,
		`import { type as as } from 'x'`:                      `import x {type as as} 1`,
		`import { type as } from 'x'`:                         `import x {type as} 1`,
		`import { type, a } from 'x'`:                         `import x {type, a} 1`,
		`import type from 'x'`:                                `import x {default as type} 1`,
		`import from from 'x'`:                                `import x {default as from} 1`,
		`import type from from 'x'`:                           `type import x {type default as from} 1`,
		`import { "a b" as c } from 'x'`:                      `import x {a b as c} 1`,
		`import {} from 'x'`:                                  `import x {} 1`,
		`import a from 'x' with { type: 'json' }`:             `import x {default as a} 1`,
		`import a = require('x')`:                             `import x {* as a} 1`,
		`import a = b.c; import 'y'`:                          `import y {} 1`,
		`export * from 'x'`:                                   `export x {*} 1`,
		`export * as ns from 'x'`:                             `export x {*} 1`,
		`export { a, b as c, default as d } from 'x'`:         `export x {a, b, default} 1`,
		`export type { T } from 'x'`:                          `type export x {type T} 1`,
		`export { type T, b } from 'x'`:                       `export x {type T, b} 1`,
		`export { a }; export const b = 'from'`:               ``,
		`const { a, b: c } = await import('x')`:               `dynamic x {a, b as c} 1`,
		`const m = await import('x')`:                         `dynamic x {* as m} 1`,
		`(await import('x')).a`:                               `dynamic x {a} 1`,
		`lazy(() => import('x').then(m => ({default: m.A})))`: `dynamic x {A} 1`,
		`import('x').then(({ a, b: c }) => a)`:                `dynamic x {a, b as c} 1`,
		`import('x').then(async m => m.a(m.b))`:               `dynamic x {a, b} 1`,
		`import('x').catch(e => e.a)`:                         `dynamic x {} 1`,
		"import(`x`)":                                         `dynamic x {} 1`,
		"import(`x${1}`); import('y' + z)":                    ``,
		`let t: import('x').T`:                                `type dynamic x {type T} 1`,
		`let t: typeof import('x')`:                           `type dynamic x {type *} 1`,
		`import.meta.url; a.import('x'); x = {import: 1}`:     ``,
		`const { a } = require('x')`:                          `require x {a} 1`,
		`const a = require('x').b`:                            `require x {b} 1`,
		`const a = require('x')`:                              `require x {* as a} 1`,
		`require('x')`:                                        `require x {} 1`,
		`require.resolve('x')`:                                `require x {} 1`,
		`m.require('x'); require(x)`:                          ``,
		`jest.mock('x', () => ({}))`:                          `mock x {} 1`,
		`jest.requireActual<typeof import('x')>('x')`:         `mock x {} 1; type dynamic x {type *} 1`,
		`vi.mock("x")`:                                        `mock x {} 1`,
		`jest.fn('x')`:                                        ``,
	} {
		if got := importsOf(t, "a.ts", src); got != want {
			t.Errorf("%s\n got %s\nwant %s", src, got, want)
		}
	}
}

// What looks like an import and is none, and what must not hide one.
func TestWhatIsNotCode(t *testing.T) {
	t.Parallel()
	const after = "\nimport 'z'"
	for _, src := range []string{
		`// import 'a'`, `/* import 'a'` + "\n */", `const s = "import 'a'"`, "const s = `import 'a'`",
		"`${`import 'a'${ `}` }`}`", `const r = /import 'a'/g`, `x = y / 2; z = "a" / 1`, `const r = /[/'"]/`,
		`if (x) /'/.test(y)`, `a = b++ / c / d`, `x = a ? /'/ : /"/`, `return /\/'/`, `(a) / b; c = "'"`, `a[0] / "'" / b`,
		"#!/usr/bin/env node 'a", `s = 'it\'s'`, "s = 'a\\\nb'", "`\\``", "`a${ {b: '}'} }'`", `a!.b / c`, `x = 1 / 2 / "'".length`,
	} {
		if got := importsOf(t, "a.tsx", src+after); got != "import z {} "+fmt.Sprint(2+strings.Count(src, "\n")) {
			t.Errorf("%s: %s", src, got)
		}
	}
	for _, src := range []string{
		`const a = <p>import 'a' it's</p>`, `const a = <A b="it's" c='"' {...d} e={f ? <g/> : "'"}>don't {h} <>x</></A>`,
		`const a = <A.B c-d="1" e:f />`, `return (<div>{/* it's */}{a && <b>it's</b>}</div>)`, `const f = <T,>(a: T) => a; s = "'"`,
		`const f = <T extends object>(a: T) => <b>it's</b>`, `type F = <T>(a: T) => void; const s = "'"`,
		`const x = a < b && c > d; s = "'"`, `const x = foo<Bar>(y); s = "'"`, `const x: Map<string, A<B>> = new Map<string, A<B>>()`,
		`interface I { <T>(a: T): void; b: { c: "'" } }`, `<A<B> c={d}>it's</A>`, `const e = <A onClick={() => a > b} c={"'"}>it's</A>`,
		`const e = cond ? <A /> : <B>it's</B>`, `const e = <A b=<c>it's</c> />`, `const e = <A // it's` + "\n/>", `class A<T> extends B<T> { c = <d>it's</d> }`,
		`const e = <A>{` + "`it's ${b}`" + `}</A>`, `export default <A>it's</A>`, `const e = <a>&nbsp;{'{'}it's</a>`,
	} {
		src = strings.TrimPrefix(src, "\n")
		if strings.HasPrefix(src, "<A<B>") {
			src = "x = " + src
		}
		if got := importsOf(t, "a.tsx", src+after); got != "import z {} "+fmt.Sprint(2+strings.Count(src, "\n")) {
			t.Errorf("%s: %s", src, got)
		}
	}
	// Without JSX a < begins a type assertion.
	if got := importsOf(t, "a.ts", "const a = <any>b; const c = <T>(d: T) => d"+after); got != "import z {} 2" {
		t.Error(got)
	}
}

func TestElements(t *testing.T) {
	t.Parallel()
	tokens, err := Scan("a.tsx", `const a = <UI.Card title="x" {...p} onClick={() => <Icon name={n > 1 ? 'a' : 'b'} />}><b>t</b></UI.Card>`)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, tok := range tokens {
		switch tok.Role {
		case Element, Attribute, Closing:
			got = append(got, fmt.Sprintf("%d%s", tok.Role, tok.Text))
		}
	}
	if want := "1UI 1Card 2title 2onClick 1Icon 2name 1b 3b 3UI 3Card"; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func TestMembers(t *testing.T) {
	t.Parallel()
	tokens, err := Scan("a.tsx", "ns.a(ns?.b, x.ns.c, ns.a)\nconst e = <ns.D>x</ns.D>")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, n := range (Import{Names: []Name{{Name: "*", Local: "ns"}}}).Taken(tokens) {
		got = append(got, fmt.Sprintf("%s:%d", n.Name, n.Line))
	}
	if strings.Join(got, " ") != "a:1 b:1 D:2" {
		t.Error(got)
	}
}

// A broken file says where, and what comes before counts.
func TestErrors(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"import 'a'\n\nconst s = 'x\n":           "line 3: a string is never closed",
		"import 'a'\n/* x":                       "line 2: a comment is never closed",
		"import 'a'\n`x ${y}":                    "line 2: a template is never closed",
		"import 'a'\nf(x\n":                      "line 2: ( is never closed",
		"import 'a'\nf(x]\n":                     "line 2: unexpected ] after the ( of line 2",
		"import 'a'\n}\n":                        "line 2: unexpected }",
		"import 'a'\n<<<<<<< HEAD\nimport 'b'\n": "line 2: a merge conflict is not resolved",
	} {
		tokens, err := Scan("a.tsx", src)
		var at *Error
		if !errors.As(err, &at) || err.Error() != want {
			t.Errorf("%q: %v, want %s", src, err, want)
		}
		if got := Imports(tokens); len(got) != 1 || got[0].Module != "a" {
			t.Errorf("%q: %v", src, got)
		}
	}
}

func TestUnescape(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		`'a\x41\u0042\u{43}\n\t\r\'\\'`: "aABC\n\t\r'\\", `'\u{110000000}\xzz'`: `u{110000000}xzz`, "'a\\\nb'": "ab", `'\0'`: "0",
	} {
		tokens, err := Scan("a.js", src)
		if err != nil || len(tokens) != 1 || tokens[0].Text != want {
			t.Errorf("%s: %+v, %v", src, tokens, err)
		}
	}
}

// Hostile text of a megabyte costs at most a fixed multiple of its length.
func TestTangled(t *testing.T) {
	testkit.SkipRace(t)
	t.Parallel()
	const n = 1 << 18
	for _, piece := range []string{"<a", "<a>", "(<a>", "<a<", "a=/[", "`${", "<a b='", "import('x'", "import('x').then(m=>", "{", "x=<a ", "=<a>{", "</a>", "jest.mock<", "/*", "<T>(x)=>"} {
		src := strings.Repeat(piece, n/len(piece))
		for _, name := range []string{"a.tsx", "a.ts"} {
			s := &scanner{src: src, jsx: hasJSX(name), line: 1, budget: 16*len(src) + 1<<20}
			_ = s.run()
			if s.budget < -16*len(src) {
				t.Errorf("%s %q: the budget is overdrawn: %d", name, piece, s.budget)
			}
			Imports(s.tokens)
		}
	}
}

func FuzzScan(f *testing.F) {
	for _, seed := range []string{"import {a as b} from 'x'", "<A b={c}>d{`e${f}`}</A>", "a = /[/]/g; export * from \"y\"", "const {a} = await import('z')", "type F = <T>(x: T) => <b>{y}</b>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, src string) {
		for _, name := range []string{"a.tsx", "a.ts"} {
			tokens, _ := ScanDocs(name, src)
			at, line := 0, 1
			for _, tok := range tokens {
				if tok.Start < at || tok.End < tok.Start || tok.End > len(src) || tok.Line < line {
					t.Fatalf("%s: the token %+v comes after %d, line %d", name, tok, at, line)
				}
				at, line = tok.End, tok.Line
			}
			for _, im := range Imports(tokens) {
				if im.Start >= im.End || im.Line < 1 {
					t.Fatalf("%+v", im)
				}
			}
		}
	})
}
