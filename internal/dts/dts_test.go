package dts

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// files makes a package of a text of "-- name --" parts.
func files(text string) map[string][]byte {
	out := map[string][]byte{}
	for _, part := range strings.Split("\n"+text, "\n-- ")[1:] {
		name, body, _ := strings.Cut(part, " --\n")
		out[name] = []byte(body)
	}
	return out
}

// told is a package as a test writes it: the names of each subpath, deprecated
// ones with their reason.
func told(p *Package) string {
	var out []string
	for _, sub := range slices.Sorted(maps.Keys(p.Modules)) {
		m := p.Modules[sub]
		var names []string
		for _, name := range slices.Sorted(maps.Keys(m.Names)) {
			n := m.Names[name]
			if n.Deprecated {
				name += "!" + n.Reason
			}
			if n.Origin != "" {
				name += "<" + n.Origin
			}
			for _, mem := range n.Members {
				name += fmt.Sprintf("[%d %s.%s %s]", mem.Far, mem.Owner, mem.Name, mem.Reason)
			}
			names = append(names, name)
		}
		s := sub + ": " + strings.Join(names, ", ")
		if len(m.From) > 0 {
			s += " from " + strings.Join(m.From, ",")
		}
		if m.Unknown != "" {
			s += " ?" + m.Unknown
		}
		if m.Asset {
			s += " asset"
		}
		out = append(out, s)
	}
	return strings.Join(out, "\n")
}

func TestRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ files, want string }{
		"exports, in the order of conditions": {`
-- package.json --
{"exports": {".": {"import": {"types": "./dist/a.d.mts", "default": "./dist/a.mjs"}, "require": {"types": "./dist/b.d.cts"}}, "./b": "./dist/b.js", "./css": "./x.css", "./package.json": "./package.json", "./none": "./dist/none.js", "./gone": null}}
-- dist/a.d.mts --
export declare const a: string;
-- dist/b.d.cts --
export declare const wrong: string;
-- dist/b.d.ts --
export interface B {}
`, ".: a\n./b: B\n./css:  asset\n./none:  ?it has no type declarations\n./package.json:  asset"},
		"the root alone": {`
-- package.json --
{"exports": {"types": "./x.d.ts", "default": "./x.js"}}
-- x.d.ts --
declare class X {}
export { X as default, X as Y };
`, ".: Y, default"},
		"typesVersions and types": {`
-- package.json --
{"types": "dist/index.d.ts", "typesVersions": {"*": {"alpha": ["dist/alpha.d.ts"], "package.json": ["package.json"]}}}
-- dist/index.d.ts --
export type A = 1
export type B = 2
-- dist/alpha.d.ts --
export declare function f(): void
export declare function f(a: string): void
`, ".: A, B\n./alpha: f\n./package.json:  ?it has no type declarations"},
		"a folder with a package.json of its own": {`
-- package.json --
{"main": "dist/index.cjs.js", "types": 1}
-- dist/index.cjs.d.ts --
export {}
-- alpha/package.json --
{"types": "../dist/alpha.d.ts"}
-- dist/alpha.d.ts --
export declare enum E { a }
`, ".: \n./alpha: E"},
		"files and packages": {`
-- package.json --
{"types": "index.d.ts"}
-- index.d.ts --
import { I as J, type K } from './types/i.js';
import * as ns from './types/i.js';
export * from './a';
export * from '@backstage/other/alpha';
export * as all from './a';
export { J, K, ns };
export { X as Y } from 'elsewhere';
export { a as b } from './a';
-- a.d.ts --
/** @deprecated use b */
export declare const a: 1;
export default a;
export * from './index';
-- types/i.d.ts --
/**
 * @deprecated Use {@link Other | the other} and {@link X}
 * instead.
 *
 * More.
 */
interface I {}
interface K {}
export { I, K };
`, ".: J!Use the other and X instead., K, Y<elsewhere#X, a!use b, all, b!use b, ns from @backstage/other/alpha"},
		"statements": {`
-- package.json --
{"types": "index.d.ts"}
-- index.d.ts --
declare const a: { x: 1 }, b: Map<string, number>, c: 1;
export declare const { d, e: f }: { d: 1, e: 2 };
export declare abstract class G { private x }
export declare namespace N { const inner: 1; export { inner } }
declare module 'other' { export interface Added {} }
declare global { interface Window {} }
export as namespace Global;
export import Q = N.inner;
export default function (): void;
export declare const enum H { a }
export type L =
  | { type: 'a' }
  | typeof a;
export declare let h: () => typeof import('x')
export { a, b, c, type L as M };
`, ".: G, H, L, M, N, Q, a, b, c, d, default, f, h"},
		"what is not known": {`
-- package.json --
{"exports": {".": "./a.js", "./b": "./b.js", "./c": "./c.js"}}
-- a.d.ts --
export = x;
-- b.d.ts --
export * from './none';
export declare const b: 1;
-- c.d.ts --
declare const noModule: 1;
`, ".:  ?a.d.ts exports with export =\n./b: b ?b.d.ts: ./none is not in the package\n./c:  ?c.d.ts declares no module"},
		"members": {`
-- package.json --
{"types": "index.d.ts"}
-- index.d.ts --
interface Own {
  /** @deprecated Use b. */
  a?: string;
  /** fine */
  b: { /** @deprecated deeper */ z: 1 };
}
type Props = Own & {
  /** @deprecated */
  readonly 'c-d': 1;
  /** @deprecated too */
  show<T>(x: T): void;
};
export declare const Button: React.ComponentType<Props>;
export type { Props };
`, ".: Button[1 Props.c-d ][1 Props.show too][2 Own.a Use b.], Props[0 Props.c-d ][0 Props.show too][1 Own.a Use b.]"},
	} {
		p, err := Read(files(c.files))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := told(p); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
	}
	if _, err := Read(map[string][]byte{}); err == nil {
		t.Error("no package.json is an error")
	}
}

func TestModule(t *testing.T) {
	t.Parallel()
	p, err := Read(files(`
-- package.json --
{"exports": {".": "./a.js", "./x/*.css": "./x/*.css"}}
-- a.d.ts --
export declare const a: 1;
`))
	if err != nil {
		t.Fatal(err)
	}
	for sub, want := range map[string]bool{".": true, "./x/y.css": true, "./x/.css": true, "./y": false} {
		if _, known := p.Module(sub); known != want {
			t.Errorf("%s: %v", sub, known)
		}
	}
	if !p.Closed {
		t.Error("a package with exports is closed")
	}
	for module, want := range map[string]string{"@a/b": ".", "@a/b/c/d": "./c/d"} {
		if got := Subpath("@a/b", module); got != want {
			t.Error(module, got)
		}
	}
}

// Files that export each other end, however they are entangled.
func TestEntangled(t *testing.T) {
	t.Parallel()
	all := map[string][]byte{"package.json": []byte(`{"types":"f0.d.ts"}`)}
	for i := range 30 {
		var b strings.Builder
		for k := range 30 {
			fmt.Fprintf(&b, "export * from './f%d';\nexport { n%d as m%d } from './f%d';\n", k, k, i, k)
		}
		all[fmt.Sprintf("f%d.d.ts", i)] = []byte(b.String())
	}
	p, err := Read(all)
	if err != nil || len(p.Modules["."].Names) != 30 {
		t.Error(told(p), err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(`{"exports":{".":{"types":"./a.d.ts"},"./*":"./*.js"}}`, "export * from './b'; /** @deprecated x */ export declare const a: 1", "export { a as b } from './a'")
	f.Add(`{"types":"a.d.ts","typesVersions":{"*":{"b":["b.d.ts"]}}}`, "interface A { /** @deprecated {@link X|y} */ b: 1 }\nexport { A }", "export = x")
	f.Fuzz(func(t *testing.T, manifest, a, b string) {
		p, err := Read(map[string][]byte{"package.json": []byte(manifest), "a.d.ts": []byte(a), "b.d.ts": []byte(b)})
		if err != nil {
			return
		}
		for sub, m := range p.Modules {
			if m == nil {
				t.Fatal(sub)
			}
			if _, known := p.Module(sub); !known {
				t.Fatalf("%q is not known", sub)
			}
		}
	})
}
