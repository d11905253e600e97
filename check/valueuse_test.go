package check

import (
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit"
)

// What TypeScript keeps of "import { X } from 'x'", by what the file does with X.
// Each line was compiled with isolatedModules, as Backstage's tsconfig has it.
func TestLoads(t *testing.T) {
	t.Parallel()
	const head = "import { X } from 'x';\n"
	values := []string{
		"const ok = e instanceof X;",
		"if (e instanceof X) { log(e); }",
		"const route = { component: X };",
		"const route = { path: '/', component: X, exact: true };",
		"<Route path=\"/\" component={X} />;",
		"const routes: Route[] = [{ component: X }];",
		"f(X);",
		"f(a as B, X);",
		"f<T>(X);",
		"f(X as any);",
		"const list = [Y, X];",
		"const o = { X };",
		"const o = { a, X, b };",
		"const o = { ...X };",
		"export { X };",
		"export { X as default };",
		"export default X;",
		"const a = `/${X.path}/b`;",
		"const a = `${f(b, X)}`;",
		"const a = <a.B c={<X />} />;",
		"const a = <X.Y />;",
		"const a = X;",
		"const a: B = X;",
		"let a = cond ? X : y;",
		"let a = cond ? y : X;",
		"let a = { b: cond ? y : X };",
		"let a = { b: c?.d ? y : X };",
		"let a = y ?? X;",
		"let a = y || X;",
		"let a = (b as C) && X;",
		"new X();",
		"X.make();",
		"X`text`;",
		"const p = () => X;",
		"const p = (a: A): B => X;",
		"const p = a => X;",
		"function f(a = X) {}",
		"function f({ a = X }: P) {}",
		"class A extends X {}",
		"class A extends X<B> implements C {}",
		"class A<T extends B> extends X {}",
		"class A { static api = X; }",
		"class A {\n  private b?: B = X;\n}",
		"return X;",
		"throw X;",
		"typeof X === 'function';",
		"<X />;",
		"<X a={1}>b</X>;",
		"const a = <X.Y />;",
		"const a = <p>the <X/></p>;",
		"switch (a) { case X: break; }",
		"for (const a of X) { b(a); }",
		"if (a < X && b > c) { d(); }",
		"@X() class A {}",
		"useApi(X)",
		"const api = useApi<B>(X);",
		"const m = new Map<A, B>([[a, X]]);",
		"createApiFactory({ api: X, deps: {}, factory: () => a });",
		"createApiFactory({\n  api: a,\n  deps: { b: X },\n});",
		"enum E { A = X }",
		"a = b\nX.run()",
		"function f(): A { return b; }\nX;",
		"const a = { [X]: 1 };",
		"const o = { f(a: A): B { return X; } };",
		"const a = b satisfies C ? X : d;",
		"const x = a.b(c => c instanceof X);",
	}
	types := []string{
		"",
		"let a: X;",
		"let a: X = b;",
		"let a: X | undefined;",
		"let a: A | X;",
		"let a: A & X;",
		"let a: X[];",
		"let a: Array<X> = [];",
		"let a: Map<string, X>;",
		"let a: (A | X)[];",
		"let a: [A, X];",
		"let a: A['b'] | X['c'];",
		"let a: () => X;",
		"let a: (b: B) => X;",
		"let a: { b: X };",
		"let a: { b: B; c?: X };",
		"let a: Promise<{ b: X }>;",
		"type A = X;",
		"type A<T> = X;",
		"export type A =\n  | B\n  | X;",
		"type A = { b: X; c: X[] };",
		"type A = B extends X ? C : D;",
		"type A = B extends C ? X : D;",
		"type A = B extends C ? D : X;",
		"type A = { [K in X]: B };",
		"type A<T = X> = T;",
		"type A = typeof X;",
		"type A = keyof X;",
		"let a: typeof X;",
		"let a: typeof X.T;",
		"export type { X };",
		"export type E = B | typeof X;",
		"interface A { b: X; }",
		"interface A {\n  b: B\n  c: X\n}",
		"interface A { f(a: X): B; g(): X }",
		"interface A extends X {}",
		"interface A extends B, X {}",
		"class A implements X {}",
		"class A extends B implements C, X {}",
		"class A { b: X; }",
		"class A {\n  private readonly b: X;\n  constructor(private readonly c: X) {}\n}",
		"class A { b(c: X): X { return c; } }",
		"function f(a: X) {}",
		"function f(a?: X) {}",
		"function f({ a }: { a: X }) {}",
		"function f(): X { return a; }",
		"function f(a): a is X { return true; }",
		"function f<T extends X>(a: T) {}",
		"const f = (a: X) => a;",
		"const f = (a: A, b: X): B => c;",
		"const f = async (): Promise<X> => a;",
		"const f = (a): X => b;",
		"const f = <T extends X>(a: T) => a;",
		"const a = b as X;",
		"const a = b as unknown as X;",
		"const a = b as X[];",
		"const a = f(b as A | X);",
		"const a = { b: c as X };",
		"const a = b satisfies X;",
		"useApi<X>(a);",
		"const m = new Map<A, X>();",
		"createApiRef<X>({ id: 'a' });",
		"const [a, setA] = useState<X | undefined>();",
		"a.X;",
		"a?.X();",
		"const o = { X: 1 };",
		"const o = { a: 1, X: 2 };",
		"interface A { X?: B; }",
		"const a = <p>X</p>;",
		"const a = <p>say f(X)</p>;",
		"const a = <Y X=\"1\" />;",
		"const a = <Y.X />;",
		"const a = /X/.test(b);",
		"const a = `X`;",
		"// X",
		"const s = 'X';",
	}
	for _, c := range []struct {
		lines []string
		want  bool
	}{{values, true}, {types, false}} {
		for _, line := range c.lines {
			f := &sourceFile{kept: true, content: head + line}
			if got := len(f.loads()) > 0; got != c.want {
				t.Errorf("%s\nloads is %v", line, got)
			}
		}
	}
}

// Imports that are needed, or not, whatever the file does with names.
func TestLoadsWithoutNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		src  string
		want bool
	}{
		{"import 'x';", true},
		{"import 'x/styles.css';", true},
		{"export * from 'x';", true},
		{"export * as a from 'x';", true},
		{"export { X } from 'x';", true},
		{"export { a as default, type B } from 'x';", true},
		{"export { type A } from 'x';", false},
		{"export type { A } from 'x';", false},
		{"export type * from 'x';", false},
		{"import type { A } from 'x'; f(A);", false},
		{"import { type A } from 'x'; let b: A;", false},
		{"import A, { type B } from 'x'; A();", true},
		{"import * as x from 'x'; let b: x.Y;", false},
		{"import * as x from 'x'; x.y();", true},
		{"const x = () => import('x');", true},
		{"const x = require('x');", true},
		{"const dir = require.resolve('x/package.json');", true},
		{"import x = require('x');", true},
	} {
		f := &sourceFile{kept: true, content: c.src}
		if got := len(f.loads()) > 0; got != c.want {
			t.Errorf("%s\nloads is %v", c.src, got)
		}
	}
}

// A long file is judged in time that grows with its length.
func TestLoadsLargeSource(t *testing.T) {
	for _, text := range []string{"let a: X = [", "f(b, c: X,", "a ? b : ", "Y<X, ", "{ a: X ", "} X: "} {
		t.Run(text, func(t *testing.T) {
			testkit.Linear(t, 100000, func(n int) func() {
				src := "import { X } from 'x';\n" + strings.Repeat(text, n)
				return func() { (&sourceFile{kept: true, content: src}).loads() }
			})
		})
	}
}
