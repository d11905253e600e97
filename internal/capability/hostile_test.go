package capability

import (
	"fmt"
	"strings"
	"testing"
)

// Code that was made to cost: each is read to the end or said to be unread, and what
// doubles with each line costs no more than what does not. Without the bounds on
// following, most of these never end.
func TestHostileCode(t *testing.T) {
	t.Parallel()
	r := strings.Repeat
	lines := func(n int, format string, args func(i int) []any) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, args(i)...)
		}
		return b.String()
	}
	next := func(i int) []any { return []any{i + 1, i, i} }
	const n = 20_000
	for _, tc := range []struct {
		name, src string
		unread    bool
		reaches   Kind
	}{
		{"functions of functions", "var f0=x=>x;" + lines(60, "var f%d=x=>f%d(f%d(x));", next) + "require(f60('a'))", false, Dynamic},
		{"calls in arguments", r("(function(a){return a})(", 400) + "1" + r(")", 400), false, ""},
		{"names that fan out", "var v0=f;" + lines(60, "var v%d=c?v%d:v%d;", next) + "require(v60)", false, Dynamic},
		{"texts that double", "var v0='aaaaaaaaaa';" + lines(60, "var v%d=v%d+v%d;", next) + "require(v60)", false, ""},
		{"lists of lists", "var a=[" + r("1,", 4000) + "];require(a.map(y=>a.map(z=>a.join(y)).join(z)).join(''))", true, ""},
		{"names in a ring", "var a=b,b=c,c=a;require(a);a();new a", false, Dynamic},
		{"a chain of names", lines(n, "var v%d=v%d+v%d;", next) + "require(v9)", false, Dynamic},
		{"code in code", "eval(" + r("'eval('+", 30) + "'x'" + r("+')'", 30) + ")", false, ""},
		{"much code in code", r("eval('1+1');", n), false, ""},
		{"parentheses", r("(", n) + r(")", n), true, ""},
		{"brackets", "x=" + r("[", n) + r("]", n), true, ""},
		{"blocks", r("{", n) + r("}", n), true, ""},
		{"templates", r("`${", n) + r("}`", n), true, ""},
		{"arrows", r("x=>", n) + "x", true, ""},
		{"a long sum", "x='a'" + r("+'b'", n), true, ""},
		{"a chain of members", "a" + r(".b", n), true, ""},
		{"many globals", lines(n, "g%d(h%d,i%d);", next), false, ""},
		{"one long line", "x=" + r("a+b;x=", n) + "fetch('x')", false, Network},
		{"a long text", "x='" + r("\\x41", n) + "';fetch(x)", false, Network},
	} {
		p := Read(map[string][]byte{"package.json": []byte("{}"), "a.js": []byte(tc.src)})
		if p.UnreadCount > 0 != tc.unread || tc.reaches != "" && !p.Has(tc.reaches) {
			t.Errorf("%s: unread %v, reaches %v", tc.name, p.Unread, p.Reached())
		}
	}
}

// Files that are too large, too many, or no files of a package are unread or left out,
// and values of any type in package.json are no reason to fail.
func TestHostilePackages(t *testing.T) {
	t.Parallel()
	large := append([]byte("fetch('x')//"), make([]byte, MaxFile)...)
	p := Read(map[string][]byte{"package.json": []byte(`{"scripts":["x"],"backstage":7}`), "a.js": large})
	if p.UnreadCount != 2 || p.Has(Network) {
		t.Errorf("%+v", p)
	}
	p = Read(map[string][]byte{"package.json": []byte(`{"scripts":{"install":["x"],"postinstall":{"a":1},"preinstall":" "},"backstage":{"role":7}}`)})
	if p.UnreadCount != 0 || len(p.Scripts) != 0 || p.Role != "" {
		t.Errorf("%+v", p)
	}
	p = Read(map[string][]byte{"package.json": []byte(strings.Repeat("[", 1<<20)), "a.js": nil})
	if p.UnreadCount != 2 {
		t.Errorf("%+v", p)
	}
	many := map[string][]byte{"package.json": []byte("{}")}
	for i := range 200 {
		many[fmt.Sprintf("a%d.js", i)] = []byte(strings.Repeat("fetch('x');(", 9))
	}
	if p = Read(many); p.UnreadCount != 200 || len(p.Unread) != maxUnread {
		t.Errorf("%d of %d", len(p.Unread), p.UnreadCount)
	}
	// Code runs by the names that a script gives, as Node finds them.
	p = Read(map[string][]byte{"package.json": []byte(`{"scripts":{"install":"node ./lib && sh ../../tools/a.sh"}}`), "lib/index.js": []byte("require('net')"), "tools/a.sh": []byte("x")})
	if len(p.Scripts) != 1 || len(p.Scripts[0].Files) != 2 || len(p.Scripts[0].Reaches) != 1 {
		t.Errorf("%+v", p.Scripts)
	}
}
