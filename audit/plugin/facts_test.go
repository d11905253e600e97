package plugin

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/testkit"
)

// of reads a package of these files.
func of(t testing.TB, files map[string]string) *facts {
	t.Helper()
	in := map[string][]byte{"package.json": []byte(`{"name":"p","version":"1.0.0"}`)}
	for name, text := range files {
		in[name] = []byte(text)
	}
	f, err := factsOf("p", "1.0.0", in)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestRoutes(t *testing.T) {
	for name, c := range map[string]struct{ code, want string }{
		"as written":            {`httpRouter.addAuthPolicy({ path: '/health', allow: 'unauthenticated' });`, "/health unauthenticated "},
		"the other order":       {`r.addAuthPolicy({allow:"user-cookie",path:"/static"})`, "/static user-cookie "},
		"under a condition":     {`if (open === true) { http.addAuthPolicy({ path: "/", allow: "unauthenticated" }); }`, "/ unauthenticated open === true"},
		"the innermost one":     {"if (a) { if (b.c(1)) {\n x.addAuthPolicy({path:'/x',allow:'unauthenticated'}) } }", "/x unauthenticated b.c(1)"},
		"not of a loop":         {`for (const p of list) { x.addAuthPolicy({path: p.path, allow: 'unauthenticated'}) }`, " unauthenticated "},
		"a constant":            {`const OPEN = 'unauthenticated'; x.addAuthPolicy({path: '/a', allow: OPEN})`, "/a unauthenticated "},
		"a computed value":      {`x.addAuthPolicy({path: '/a', allow: allow()})`, "/a unknown "},
		"an object elsewhere":   {`x.addAuthPolicy(policy)`, " unknown "},
		"credentials of none":   {`const c = await httpAuth.credentials(req, { allow: ['user', 'none'] });`, " none "},
		"credentials of a user": {`await httpAuth.credentials(req, { allow: ['user'] });`, ""},
		"a comment":             {`// httpRouter.addAuthPolicy({ path: '/health', allow: 'unauthenticated' })`, ""},
		"a text":                {`log("httpRouter.addAuthPolicy({ path: '/x' })")`, ""},
		"its own definition":    {`function addAuthPolicy(policy) {}`, ""},
	} {
		var got []string
		for _, r := range of(t, map[string]string{"dist/a.cjs.js": c.code}).Routes {
			got = append(got, r.Path+" "+r.Allow+" "+r.When)
		}
		if s := strings.Join(got, "|"); s != c.want {
			t.Errorf("%s: %q, want %q", name, s, c.want)
		}
	}
}

func TestPermissions(t *testing.T) {
	for name, c := range map[string]struct{ code, want string }{
		"as written":       {`createPermission({ name: 'a.read', attributes: { action: 'read' } })`, "a.read read "},
		"of a module":      {`exports.x = common.createPermission({name:"a.del",attributes:{action:"delete"},resourceType:"entity"})`, "a.del delete entity"},
		"by TypeScript":    {`exports.x = (0, common_1.createPermission)({ name: 'a', attributes: {} })`, "a  "},
		"a constant":       {`const TYPE = 'entity'; createPermission({ name: 'a', attributes: {}, resourceType: TYPE })`, "a  entity"},
		"name not a text":  {`createPermission({ name: makeName(), attributes: {} })`, "  "},
		"twice":            {`createPermission({ name: 'a' }); createPermission({ name: 'a' })`, "a  "},
		"its import alone": {`import { createPermission } from 'x';`, ""},
	} {
		var got []string
		for _, p := range of(t, map[string]string{"dist/a.cjs.js": c.code}).Permissions {
			got = append(got, p.Name+" "+p.Action+" "+p.Resource)
		}
		if s := strings.Join(got, "|"); s != c.want {
			t.Errorf("%s: %q, want %q", name, s, c.want)
		}
	}
	// A constant of another file counts, one that two files have differently does not.
	files := map[string]string{"dist/a.js": "createPermission({ name: NAME, resourceType: other.TYPE })", "dist/b.js": "const NAME = 'x'; const TYPE = 'one';", "dist/c.js": "const TYPE = 'two';"}
	p := of(t, files).Permissions
	if len(p) != 1 || p[0].Name != "x" || p[0].Resource != "" || p[0].Where != "dist/a.js:1" {
		t.Errorf("%+v", p)
	}
}

func keys(c config) []string {
	var out []string
	for _, k := range c.Keys {
		s := k.Path + " " + k.Where
		if k.Visibility != "" {
			s += " " + k.Visibility
		}
		if k.Required {
			s += " required"
		}
		out = append(out, s)
	}
	return out
}

func TestConfigOfDeclaration(t *testing.T) {
	c := of(t, map[string]string{"package.json": `{"name":"p","version":"1.0.0","configSchema":"config.d.ts"}`, "config.d.ts": `
import { X } from 'y';
export interface Other { no: string }
export interface Config {
  a?: {
    /** Says. @visibility secret */
    token: string;
    /**
     * @deepVisibility frontend
     */
    list?: Array<{ name: string; url?: string }>;
    more: { id: number }[];
    [key: string]: { deep?: string };
    either?: { x: 1 } | { y: 2 } | string;
    fn?: Record<string, string>;
    'quoted-key'?: X;
  };
  /** @visibility backend */
  b: string
}
`}).Config
	want := []string{"a config.d.ts:5", "a.token config.d.ts:7 secret required", "a.list config.d.ts:11 frontend", "a.list[].name config.d.ts:11 required", "a.list[].url config.d.ts:11",
		"a.more config.d.ts:12 required", "a.more[].id config.d.ts:12 required", "a.*.deep config.d.ts:13", "a.either config.d.ts:14", "a.either.x config.d.ts:14 required", "a.either.y config.d.ts:14 required",
		"a.fn config.d.ts:15", "a.quoted-key config.d.ts:16", "b config.d.ts:19 backend required"}
	if d := cmp.Diff(want, keys(c)); d != "" {
		t.Error(d)
	}
	if c.From != "config.d.ts" || c.Unknown != "" {
		t.Errorf("%+v", c)
	}
}

func TestConfigOfSchema(t *testing.T) {
	schema := `{"type": "object", "properties": {"a": {"type": "object",
 "required": ["token"],
 "properties": {
  "token": {"type": "string", "visibility": "secret"},
  "properties": {"type": "string"},
  "hosts": {"type": "array", "items": {"type": "object", "properties": {"url": {"type": "string", "visibility": "frontend"}}}},
  "map": {"additionalProperties": {"properties": {"v": {}}}},
  "one": {"anyOf": [{"properties": {"x": {}}}, {"type": "string"}]}}}}}`
	want := []string{"a config.schema.json:1", "a.token config.schema.json:4 secret required", "a.properties config.schema.json:5", "a.hosts config.schema.json:6",
		"a.hosts[].url config.schema.json:6 frontend", "a.map config.schema.json:7", "a.map.* config.schema.json:7", "a.map.*.v config.schema.json:7", "a.one config.schema.json:8", "a.one.x config.schema.json:8"}
	c := of(t, map[string]string{"package.json": `{"configSchema":"./config.schema.json"}`, "config.schema.json": schema}).Config
	if d := cmp.Diff(want, keys(c)); d != "" {
		t.Error(d)
	}
	within := of(t, map[string]string{"package.json": `{"name":"p",` + "\n" + `"configSchema":` + schema + `}`}).Config
	if within.From != "package.json" || len(within.Keys) != len(want) || within.Keys[1].Where != "package.json:2" {
		t.Errorf("%+v", within)
	}
}

// What is not there or makes no sense is said.
func TestConfigUnknown(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"missing":   {map[string]string{"package.json": `{"configSchema":"config.d.ts"}`}, "the tarball has no config.d.ts"},
		"traversal": {map[string]string{"package.json": `{"configSchema":"../../etc/passwd"}`}, "the tarball has no ../../etc/passwd"},
		"no Config": {map[string]string{"package.json": `{"configSchema":"config.d.ts"}`, "config.d.ts": "export {}"}, "it has no interface Config"},
		"broken":    {map[string]string{"package.json": `{"configSchema":"a.schema.json"}`, "a.schema.json": `{"properties": {"a": `}, "its schema cannot be read"},
		"deep":      {map[string]string{"package.json": `{"configSchema":"a.schema.json"}`, "a.schema.json": strings.Repeat(`{"properties":{"a":`, 5000)}, "nested too deeply"},
		"deep type": {map[string]string{"package.json": `{"configSchema":"config.d.ts"}`, "config.d.ts": "interface Config {" + strings.Repeat("a: {", 100_000)}, "nested too deeply"},
		"large":     {map[string]string{"package.json": `{"configSchema":"config.d.ts"}`, "config.d.ts": "interface Config {" + strings.Repeat(" ", maxSchema)}, "more than 1024 kB"},
		"many":      {map[string]string{"package.json": `{"configSchema":"config.d.ts"}`, "config.d.ts": "interface Config {" + many(2000) + "}"}, "more than 500 keys"},
	} {
		if got := of(t, c.files).Config.Unknown; !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if c := of(t, map[string]string{"config.d.ts": "export interface Config { a: string }"}).Config; c.Undeclared != "config.d.ts" || c.From != "" {
		t.Errorf("%+v", c)
	}
	c := of(t, map[string]string{"dist/a.js": "config.getOptionalString('a.b'); config?.getConfig('a.c'); x.getString('d')"}).Config
	if len(c.Reads) != 2 || c.Reads[0] != (read{"a.b", "dist/a.js:1"}) {
		t.Errorf("%+v", c.Reads)
	}
}

func many(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "k%d: string;", i)
	}
	return b.String()
}

// A package.json is read as leniently as npm reads it, and shows nothing that a
// terminal obeys.
func TestManifestOfAnyTypes(t *testing.T) {
	m, err := readManifest([]byte("\ufeff" + `{"name": 7, "version": [], "description": "a\u001b[2Jb\u202e\nc", "license": {"type": "MIT\u0007"}, "author": "Ann\u001b <a@b>", "maintainers": [1, {"name": "Bob"}, null],
"repository": {"url": 1}, "backstage": [], "dependencies": {"a": 1, "b": "^1"}, "scripts": "x", "configSchema": 5}`))
	if err != nil {
		t.Fatal(err)
	}
	if m.Name != "" || m.Description != "a[2Jb c" || m.Licence != "MIT" || m.Author != "Ann" || !slices.Equal(m.Maintainers, []string{"Bob"}) || len(m.Dependencies) != 1 || m.Role != "" {
		t.Errorf("%+v", m)
	}
	if got := m.at("dependencies.b"); got != "package.json:2" {
		t.Error(got)
	}
	for _, bad := range []string{"", "[]", `{"a"`, "7"} {
		if _, err := factsOf("p", "1.0.0", map[string][]byte{"package.json": []byte(bad)}); err == nil {
			t.Errorf("%q is a package.json", bad)
		}
	}
	if _, err := factsOf("p", "1.0.0", nil); err == nil || !strings.Contains(err.Error(), "has no package.json") {
		t.Error(err)
	}
}

// Code that is made to be slow to read is read in time that grows with its length.
func TestCodeIsReadInLinearTime(t *testing.T) {
	for _, piece := range map[string]string{
		"calls that never end":    "a.credentials(x, { allow: ",
		"policies in policies":    "x.addAuthPolicy({ path: ",
		"permissions in each":     "createPermission({ name: ",
		"conditions":              "if (a) { x.addAuthPolicy(y); ",
		"brackets":                "(((",
		"keys of a configuration": "c.getString('a.b'); ",
	} {
		testkit.Linear(t, 480_000, func(n int) func() {
			code := strings.Repeat(piece, n/len(piece))
			return func() {
				c := newCode(&facts{})
				c.scan("a.js", code)
				c.finish()
			}
		})
	}
}
